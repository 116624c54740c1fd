// What a test reads of a pipeline: plain rows in a fixed order, for `deepEqual` and its diffs. Times are ms since the epoch.
import type { AlertStatus } from '../core/alerts/alert-state.ts';
import type { Ledger } from '../core/ledger.ts';
import { EMPTY_LEDGER } from '../core/ledger.ts';
import type { MetricSummary } from '../core/metric.ts';
import type { Partiality } from '../core/partiality.ts';
import { mergeParts } from '../core/rollup.ts';
import { parseRollupSeries, parseSourceSeries } from '../core/series.ts';
import { decodeCounts } from '../core/state-encoding.ts';
import type { StateSummary } from '../core/state-time.ts';
import { viewState } from '../core/state-view.ts';
import type { StoredWindow } from '../core/stored-window.ts';
import { holdsNothing, summarizeStored } from '../core/stored-window.ts';
import { COUNTED_AS } from '../stores/letter-counts.ts';
import { readLedger } from '../stores/read-ledger.ts';
import { type AlertSubject, alertSubject } from '../wire/alert-event.ts';
import type { PipelineRunner } from './pipeline-runner.ts';

interface WindowContents {
  readonly startMs: number;
  /** Exclusive. */
  readonly endMs: number;
  /** false: more may be folded in. */
  readonly final: boolean;
  /** Present where it holds a part of its events: it counts those that arrived after `sinceMs`, or up to `untilMs`. */
  readonly partial?: Partiality;
  readonly events: number;
  /** By value name: count, sum, min, max, mean, and what else the aggregation asks for. */
  readonly metrics: Readonly<Record<string, MetricSummary>>;
  /** By the name of the value, where the aggregation asks for states. */
  readonly states?: Readonly<Record<string, StateRow>>;
  /** By field, where the aggregation asks for it. */
  readonly distinct?: Readonly<Record<string, number>>;
  /** By field, the most frequent first. */
  readonly topK?: Readonly<Record<string, readonly (readonly [text: string, count: number])[]>>;
}

export interface StateRow {
  /** How long each state lasted; `(other)` stands for those that are not told apart. */
  readonly ms: Readonly<Record<string, number>>;
  readonly changes: number;
  /** undefined: none is known. */
  readonly last: string | undefined;
  /** For a source's final window: how long, within the window, the source had been in the last state when it ended, ms. */
  readonly lastingMs: number;
}

export interface WindowRow extends WindowContents {
  readonly aggregation: string;
  readonly source: string;
}

export interface RollupRow extends WindowContents {
  readonly rollup: string;
  /** Values of its tags, in the order of the tags; null for events without the tag. */
  readonly values: readonly (string | null)[];
}

export interface AlertRow {
  readonly rule: string;
  readonly subject: AlertSubject;
  readonly status: AlertStatus;
  /** Transitions so far. */
  readonly sequence: number;
  /** The latest transition's; undefined before the first. */
  readonly reason: string | undefined;
}

export interface DeadLetterRow {
  readonly source: string | undefined;
  readonly reason: string;
  readonly detail: string;
  readonly arrivalMs: number;
  readonly shard: string;
  readonly sequence: string;
  readonly index: number;
  /** The event or the record as it came: JSON as text, anything else in base64. */
  readonly body: string;
}

export async function readWindows(
  { states, windows }: PipelineRunner,
  { aggregation, source }: { readonly aggregation?: string; readonly source?: string },
): Promise<readonly WindowRow[]> {
  const found: StoredWindow[] = [];
  for await (const { source: of, state } of states.scan()) found.push(...viewState(of, state).open);
  for await (const window of windows.scan()) found.push(window);
  return found
    .flatMap((window): readonly WindowRow[] => {
      const series = parseSourceSeries(window.series);
      if (series === undefined) return [];
      if (aggregation !== undefined && series.aggregation !== aggregation) return [];
      if (source !== undefined && series.source !== source) return [];
      return [{ ...series, ...contentsOf(window) }];
    })
    .sort(
      (a, b) =>
        order(a.aggregation, b.aggregation) ||
        order(a.source, b.source) ||
        a.startMs - b.startMs ||
        a.endMs - b.endMs,
    );
}

export async function readRollups(
  { windows }: PipelineRunner,
  { rollup }: { readonly rollup?: string },
): Promise<readonly RollupRow[]> {
  return (await wholeRollups(windows))
    .flatMap((window): readonly RollupRow[] => {
      const series = parseRollupSeries(window.series);
      if (series === undefined || (rollup !== undefined && series.rollup !== rollup)) return [];
      return [{ ...series, ...contentsOf(window) }];
    })
    .sort(
      (a, b) =>
        order(a.rollup, b.rollup) ||
        order(JSON.stringify(a.values), JSON.stringify(b.values)) ||
        a.startMs - b.startMs,
    );
}

/** Every window of a rollup that holds anything, its parts put together. */
export async function wholeRollups(windows: PipelineRunner['windows']): Promise<readonly StoredWindow[]> {
  const parts = new Map<string, StoredWindow[]>();
  for await (const window of windows.scan()) {
    if (parseRollupSeries(window.series) === undefined) continue;
    const key = `${window.start} ${window.end} ${window.series}`;
    const known = parts.get(key);
    if (known === undefined) parts.set(key, [window]);
    else known.push(window);
  }
  return [...parts.values()].flatMap((of) => mergeParts(of) ?? []).filter((window) => !holdsNothing(window));
}

export async function readAlerts(
  { alerts }: PipelineRunner,
  { rule }: { readonly rule?: string },
): Promise<readonly AlertRow[]> {
  const rows: AlertRow[] = [];
  for await (const { rule: name, series, state } of alerts.scan()) {
    if (rule !== undefined && name !== rule) continue;
    const { status, sequence, transitions } = state;
    rows.push({
      rule: name,
      subject: alertSubject(series),
      status,
      sequence,
      reason: transitions.at(-1)?.reason,
    });
  }
  return rows.sort(
    (a, b) => order(a.rule, b.rule) || order(JSON.stringify(a.subject), JSON.stringify(b.subject)),
  );
}

export async function readDeadLetters(
  { deadLetters }: PipelineRunner,
  { reason }: { readonly reason?: string },
): Promise<readonly DeadLetterRow[]> {
  const rows: DeadLetterRow[] = [];
  for await (const { at, source, detail, arrivalMs, payload, ...letter } of deadLetters.list()) {
    if (reason !== undefined && letter.reason !== reason) continue;
    rows.push({ source, reason: letter.reason, detail, arrivalMs, ...at, body: payload.body });
  }
  return rows.sort((a, b) => a.arrivalMs - b.arrivalMs || order(a.sequence, b.sequence) || a.index - b.index);
}

/** The ledger of one source, or of all sources together: an event that shows no source is only in the latter. */
export async function readLedgerOf(runner: PipelineRunner, source: string | undefined): Promise<Ledger> {
  if (source !== undefined) return (await ledgersBySource(runner)).get(source) ?? EMPTY_LEDGER;
  const { received, applied, duplicate, late, quarantined } = await readLedger(
    runner.states,
    runner.deadLetters,
  );
  return { received, applied, duplicate, late, quarantined };
}

export async function ledgersBySource({
  states,
  deadLetters,
}: PipelineRunner): Promise<ReadonlyMap<string, Ledger>> {
  const ledgers = new Map<string, Ledger>();
  for await (const { source, state } of states.scan()) {
    const { received, applied, duplicate, late, quarantined } = decodeCounts(source, state);
    ledgers.set(source, { received, applied, duplicate, late, quarantined });
  }
  for await (const { source, reason, countedBySource = false } of deadLetters.list()) {
    // All others are counted by their sources, or not at all.
    if (source === undefined || countedBySource || COUNTED_AS.has(reason)) continue;
    const { received, quarantined, ...others } = ledgers.get(source) ?? EMPTY_LEDGER;
    ledgers.set(source, { ...others, received: received + 1, quarantined: quarantined + 1 });
  }
  return ledgers;
}

function contentsOf(stored: StoredWindow): WindowContents {
  const { start, end, final, partial, events, metrics, states, distinct, topK } = summarizeStored(stored);
  return {
    startMs: start,
    endMs: end,
    final,
    ...(partial === undefined ? {} : { partial }),
    events,
    metrics: Object.fromEntries(metrics),
    ...(states === undefined || states.size === 0
      ? {}
      : { states: Object.fromEntries([...states].map(([name, each]) => [name, stateRow(each)])) }),
    ...(distinct.size === 0 ? {} : { distinct: Object.fromEntries(distinct) }),
    ...(topK.size === 0 ? {} : { topK: Object.fromEntries(topK) }),
  };
}

function stateRow({ times, changes, last, lastingMs }: StateSummary): StateRow {
  const ms = Object.fromEntries(times.map(({ state, ms: own }) => [state ?? '(other)', own]));
  return { ms, changes, last, lastingMs };
}

/** By code units: no locale decides. */
function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
