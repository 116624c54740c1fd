// How far a value is from the subject's own earlier windows: a robust, seasonal score.
import type { DeviationCondition } from './alert-rule.ts';
import type { WindowHistory } from './window-history.ts';

export interface Deviation {
  /** Signed: above or below the expected value, in robust standard deviations. */
  readonly score: number;
  readonly expected: number;
  /** Whether the values compared with are those of the same time in earlier seasons. */
  readonly seasonal: boolean;
}

/** Number of windows required before anything can count as unusual. */
export const LEAST_HISTORY = 12;

/**
 * The modified z-score, `(x − median) / (MAD / 0.6745)`, of Iglewicz and Hoaglin, "How to Detect and Handle Outliers",
 * ASQC Quality Press, 1993; `x` is compared with the values at the same time of earlier seasons, give or take two windows, or
 * with all of the recent history while there are fewer than three seasons of those.
 *
 * The scale has a lower limit: 0.4 times the standard deviation of all recent values, estimated from their mean absolute deviation
 * from the median (times 1.2533, for a normal distribution). Values that repeat exactly have a MAD of zero, and values with rare
 * large ones, such as latencies, have a small one; without the limit, normal values of both would count as unusual.
 *
 * Undefined while the history is shorter than a seventh of what is asked for, or has fewer than twelve windows.
 */
export function deviationOf(
  { historyMs, seasonMs }: DeviationCondition,
  history: WindowHistory,
  window: { readonly start: number; readonly lengthMs: number; readonly value: number },
): Deviation | undefined {
  const { start, lengthMs, value } = window;
  const recent = history.filter((past) => past.start < start && past.start >= start - historyMs);
  const oldest = recent[0];
  if (oldest === undefined || recent.length < LEAST_HISTORY) return undefined;
  if (start - oldest.start < historyMs / LEAST_SHARE) return undefined;
  const everything = recent.map((past) => past.value);
  const floor = FLOOR * STANDARD_PER_MEAN_DEVIATION * meanDeviation(everything, medianOf(everything));
  const stepMs = Math.max(lengthMs, leastStep(recent));
  const alike =
    seasonMs === undefined
      ? []
      : sameTimeOfSeason(recent, { start, seasonMs, withinMs: NEIGHBOURS * stepMs });
  const seasonal = alike.length >= LEAST_SEASONS * (2 * NEIGHBOURS + 1);
  const compared = seasonal ? alike : everything;
  const expected = medianOf(compared);
  const scale = Math.max(medianDeviation(compared, expected) / MAD_OF_STANDARD_NORMAL, floor);
  const distance = value - expected;
  const score = distance === 0 ? 0 : distance / scale;
  return { score: Math.max(-MAX_SCORE, Math.min(MAX_SCORE, score)), expected, seasonal };
}

/** The median absolute deviation of the standard normal distribution: its third quartile. */
const MAD_OF_STANDARD_NORMAL = 0.6745;
/** The square root of π/2. */
const STANDARD_PER_MEAN_DEVIATION = 1.2533;
const FLOOR = 0.4;
const NEIGHBOURS = 2;
const LEAST_SEASONS = 3;
/** At least this fraction of the requested history must exist: two days of fourteen. */
const LEAST_SHARE = 7;
/** Score if the values never varied before: any other value is then far away, but no number says how far. */
const MAX_SCORE = 1_000;

function sameTimeOfSeason(
  recent: WindowHistory,
  {
    start,
    seasonMs,
    withinMs,
  }: { readonly start: number; readonly seasonMs: number; readonly withinMs: number },
): number[] {
  const alike: number[] = [];
  for (const past of recent) {
    const agoMs = start - past.start;
    const seasons = Math.round(agoMs / seasonMs);
    if (seasons >= 1 && Math.abs(agoMs - seasons * seasonMs) <= withinMs) alike.push(past.value);
  }
  return alike;
}

function leastStep(history: WindowHistory): number {
  let least = Number.POSITIVE_INFINITY;
  for (const [at, { start }] of history.entries()) {
    const next = history[at + 1];
    if (next !== undefined) least = Math.min(least, next.start - start);
  }
  return Number.isFinite(least) ? least : 0;
}

function medianOf(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : upper / 2 + (sorted[middle - 1] ?? 0) / 2;
}

function medianDeviation(values: readonly number[], from: number): number {
  return medianOf(values.map((value) => Math.abs(value - from)));
}

function meanDeviation(values: readonly number[], from: number): number {
  return values.reduce((sum, value) => sum + Math.abs(value - from) / values.length, 0);
}
