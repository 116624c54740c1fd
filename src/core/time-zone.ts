// What clocks show in a time zone, by the platform's own time zone data.
import { MAX_TIME_MS } from './event-limits.ts';

export const DAY_MS = 86_400_000;

/** Whether the platform knows a zone of this name. Offsets like `+02:00` do not count: a name includes its summer time. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(name)) return false;
  try {
    return formatOf(name).resolvedOptions().timeZone !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** How far local time is ahead of UTC at a moment. */
export function offsetMs(zone: string, atMs: number): number {
  const wholeSeconds = Math.floor(Math.min(Math.max(atMs, -MAX_TIME_MS), MAX_TIME_MS) / 1_000) * 1_000;
  const shown: Partial<Record<string, number>> = {};
  for (const { type, value } of formatOf(zone).formatToParts(wholeSeconds)) shown[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown;
  return Date.UTC(year, month - 1, day, hour, minute, second) - wholeSeconds;
}

/** The number of the day that local clocks show, counted from 1970-01-01. */
export function localDay(zone: string, atMs: number): number {
  return Math.floor((atMs + offsetMs(zone, atMs)) / DAY_MS);
}

/**
 * The first moment at which local clocks show this day or a later one. Mostly midnight; later where clocks are set forward over it, and
 * the next day's where a zone has left the day out.
 */
export function startOfDay(zone: string, day: number): number {
  const midnight = day * DAY_MS;
  let at = midnight - MOST_OFFSET_MS;
  let offset = offsetMs(zone, at);
  while (at < midnight + MOST_OFFSET_MS) {
    const next = at + STEP_MS;
    const nextOffset = offsetMs(zone, next);
    const change = nextOffset === offset ? next : changeBetween(zone, at, next);
    // From `at` to the change the offset is one: local midnight is where it would be, or at the beginning.
    if (midnight - offset < change) return Math.max(at, midnight - offset);
    at = change;
    offset = nextOffset;
  }
  throw new Error(`time zone ${zone}: found no beginning of day ${day} within a day of midnight UTC`);
}

/** Local time has never been further from UTC. */
const MOST_OFFSET_MS = 26 * 3_600_000;
/** Offsets change twice in no shorter time. */
const STEP_MS = 6 * 3_600_000;

/** Where the offset changes, to the second. */
function changeBetween(zone: string, fromMs: number, toMs: number): number {
  const before = offsetMs(zone, fromMs);
  let from = Math.floor(fromMs / 1_000);
  let to = Math.ceil(toMs / 1_000);
  while (to - from > 1) {
    const middle = Math.floor((from + to) / 2);
    if (offsetMs(zone, middle * 1_000) === before) from = middle;
    else to = middle;
  }
  return to * 1_000;
}

/** Made once a zone: that costs more than a thousand uses. A pipeline names few. */
const FORMATS = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = FORMATS.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    FORMATS.set(zone, format);
  }
  return format;
}
