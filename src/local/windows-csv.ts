// Source windows as CSV: a line a metric, and one for the number of events, by aggregation, source and time.

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { parseSourceSeries } from '../core/series.ts';
import { type SeriesWindow, summarizeStored } from '../core/stored-window.ts';
import type { Windows } from '../stores/windows.ts';

const COLUMNS = 'source,metric,window_start_ms,window_end_ms,count,sum,min,max,mean';

/** Writes every stored source window; the column `aggregation` comes first where there are several. Returns how many. */
export async function writeWindowsCsv(
  windows: Windows,
  file: string,
  { withAggregation }: { readonly withAggregation: boolean },
): Promise<number> {
  const found: { readonly aggregation: string; readonly source: string; readonly window: SeriesWindow }[] =
    [];
  for await (const window of windows.scan()) {
    const series = parseSourceSeries(window.series);
    if (series !== undefined) found.push({ ...series, window: summarizeStored(window) });
  }
  found.sort(
    (a, b) =>
      order(a.aggregation, b.aggregation) || order(a.source, b.source) || a.window.start - b.window.start,
  );
  const out = createWriteStream(file);
  const done = finished(out);
  const write = async (line: string) => {
    if (!out.write(`${line}\n`)) await Promise.race([once(out, 'drain'), done]);
  };
  await write(withAggregation ? `aggregation,${COLUMNS}` : COLUMNS);
  for (const { aggregation, source, window } of found) {
    const lead = withAggregation ? [aggregation, source] : [source];
    const events = { count: window.events, sum: window.events, min: 1, max: 1, mean: 1 };
    const metrics = [...window.metrics].sort(([a], [b]) => order(a, b));
    for (const [name, { count, sum, min, max, mean }] of [['(events)', events] as const, ...metrics]) {
      await write([...lead, name, window.start, window.end, count, sum, min, max, mean].map(field).join(','));
    }
  }
  out.end();
  await done;
  return found.length;
}

function field(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
