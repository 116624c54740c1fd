// Days, weeks and months in a time zone, as spans of time, including days of 23 and 25 hours.
import type { EpochMs } from './brands.ts';
import { DAY_MS, localDay, startOfDay } from './time-zone.ts';

export interface CalendarSpec {
  readonly kind: 'calendar';
  readonly unit: CalendarUnit;
  /** An IANA name. */
  readonly timezone: string;
  /** The day that weeks begin with: 0 is Sunday. */
  readonly weekStart: number;
}

export const CALENDAR_UNITS = ['day', 'week', 'month'] as const;
export type CalendarUnit = (typeof CALENDAR_UNITS)[number];

export const WEEKDAYS = [
  'sunday',
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
] as const;

export interface CalendarPeriod {
  readonly start: EpochMs;
  /** Exclusive; the next one's start. */
  readonly end: EpochMs;
}

/**
 * The period that contains a time. It reaches from the first moment at which clocks show its first day to that of the next period.
 * Together, periods contain every moment once, even if clocks are set back over midnight and show a day twice. A period that would
 * begin before the epoch begins at the epoch.
 */
export function periodAt(spec: CalendarSpec, time: EpochMs): CalendarPeriod {
  const bucket = Math.floor(time / DAY_MS);
  for (const period of periodsOfDay(spec, bucket)) {
    if (period.start <= time && time < period.end) return period;
  }
  throw new Error(`calendar: found no ${spec.unit} of ${spec.timezone} that holds ${time}`);
}

/** By unit, zone and first weekday, then by UTC day: asking the platform's calendar costs microseconds, and each event asks. */
const KNOWN = new Map<string, Map<number, readonly CalendarPeriod[]>>();
/** Most days cached for one spec; when this is reached, all are dropped. */
const MAX_KNOWN_DAYS = 2_000;

/** All periods that contain any moment of a UTC day. */
function periodsOfDay(spec: CalendarSpec, day: number): readonly CalendarPeriod[] {
  const key = `${spec.unit} ${spec.timezone} ${spec.weekStart}`;
  let known = KNOWN.get(key);
  if (known === undefined || known.size >= MAX_KNOWN_DAYS) {
    known = new Map();
    KNOWN.set(key, known);
  }
  let periods = known.get(day);
  if (periods === undefined) {
    periods = findPeriods(spec, day * DAY_MS, (day + 1) * DAY_MS);
    known.set(day, periods);
  }
  return periods;
}

function findPeriods(spec: CalendarSpec, from: EpochMs, to: EpochMs): CalendarPeriod[] {
  const { timezone } = spec;
  const periods: CalendarPeriod[] = [];
  // The day before the one that clocks show: they may have been set back into a day that had ended.
  let first = firstDayOf(spec, localDay(timezone, from) - 1);
  let start = startOfDay(timezone, first);
  while (start < to) {
    const next = nextFirstDay(spec, first);
    const end = startOfDay(timezone, next);
    if (end > from && end > start) periods.push({ start: Math.max(0, start), end });
    first = next;
    start = end;
  }
  return periods;
}

/** The first day of the period that a day is in. */
function firstDayOf({ unit, weekStart }: CalendarSpec, day: number): number {
  switch (unit) {
    case 'day':
      return day;
    case 'week':
      return day - ((weekdayOf(day) - weekStart + 7) % 7);
    case 'month':
      return day - new Date(day * DAY_MS).getUTCDate() + 1;
  }
}

/** The first day of the period after the one that begins with this day. */
function nextFirstDay({ unit }: CalendarSpec, first: number): number {
  if (unit !== 'month') return first + (unit === 'day' ? 1 : 7);
  const date = new Date(first * DAY_MS);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) / DAY_MS;
}

/** 1970-01-01 was a Thursday. */
function weekdayOf(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}
