// A window may hold only a part of its events because the pipeline was changed while it was open, or because a change was not
// noted.
import type { EpochMs } from './brands.ts';

/** In arrival times of the window's source; in a rollup's window, the latest beginning and the earliest end of all sources. */
export interface Partiality {
  /** Events that arrived up to this are missing, or were counted differently: the aggregation counts as it does since then. */
  readonly sinceMs?: EpochMs;
  /**
   * Events that arrived later are missing: the pipeline did not have the aggregation from then on, and the window was closed early.
   */
  readonly untilMs?: EpochMs;
}

/** The partiality of two windows together: `undefined` means whole. */
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

/** An aggregation that a source has not had since its first event: since when it counts, and which windows lack earlier events. */
export interface Cut {
  readonly sinceMs: EpochMs;
  /** The greatest event time so far: windows that begin later lack nothing. */
  readonly upTo: EpochMs;
}

/** A window's events are kept apart by other tags since some time: the tags that apply to all of them. */
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
