import { Command } from 'commander';
import { mergeParts } from '../core/rollup.ts';
import { parseRollupSeries, parseSourceSeries, rollupSeries, sourceSeries } from '../core/series.ts';
import { type SeriesWindow, summarizeStored } from '../core/stored-window.ts';
import type { Windows } from '../stores/windows.ts';
import { UsageError } from './exit.ts';
import { type StoreOptions, useStores, withStoreOptions } from './open-stores.ts';
import { moment, wholeNumber } from './options.ts';
import { formatTable, formatTime } from './print-table.ts';

interface WindowsOptions extends StoreOptions {
  readonly source?: string;
  readonly aggregation?: string;
  readonly rollup?: string;
  readonly value?: readonly string[];
  readonly from?: number;
  readonly to?: number;
  readonly limit: number;
  readonly json?: true;
}

export function windowsCommand(): Command {
  return withStoreOptions(new Command('windows'))
    .description('closed source windows and rollup windows, the latest first')
    .option('--source <source>', 'those of this source (with --aggregation)')
    .option('--aggregation <name>', 'those of this aggregation')
    .option('--rollup <name>', 'those of this rollup')
    .option('--value <values...>', 'with --rollup: the tag values, in the rollup’s order')
    .option('--from <time>', 'windows that start at or after: a time, or how long ago (15m)', moment)
    .option('--to <time>', 'windows that start at or before', moment)
    .option('--limit <n>', 'how many', wholeNumber(1, 1_000_000), 20)
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      '\nWith --source and --aggregation, or --rollup and --value, only that series is read; else the whole table is.',
    )
    .action(async (options: WindowsOptions) => {
      if (options.value !== undefined && options.rollup === undefined) {
        throw new UsageError('--value: expected together with --rollup');
      }
      const found = await useStores(options, ({ windows }) => findWindows(windows, options));
      if (options.json) {
        for (const { metrics, ...window } of found) {
          const values = [...metrics].map(([name, summary]) => ({ name, ...summary }));
          process.stdout.write(
            `${JSON.stringify({ ...window, ...describeSeries(window.series), metrics: values })}\n`,
          );
        }
      } else process.stdout.write(`${formatWindows(found)}\n`);
    });
}

export function formatWindows(windows: readonly SeriesWindow[]): string {
  const rows = windows.flatMap(({ series, start, final, events, metrics }) => {
    const { of, name } = describeSeries(series);
    const lead = [name, of, formatTime(start), final ? 'final' : 'provisional', events];
    if (metrics.size === 0) return [[...lead, '-', 0, '', '', '', '']];
    return [...metrics].map(([metric, { count, sum, min, max, mean }]) => [
      ...lead,
      metric,
      count,
      sum,
      min,
      max,
      mean,
    ]);
  });
  return formatTable(
    ['of', 'what', 'start', 'state', 'events', 'metric', 'count', 'sum', 'min', 'max', 'mean'],
    rows,
  );
}

export function describeSeries(series: string): {
  readonly kind: string;
  readonly name: string;
  readonly of: string;
} {
  const source = parseSourceSeries(series);
  if (source !== undefined) return { kind: 'source', name: source.aggregation, of: source.source };
  const rollup = parseRollupSeries(series);
  const of = (rollup?.values ?? []).map((value) => value ?? '(none)').join(', ');
  return { kind: 'rollup', name: rollup?.rollup ?? '', of };
}

async function findWindows(windows: Windows, options: WindowsOptions): Promise<SeriesWindow[]> {
  const { from: fromMs = 0, to: toMs = 8.64e15, limit } = options;
  const series = seriesOf(options);
  const found: SeriesWindow[] = [];
  if (series !== undefined) {
    for await (const window of windows.list(series, { fromMs, toMs })) found.push(summarizeStored(window));
  } else {
    const parts = Map.groupBy(
      await fromAsync(windows),
      ({ series: of, start, end }) => `${start} ${end} ${of}`,
    );
    for (const group of parts.values()) {
      const window = mergeParts(group);
      if (window === undefined || window.start < fromMs || window.start > toMs) continue;
      const { name, of, kind } = describeSeries(window.series);
      if (options.source !== undefined && (kind !== 'source' || of !== options.source)) continue;
      if (options.aggregation !== undefined && (kind !== 'source' || name !== options.aggregation)) continue;
      if (options.rollup !== undefined && (kind !== 'rollup' || name !== options.rollup)) continue;
      found.push(summarizeStored(window));
    }
  }
  return found.sort((a, b) => b.start - a.start || (a.series < b.series ? -1 : 1)).slice(0, limit);
}

function seriesOf({ source, aggregation, rollup, value }: WindowsOptions): string | undefined {
  if (rollup !== undefined && value !== undefined) return rollupSeries(rollup, value);
  if (source !== undefined && aggregation !== undefined) return sourceSeries(aggregation, source);
  return undefined;
}

async function fromAsync(windows: Windows) {
  const all = [];
  for await (const window of windows.scan()) all.push(window);
  return all;
}
