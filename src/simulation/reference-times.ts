// How long states and values held, plainly: all samples of the source in order of event time, and the intervals between them.
import { nearestDouble, toScaled } from './exact-rational.ts';
import type { ReferenceEvent } from './reference-model.ts';

export interface ReferenceSpan {
  readonly start: number;
  readonly end: number;
  /** In a session, nothing is known about the time before its first sample. */
  readonly isSession: boolean;
  /** Until it closes nothing is known of the time behind its last sample. */
  readonly isClosed: boolean;
  readonly holdMs: number;
}

export interface ReferenceTimes {
  /** By state, ms; none that never lasted. */
  readonly ms: ReadonlyMap<string, number>;
  readonly changes: number;
  /** The state at the end of a closed window, over all tags together. */
  readonly last: string | undefined;
  readonly lastingMs: number;
}

type Matches = (event: ReferenceEvent) => boolean;
const ALL: Matches = () => true;

/** Time in each state, of samples with some tags: a state is under the tags of the sample that says so, a change under those of the later one. */
export function stateTimesOf(
  history: readonly ReferenceEvent[],
  name: string,
  span: ReferenceSpan,
  matches: Matches = ALL,
  told: (state: string) => string = (state) => state,
): ReferenceTimes {
  const samples = samplesOf(history, ({ states = {} }) =>
    Object.hasOwn(states, name) ? states[name] : undefined,
  );
  const states = samples.map(({ said, ...rest }) => ({ ...rest, said: told(said) }));
  const ms = new Map<string, number>();
  for (const { sample, from, to } of intervalsOf(states, span, 'carried')) {
    if (matches(sample.event) && to > from) ms.set(sample.said, (ms.get(sample.said) ?? 0) + to - from);
  }
  const changes = states.filter((sample, at) => {
    const before = states[at - 1];
    if (before === undefined || !isIn(span, sample.time) || !matches(sample.event)) return false;
    return before.said !== sample.said && (!span.isSession || before.time >= span.start);
  });
  return { ms, changes: changes.length, ...lastOf(states, span) };
}

export interface SaidOfState {
  readonly ms: ReadonlyMap<string, number>;
  readonly changes: number;
  /** Whether samples that match say anything of the time. */
  readonly isKnown: boolean;
  /** By state, how long a source had been in it at the end, by a sample that matches. */
  readonly endedIn: ReadonlyMap<string, number>;
}

/** What alerts ask of a source's state in a window. */
export function saidOfState(
  history: readonly ReferenceEvent[],
  name: string,
  span: ReferenceSpan,
  matches: Matches,
  told: (state: string) => string,
): SaidOfState {
  const { ms, changes, last, lastingMs } = stateTimesOf(history, name, span, matches, told);
  const samples = samplesOf(history, ({ states = {} }) =>
    Object.hasOwn(states, name) ? states[name] : undefined,
  );
  const isSaid = samples.some(({ event, time }) => isIn(span, time) && matches(event));
  const latest = samples.findLast(({ time }) => time < span.end);
  const hasEnded = last !== undefined && lastingMs > 0 && latest !== undefined && matches(latest.event);
  return {
    ms,
    changes,
    isKnown: isSaid || ms.size > 0,
    endedIn: new Map(hasEnded ? [[last, lastingMs]] : []),
  };
}

/** The same over several sources. */
export function allSaidOfState(all: readonly SaidOfState[]): SaidOfState {
  const [ms, endedIn] = [new Map<string, number>(), new Map<string, number>()];
  for (const said of all) {
    for (const [state, own] of said.ms) ms.set(state, (ms.get(state) ?? 0) + own);
    for (const [state, own] of said.endedIn) endedIn.set(state, Math.max(endedIn.get(state) ?? 0, own));
  }
  const changes = all.reduce((sum, said) => sum + said.changes, 0);
  return { ms, changes, isKnown: all.some(({ isKnown }) => isKnown), endedIn };
}

/** What a source said last, and since when it had said nothing else without a gap; undefined if it said nothing. */
export function lastSaid(
  history: readonly ReferenceEvent[],
  name: string,
  holdMs: number,
  told: (state: string) => string,
): { readonly state: string; readonly time: number; readonly sinceMs: number } | undefined {
  const samples = samplesOf(history, ({ states = {} }) =>
    Object.hasOwn(states, name) ? states[name] : undefined,
  ).map(({ time, said }) => ({ time, state: told(said) }));
  const last = samples.at(-1);
  if (last === undefined) return undefined;
  let sinceMs = last.time;
  for (const { time, state } of samples.toReversed()) {
    if (state !== last.state || time + holdMs < sinceMs) break;
    sinceMs = time;
  }
  return { ...last, sinceMs };
}

/** Mean of the values of a name, weighted by how long each held; undefined where that is not known. */
export function timeWeightedMeanOf(
  history: readonly ReferenceEvent[],
  name: string,
  span: ReferenceSpan,
  matches: Matches = ALL,
): number | undefined {
  return meanOfAll([weighedOf(history, name, span, matches)]);
}

export interface Weighed {
  /** Value times ms, in multiples of 2^-1074. */
  readonly total: bigint;
  readonly knownMs: number;
}

export function weighedOf(
  history: readonly ReferenceEvent[],
  name: string,
  span: ReferenceSpan,
  matches: Matches = ALL,
): Weighed {
  const samples = samplesOf(history, ({ values }) =>
    Object.hasOwn(values, name) ? values[name] : undefined,
  );
  let [total, knownMs] = [0n, 0];
  for (const { sample, from, to } of intervalsOf(samples, span, 'own')) {
    if (!matches(sample.event) || to <= from) continue;
    total += toScaled(sample.said) * BigInt(to - from);
    knownMs += to - from;
  }
  return { total, knownMs };
}

export function meanOfAll(all: readonly Weighed[]): number | undefined {
  const knownMs = all.reduce((sum, each) => sum + each.knownMs, 0);
  const total = all.reduce((sum, each) => sum + each.total, 0n);
  return knownMs === 0 ? undefined : meanOf(total, knownMs);
}

/** Adds the times and changes of several sources; how long the last state lasted is left out. */
export function sumOfTimes(all: readonly ReferenceTimes[]): ReferenceTimes {
  const ms = new Map<string, number>();
  for (const times of all) for (const [state, own] of times.ms) ms.set(state, (ms.get(state) ?? 0) + own);
  return { ms, changes: all.reduce((sum, { changes }) => sum + changes, 0), last: undefined, lastingMs: 0 };
}

/** The rounded sum divided, also where that sum is beyond the doubles and the quotient is not. */
function meanOf(total: bigint, known: number): number {
  const sum = nearestDouble(total);
  return Number.isFinite(sum) ? sum / known : (nearestDouble(total, 2n ** 64n) / known) * 2 ** 64;
}

interface Sample<T> {
  readonly event: ReferenceEvent;
  readonly time: number;
  readonly said: T;
}

function samplesOf<T>(
  history: readonly ReferenceEvent[],
  said: (event: ReferenceEvent) => T | undefined,
): readonly Sample<T>[] {
  const samples = history.flatMap((event): Sample<T>[] => {
    const own = said(event);
    return own === undefined ? [] : [{ event, time: event.time, said: own }];
  });
  // A stable sort: samples of one time stay in stream order.
  return samples.sort((a, b) => a.time - b.time);
}

/** `own`: only where the window has a sample of its own. */
function intervalsOf<T>(samples: readonly Sample<T>[], span: ReferenceSpan, carry: 'carried' | 'own') {
  const last = samples.findLast(({ time }) => time < span.end);
  return samples.flatMap((sample, at) => {
    const next = samples[at + 1];
    const isEnded = next !== undefined && isIn(span, next.time);
    const isLast = span.isClosed && sample === last && (carry === 'carried' || isIn(span, sample.time));
    if ((!isEnded && !isLast) || (span.isSession && sample.time < span.start)) return [];
    const until = isEnded ? next.time : span.end;
    return [
      { sample, from: Math.max(sample.time, span.start), to: Math.min(until, sample.time + span.holdMs) },
    ];
  });
}

function lastOf(
  samples: readonly Sample<string>[],
  span: ReferenceSpan,
): Pick<ReferenceTimes, 'last' | 'lastingMs'> {
  const { start, end, holdMs, isClosed, isSession } = span;
  const last = samples.findLast(({ time }) => time < end);
  if (last === undefined || (last.time < start && (isSession || !isClosed)))
    return { last: undefined, lastingMs: 0 };
  const until = Math.min(end, last.time + holdMs);
  if (last.time < start && until <= start) return { last: undefined, lastingMs: 0 };
  if (!isClosed || until < end) return { last: last.said, lastingMs: 0 };
  let from = last.time;
  for (let at = samples.indexOf(last); from > start; at -= 1) {
    const before = samples[at - 1];
    if (before === undefined || before.said !== last.said || before.time + holdMs < from) break;
    if (isSession && before.time < start) break;
    from = before.time;
  }
  return { last: last.said, lastingMs: end - Math.max(from, start) };
}

function isIn({ start, end }: ReferenceSpan, time: number): boolean {
  return start <= time && time < end;
}
