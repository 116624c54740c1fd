import { Command } from 'commander';
import { formatDurationMs } from '../core/duration.ts';
import { parseRollupSeries, parseSourceSeries } from '../core/series.ts';
import type { SeriesWindow } from '../core/stored-window.ts';
import { UsageError } from './exit.ts';
import { findWindows, type WindowQuery } from './find-windows.ts';
import { type StoreOptions, useStores, withStoreOptions } from './open-stores.ts';
import { moment, wholeNumber } from './options.ts';
import { formatTable, formatTime } from './print-table.ts';
import { windowJson } from './window-json.ts';

interface WindowsOptions extends StoreOptions, WindowQuery {
  readonly json?: true;
}

export function windowsCommand(): Command {
  return withStoreOptions(new Command('windows'))
    .description('list source windows, closed or still open, and rollup windows, latest first')
    .option('--source <source>', 'only windows of this source (with --aggregation)')
    .option('--aggregation <name>', 'only windows of this aggregation')
    .option('--rollup <name>', 'only windows of this rollup')
    .option('--value <values...>', 'with --rollup: the tag values, in the order of the rollup’s tags')
    .option('--from <time>', 'windows that start at or after: a time, or how long ago (15m)', moment)
    .option('--to <time>', 'windows that start at or before', moment)
    .option('--limit <n>', 'how many to print', wholeNumber(1, 1_000_000), 20)
    .option('--json', 'one JSON object per line')
    .addHelpText(
      'after',
      `
A window that is still open in its source, or in a source of the rollup, is provisional; its revision rises with every change.
A window is partial if it holds only some of its events, because the pipeline was changed while it was open. The output shows the arrival time
from which, or until which, events count.
With --source and --aggregation, or --rollup and --value, the command reads only that series; otherwise it reads an index of all windows by start, from
the latest until enough are found. Open windows are read from the state of --source, or without it from all states; for a rollup no state is read.`,
    )
    .action(async (options: WindowsOptions) => {
      if (options.value !== undefined && options.rollup === undefined) {
        throw new UsageError('--value: expected together with --rollup');
      }
      const { windows, problems } = await useStores(options, (stores) => findWindows(stores, options), {
        of: 'current',
      });
      if (options.json) {
        for (const window of windows) {
          process.stdout.write(
            `${JSON.stringify({ ...windowJson(window), ...describeSeries(window.series) })}\n`,
          );
        }
      } else process.stdout.write(`${formatWindows(windows)}\n`);
      if (problems.length > 0) {
        throw new Error(
          `found ${problems.length} states that cannot be read; the windows of all others are shown:\n  ${problems.slice(0, 5).join('\n  ')}`,
        );
      }
    });
}

export function formatWindows(windows: readonly SeriesWindow[]): string {
  const rows = windows.flatMap(({ series, start, final, partial, events, metrics, states }) => {
    const { of, name } = describeSeries(series);
    const state = describeState({ final, partial });
    const lead = [name, of, formatTime(start), state, events];
    const lasting = stateRows(states).map((row) => [...lead, ...row]);
    if (metrics.size === 0) return lasting.length > 0 ? lasting : [[...lead, '-', 0, '', '', '', '']];
    const numbers = [...metrics].map(([metric, { count, sum, min, max, mean }]) => [
      ...lead,
      metric,
      count,
      sum,
      min,
      max,
      mean,
    ]);
    return [...numbers, ...lasting];
  });
  return formatTable(
    ['of', 'what', 'start', 'state', 'events', 'metric', 'count', 'sum', 'min', 'max', 'mean'],
    rows,
  );
}

/** A row for each state: how long it lasted stands where a value has its sum, and the changes of all where it has its count. */
function stateRows(states: SeriesWindow['states']): readonly (readonly (string | number)[])[] {
  return [...(states ?? [])].flatMap(([name, { times, changes }]) =>
    times.map(({ state, ms }, at) => [
      `${name} is ${state ?? '(other)'}`,
      at === 0 ? changes : '',
      formatDurationMs(ms),
      '',
      '',
      '',
    ]),
  );
}

function describeState({ final, partial }: Pick<SeriesWindow, 'final' | 'partial'>): string {
  const since = partial?.sinceMs === undefined ? '' : ` since ${formatTime(partial.sinceMs)}`;
  const until = partial?.untilMs === undefined ? '' : ` until ${formatTime(partial.untilMs)}`;
  return `${final ? 'final' : 'provisional'}${partial === undefined ? '' : `, partial${since}${until}`}`;
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
