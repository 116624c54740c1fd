// How long a source was in each state in one window, how often it changed, and which was the last: mergeable, and able to say what has
// changed since before.
import type { EpochMs } from './brands.ts';
import { textBytes } from './text-bytes.ts';

export interface StateTime {
  /** Name of the value. */
  readonly name: string;
  /** How long each lasted, in ms; `OTHER_STATE` stands for those that are not told apart. */
  readonly ms: Map<string, number>;
  /** Changes from another state, also from one before the window. */
  changes: number;
  /** The latest sample; in a closed window without one the one that was carried into it. */
  last: StateSample | undefined;
  /** For a source's closed window: how long, within it, the source had been in the last state when it ended, ms; 0 while it is open. */
  lastingMs: number;
  /**
   * For a rollup's window: by state, the longest `lastingMs` of a source in it that had been in this state when its own window ended. Not
   * there where no source has closed its own in a state that is known.
   */
  ended?: Map<string, number>;
}

export interface StateSample {
  readonly time: EpochMs;
  /** How many events of the source were applied before it: its place in the stream's order. */
  readonly order: number;
  readonly state: string;
  /** Breaks ties between sources in a rollup, where there is no stream order. */
  readonly source?: string;
}

/** No state is the empty text. */
export const OTHER_STATE = '';

/** What users read of it. */
export interface StateSummary {
  /** The longest first. */
  readonly times: readonly StateShare[];
  readonly changes: number;
  readonly last?: string;
  readonly lastingMs: number;
  /** See `StateTime.ended`. */
  readonly ended?: ReadonlyMap<string, number>;
}

/** `state` is undefined for those that are not told apart. */
export interface StateShare {
  readonly state: string | undefined;
  readonly ms: number;
}

export function emptyStateTime(name: string): StateTime {
  return { name, ms: new Map(), changes: 0, last: undefined, lastingMs: 0 };
}

export function addStateMs({ ms }: StateTime, state: string, added: number): void {
  ms.set(state, (ms.get(state) ?? 0) + added);
}

export function noteState(into: StateTime, sample: StateSample): void {
  if (into.last === undefined || orderOf(sample, into.last) > 0) into.last = sample;
}

/** Folds `other` into `into`: what both knew, together. How long the last state lasted is merged too. */
export function mergeStateTime(into: StateTime, other: StateTime): void {
  for (const [state, ms] of other.ms) addStateMs(into, state, ms);
  into.changes += other.changes;
  for (const [state, ms] of other.ended ?? []) noteEnded(into, state, ms);
  if (other.last === undefined) return;
  if (into.last === undefined || orderOf(other.last, into.last) > 0) into.lastingMs = other.lastingMs;
  noteState(into, other.last);
}

export function copyStateTime(time: StateTime): StateTime {
  return {
    ...time,
    ms: new Map(time.ms),
    ...(time.ended === undefined ? {} : { ended: new Map(time.ended) }),
  };
}

/** A source's window ended after it had been in the state for so long. */
export function noteEnded(into: StateTime, state: string, ms: number): void {
  into.ended ??= new Map();
  into.ended.set(state, Math.max(into.ended.get(state) ?? 0, ms));
}

/** What has to be merged into something that holds `before` so that it holds `after`; undefined where nothing has changed. */
export function stateTimeDifference(
  before: StateTime | undefined,
  after: StateTime,
  source: string,
): StateTime | undefined {
  const ms = new Map(
    [...after.ms].map(([state, own]) => [state, own - (before?.ms.get(state) ?? 0)] as const),
  );
  const changes = after.changes - (before?.changes ?? 0);
  const { name, last, lastingMs } = after;
  // A window closes once: what its source was in then is told by one change.
  const hasEnded = last !== undefined && lastingMs > 0 && lastingMs !== before?.lastingMs;
  const isSame =
    changes === 0 &&
    last?.order === before?.last?.order &&
    !hasEnded &&
    [...ms.values()].every((own) => own === 0);
  if (isSame) return undefined;
  const difference = { ...emptyStateTime(name), ms, changes, last: last && { ...last, source } };
  if (hasEnded) noteEnded(difference, last.state, lastingMs);
  return difference;
}

export function summarizeStateTime({ ms, changes, last, lastingMs, ended }: StateTime): StateSummary {
  const times = [...ms]
    .filter(([, own]) => own > 0)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .map(([state, own]) => ({ state: state === OTHER_STATE ? undefined : state, ms: own }));
  return {
    times,
    changes,
    ...(last === undefined ? {} : { last: last.state }),
    lastingMs,
    ...(ended === undefined ? {} : { ended }),
  };
}

/** What it takes in an item, at most. */
export function stateTimeBytes({ name, ms, last, ended }: StateTime): number {
  let bytes = STATE_BYTES + textBytes(name);
  if (ended !== undefined) for (const state of ended.keys()) bytes += STATE_ENTRY_BYTES + textBytes(state);
  for (const state of ms.keys()) bytes += STATE_ENTRY_BYTES + textBytes(state);
  return bytes + (last?.source === undefined ? 0 : textBytes(last.source));
}

/** Index of the name, how many states, changes, the last one's time, order and state, and how long it lasted. */
export const STATE_BYTES = 50;
/** Index of a state, and ms. */
export const STATE_ENTRY_BYTES = 10;

function orderOf(a: StateSample, b: StateSample): number {
  if (a.time !== b.time) return a.time - b.time;
  if (a.source !== b.source) return (a.source ?? '') < (b.source ?? '') ? -1 : 1;
  return a.order - b.order;
}
