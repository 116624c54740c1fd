// The longest label that an axis of times may show, so that room is kept for the half of it that lies beyond the last time.
import { formatTime } from '../data/format.ts';

/** A longer axis has no labels a few seconds apart, however wide it is. */
const LONGEST_WITH_SECONDS_S = 1_800;

/** Two digits, and the month with most letters: an axis may end in a shorter one. */
const WIDEST_DAY = new Date(2026, 8, 28, 20, 40);

/**
 * A label of the longest form that `axisTimes` may use.
 *
 * @param seconds times along the axis in seconds since the epoch, in order; may be empty
 * @returns such as `02:40`, `02:40:30` or `28 Sept, 20:40`
 */
export function widestTime(seconds: ArrayLike<number>): string {
  const first = (seconds[0] ?? 0) * 1_000;
  const last = (seconds[seconds.length - 1] ?? 0) * 1_000;
  const isOfOneDay = new Date(first).toDateString() === new Date(last).toDateString();
  if (!isOfOneDay) return formatTime(WIDEST_DAY.getTime(), { seconds: false, day: true });
  return formatTime(last, { seconds: last - first < LONGEST_WITH_SECONDS_S * 1_000, day: false });
}
