// The longest label that an axis of times may show, so that room is kept for the half of it that lies beyond the last time.
import { formatTime } from '../data/format.ts';

/** A longer axis has no labels a few seconds apart, however wide it is. */
const LONGEST_WITH_SECONDS_S = 1_800;

/**
 * A label of the longest form that `axisTimes` may use.
 *
 * @param seconds times along the axis in seconds since the epoch, in order; may be empty
 * @returns such as `02:40`, `02:40:30` or `1 Mar, 02:40`
 */
export function widestTime(seconds: ArrayLike<number>): string {
  const first = (seconds[0] ?? 0) * 1_000;
  const last = (seconds[seconds.length - 1] ?? 0) * 1_000;
  const isOfOneDay = new Date(first).toDateString() === new Date(last).toDateString();
  return formatTime(last, {
    seconds: isOfOneDay && last - first < LONGEST_WITH_SECONDS_S * 1_000,
    day: !isOfOneDay,
  });
}
