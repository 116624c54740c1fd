// Records by their hour of arrival: what a reader of a shard has handled, and what others say that the shard carried.
import type { EpochMs } from './brands.ts';

/** Hours since the Unix epoch: how many records arrived in each. Hours without records are left out. */
export type HourCounts = ReadonlyMap<number, number>;

export const HOUR_MS = 3_600_000;

/**
 * Hours kept per shard: more than four days. An hour takes at most 8 bytes, so that the note about a shard stays under 1 KB, which
 * is one write unit.
 */
export const HOURS_KEPT = 100;

export interface KeptCounts {
  readonly hours: HourCounts;
  /** Nothing is known of earlier hours; undefined: all hours of the shard are counted. */
  readonly fromHour: number | undefined;
}

export function hourIndex(atMs: EpochMs): number {
  return Math.floor(atMs / HOUR_MS);
}

/** `2026-11-28T09`, as the archive calls it. */
export function hourName(hour: number): string {
  return new Date(hour * HOUR_MS).toISOString().slice(0, 13);
}

/** With more records added. The earliest hours are dropped if there are too many. */
export function withArrivals(
  { hours, fromHour }: KeptCounts,
  arrived: Iterable<{ readonly arrivalMs: EpochMs }>,
  most = HOURS_KEPT,
): KeptCounts {
  const sums = new Map(hours);
  let hour = 0;
  let records = 0;
  const count = () => {
    // An hour that either does not know is unknown.
    if (records > 0 && (fromHour === undefined || hour >= fromHour))
      sums.set(hour, (sums.get(hour) ?? 0) + records);
  };
  for (const { arrivalMs } of arrived) {
    const own = hourIndex(arrivalMs);
    // Nearly always the same hour as the record before.
    if (own !== hour) {
      count();
      hour = own;
      records = 0;
    }
    records += 1;
  }
  count();
  if (sums.size <= most) return { hours: sums, fromHour };
  const kept = [...sums].sort(([a], [b]) => a - b).slice(-most);
  return { hours: new Map(kept), fromHour: kept[0]?.[0] };
}

/** In order: the first hour, then how many hours later each next one is; each with its records, in base 36: `abcd:1f 1:2k`. */
export function encodeHourCounts(hours: HourCounts): string {
  let before = 0;
  return [...hours]
    .sort(([a], [b]) => a - b)
    .map(([hour, records]) => {
      const step = hour - before;
      before = hour;
      return `${step.toString(36)}:${records.toString(36)}`;
    })
    .join(' ');
}

/** @throws Error for a text that `encodeHourCounts` does not produce */
export function decodeHourCounts(encoded: string): HourCounts {
  const hours = new Map<number, number>();
  if (encoded === '') return hours;
  let hour = 0;
  for (const word of encoded.split(' ')) {
    const [, step, records] = /^([0-9a-z]+):([0-9a-z]+)$/.exec(word) ?? [];
    if (step === undefined || records === undefined)
      throw new Error(`counts of hours: found ${JSON.stringify(word)}, expected hours:records in base 36`);
    hour += Number.parseInt(step, 36);
    hours.set(hour, Number.parseInt(records, 36));
  }
  return hours;
}
