// What there is in a pipeline that has run, as rows.
import { EMPTY_LEDGER, type Ledger } from '../core/ledger.ts';
import { mergeParts } from '../core/rollup.ts';
import { parseRollupSeries, parseSourceSeries } from '../core/series.ts';
import { decodeCounts } from '../core/state-encoding.ts';
import type { StoredWindow } from '../core/stored-window.ts';
import { summarizeStored } from '../core/stored-window.ts';
import { readLedger } from '../stores/read-ledger.ts';
import type { FoundRow } from './case-rows.ts';
import type { PipelineRunner } from './pipeline-runner.ts';

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
  const parts = new Map<string, StoredWindow[]>();
  for await (const window of windows.scan()) {
    const key = `${window.start} ${window.end} ${window.series}`;
    const known = parts.get(key);
    if (known === undefined) parts.set(key, [window]);
    else known.push(window);
  }
  return [...parts.values()].flatMap((of) => {
    const window = mergeParts(of);
    return window === undefined ? [] : rowsOf(window);
  });
}

function rowsOf(stored: StoredWindow): readonly FoundRow[] {
  const { series, start, end, events, final, metrics, distinct, topK } = summarizeStored(stored);
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
async function ledgerRows({ states, deadLetters }: PipelineRunner): Promise<readonly FoundRow[]> {
  const ledgers = new Map<string, Ledger>([['', await readLedger(states, deadLetters)]]);
  for await (const { source, state } of states.scan()) ledgers.set(source, decodeCounts(source, state));
  for await (const { source, reason } of deadLetters.list()) {
    // These two are counted by their sources.
    if (source === undefined || reason === 'late' || reason === 'source-full') continue;
    const { received, quarantined, ...others } = ledgers.get(source) ?? EMPTY_LEDGER;
    ledgers.set(source, { ...others, received: received + 1, quarantined: quarantined + 1 });
  }
  return [...ledgers].flatMap(([series, ledger]) =>
    VERDICTS.map((verdict): FoundRow => {
      return { ...UNTIMED, kind: 'ledger', series, aggregate: verdict, value: ledger[verdict] };
    }),
  );
}
