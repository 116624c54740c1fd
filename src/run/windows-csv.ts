// Source windows as CSV: a line a metric, and one for the number of events, by aggregation, source and time.

import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseSourceSeries } from '../core/series.ts';
import { type SeriesWindow, summarizeStored } from '../core/stored-window.ts';
import type { Windows } from '../stores/windows.ts';
import { writeCsvCell } from '../wire/csv-cell.ts';

const COLUMNS = 'source,metric,window_start_ms,window_end_ms,count,sum,min,max,mean';

/**
 * Writes every stored source window; the column `aggregation` comes first where there are several. Without a file it
 * only counts them. Returns how many.
 */
export async function writeWindowsCsv(
  windows: Windows,
  file: string | undefined,
  { withAggregation = false } = {},
): Promise<number> {
  const found: SourceWindow[] = [];
  let count = 0;
  for await (const window of windows.scan()) {
    const series = parseSourceSeries(window.series);
    if (series === undefined) continue;
    count += 1;
    if (file !== undefined) found.push({ ...series, window: summarizeStored(window) });
  }
  if (file === undefined) return count;
  found.sort(
    (a, b) =>
      order(a.aggregation, b.aggregation) || order(a.source, b.source) || a.window.start - b.window.start,
  );
  await pipeline(Readable.from(chunks(found, withAggregation)), createWriteStream(file));
  return count;
}

interface SourceWindow {
  readonly aggregation: string;
  readonly source: string;
  readonly window: SeriesWindow;
}

const WINDOWS_PER_CHUNK = 500;

function* chunks(found: readonly SourceWindow[], withAggregation: boolean): Iterable<string> {
  yield `${withAggregation ? 'aggregation,' : ''}${COLUMNS}\n`;
  for (let at = 0; at < found.length; at += WINDOWS_PER_CHUNK) {
    const some = found.slice(at, at + WINDOWS_PER_CHUNK);
    yield some.flatMap((window) => linesOf(window, withAggregation)).join('');
  }
}

function linesOf({ aggregation, source, window }: SourceWindow, withAggregation: boolean): string[] {
  const lead = withAggregation ? [aggregation, source] : [source];
  const { events } = window;
  const all = { count: events, sum: events, min: 1, max: 1, mean: 1 };
  const metrics = [...window.metrics].sort(([a], [b]) => order(a, b));
  return [['(events)', all] as const, ...metrics].map(
    ([name, { count, sum, min, max, mean }]) =>
      `${[...lead, name, window.start, window.end, count, sum, min, max, mean].map(writeCsvCell).join(',')}\n`,
  );
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
