import type { EpochMs } from './brands.ts';

// date-time of RFC 3339, section 5.6, without its permission to use a space for the `T`.
const DATE_TIME =
  /^(\d{4})-(\d\d)-(\d\d)[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.(\d+))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/;
const MAX_LENGTH = 64;
const DAY_MS = 86_400_000;

/**
 * Milliseconds since the epoch of an RFC 3339 date-time, negative before it; undefined when the text is none.
 * Fractions are cut to milliseconds. A leap second, which only ends a month in UTC, is the second that follows it.
 */
export function parseRfc3339(text: string): EpochMs | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const match = DATE_TIME.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, sign, offsetHour, offsetMinute] = match;
  const midnightMs = dateMs(Number(year), Number(month), Number(day));
  if (midnightMs === undefined) return undefined;
  const offsetMinutes = sign === undefined ? 0 : Number(offsetHour) * 60 + Number(offsetMinute);
  const minutes = Number(hour) * 60 + Number(minute) + (sign === '-' ? offsetMinutes : -offsetMinutes);
  const wholeMs = midnightMs + minutes * 60_000 + Number(second) * 1000;
  if (second === '60' && !startsMonth(wholeMs)) return undefined;
  return wholeMs + (fraction === undefined ? 0 : Number(fraction.slice(0, 3).padEnd(3, '0')));
}

/** Midnight UTC of a date that exists. `Date.UTC` would take years below 100 for 1900 and later. */
function dateMs(year: number, month: number, day: number): EpochMs | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists ? date.getTime() : undefined;
}

function startsMonth(timeMs: EpochMs): boolean {
  return timeMs % DAY_MS === 0 && new Date(timeMs).getUTCDate() === 1;
}
