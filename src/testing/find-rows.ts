// What there is in a pipeline that has run, as rows.
import { parseRollupSeries, parseSourceSeries } from '../core/series.ts';
import type { StoredWindow } from '../core/stored-window.ts';
import { summarizeStored } from '../core/stored-window.ts';
import type { FoundRow } from './case-rows.ts';
import type { PipelineRunner } from './pipeline-runner.ts';
import { ledgersBySource, readLedgerOf, wholeRollups } from './test-rows.ts';

/** Every row there is, in no order of meaning. */
export async function findRows(runner: PipelineRunner): Promise<readonly FoundRow[]> {
  return [
    ...(await windowRows(runner)),
    ...runner.transitions.map(({ id, rule, from, to, window }): FoundRow => {
      const times = { start: String(window.start), end: String(window.end) };
      return {
        kind: 'alert',
        series: id,
        ...times,
        metric: rule,
        aggregate: `${from}->${to}`,
        value: window.value,
      };
    }),
    ...(await letterRows(runner)),
    ...(await ledgerRows(runner)),
  ];
}

async function windowRows({ windows }: PipelineRunner): Promise<readonly FoundRow[]> {
  const found = [...(await wholeRollups(windows))];
  for await (const window of windows.scan())
    if (parseSourceSeries(window.series) !== undefined) found.push(window);
  return found.flatMap(rowsOf);
}

function rowsOf(stored: StoredWindow): readonly FoundRow[] {
  const { series, start, end, events, final, metrics, states, distinct, topK } = summarizeStored(stored);
  const name = seriesName(series);
  const row = (metric: string, aggregate: string, value: number): FoundRow => {
    return { ...name, start: String(start), end: String(end), metric, aggregate, value };
  };
  return [
    row('', 'events', events),
    row('', 'final', final ? 1 : 0),
    ...[...metrics].flatMap(([metric, summary]) =>
      Object.entries(summary).flatMap(([aggregate, value]) =>
        typeof value === 'number' ? [row(metric, aggregate, value)] : [],
      ),
    ),
    ...[...(states ?? [])].flatMap(([of, { times, changes }]) => [
      row(of, 'changes', changes),
      ...times.map(({ state, ms }) => row(of, `ms:${state ?? ''}`, ms)),
    ]),
    ...[...distinct].map(([of, count]) => row(of, 'distinct', count)),
    ...[...topK].flatMap(([of, entries]) => entries.map(([text, count]) => row(of, `top:${text}`, count))),
  ];
}

function seriesName(series: string): Pick<FoundRow, 'kind' | 'series'> {
  const rollup = parseRollupSeries(series);
  if (rollup !== undefined) {
    return { kind: 'rollup', series: `${rollup.rollup}|${JSON.stringify(rollup.values)}` };
  }
  const { aggregation, source } = parseSourceSeries(series) ?? { aggregation: '', source: series };
  return { kind: 'window', series: `${aggregation}|${source}` };
}

async function letterRows({ deadLetters }: PipelineRunner): Promise<readonly FoundRow[]> {
  const counts = new Map<string, { readonly series: string; readonly aggregate: string; value: number }>();
  for await (const { source = '', reason } of deadLetters.list()) {
    const key = JSON.stringify([source, reason]);
    const count = counts.get(key) ?? { series: source, aggregate: reason, value: 0 };
    count.value += 1;
    counts.set(key, count);
  }
  return [...counts.values()].map((count) => ({ ...UNTIMED, kind: 'letter', ...count }));
}

const UNTIMED = { start: '', end: '', metric: '' } as const;
const VERDICTS = ['received', 'applied', 'duplicate', 'late', 'quarantined'] as const;

/** The books of each source, and under no series those of all. */
async function ledgerRows(runner: PipelineRunner): Promise<readonly FoundRow[]> {
  const all = ['', await readLedgerOf(runner, undefined)] as const;
  return [all, ...(await ledgersBySource(runner))].flatMap(([series, ledger]) =>
    VERDICTS.map((verdict): FoundRow => {
      return { ...UNTIMED, kind: 'ledger', series, aggregate: verdict, value: ledger[verdict] };
    }),
  );
}
