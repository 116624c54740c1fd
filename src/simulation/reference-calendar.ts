// Days, weeks and months in a time zone as plainly as they read: what date clocks show is asked of the platform, minute by minute.

export interface ReferenceCalendar {
  readonly kind: 'calendar';
  readonly unit: 'day' | 'week' | 'month';
  readonly timezone: string;
  /** The day that weeks begin with: 0 is Sunday. */
  readonly weekStart: number;
}

/** The stretch of time around a moment in which clocks show one day, or days of one week or month; from the epoch on. */
export function calendarBounds(
  calendar: ReferenceCalendar,
  time: number,
): { readonly start: number; readonly end: number } {
  const period = periodName(calendar, time);
  const known = FOUND.get(`${JSON.stringify(calendar)} ${period}`);
  if (known !== undefined) return known;
  let start = Math.floor(time / HOUR_MS) * HOUR_MS;
  while (periodName(calendar, start) >= period) start -= HOUR_MS;
  while (periodName(calendar, start) < period) start += MINUTE_MS;
  let end = start;
  while (periodName(calendar, end) <= period) end += HOUR_MS;
  while (periodName(calendar, end - MINUTE_MS) > period) end -= MINUTE_MS;
  const bounds = { start: Math.max(0, start), end };
  FOUND.set(`${JSON.stringify(calendar)} ${period}`, bounds);
  return bounds;
}

const FOUND = new Map<string, { readonly start: number; readonly end: number }>();
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** The date of its first day; later ones are greater texts. */
function periodName({ unit, timezone, weekStart }: ReferenceCalendar, time: number): string {
  const date = new Date(time).toLocaleDateString('sv-SE', { timeZone: timezone });
  if (unit === 'day') return date;
  if (unit === 'month') return `${date.slice(0, 7)}-01`;
  let day = Date.parse(date);
  while (new Date(day).getUTCDay() !== weekStart) day -= DAY_MS;
  return new Date(day).toISOString().slice(0, 10);
}
