// That a window holds a part of its events: the pipeline was changed while it was open, or ought to have been.
import type { EpochMs } from './brands.ts';

/** By arrival in the stream, of the window's source; of a rollup's window the latest beginning and the earliest end of all sources. */
export interface Partiality {
  /** Events that arrived up to this are not in it, or were counted in another way: the aggregation counts as it does since then. */
  readonly sinceMs?: EpochMs;
  /** Events that arrived later are not in it: the pipeline was without it from then on, and its window was closed before its time. */
  readonly untilMs?: EpochMs;
}

/** What is known of a window that holds what both hold: `undefined` is whole. */
export function mergedPartiality(
  a: Partiality | undefined,
  b: Partiality | undefined,
): Partiality | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return {
    ...optional('sinceMs', a.sinceMs, b.sinceMs, Math.max),
    ...optional('untilMs', a.untilMs, b.untilMs, Math.min),
  };
}

function optional(
  name: keyof Partiality,
  a: EpochMs | undefined,
  b: EpochMs | undefined,
  choose: (a: EpochMs, b: EpochMs) => EpochMs,
): Partiality {
  if (a === undefined && b === undefined) return {};
  return { [name]: choose(a ?? b ?? 0, b ?? a ?? 0) };
}

/** An aggregation that a source has not had from its first event on: since when it counts, and which windows lack what came before. */
export interface Cut {
  readonly sinceMs: EpochMs;
  /** The greatest event time there had been: windows that begin later lack nothing. */
  readonly upTo: EpochMs;
}

/** A window's events are kept apart by other tags since some time: by which tags all of them are. */
export interface Regrouping {
  readonly sinceMs: EpochMs;
  readonly tags: readonly string[];
}

export function mergedRegrouping(
  a: Regrouping | undefined,
  b: Regrouping | undefined,
): Regrouping | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return { sinceMs: Math.max(a.sinceMs, b.sinceMs), tags: a.tags.filter((tag) => b.tags.includes(tag)) };
}
