import { describe, expect, test } from 'vitest';
import type { CalendarSpec } from '../../../src/core/calendar.ts';
import { periodAt } from '../../../src/core/calendar.ts';
import { closeAll } from '../../../src/core/close-windows.ts';
import { foldEvents } from '../../../src/core/fold.ts';
import { emptySourceState } from '../../../src/core/source-state.ts';
import { isTimeZone, startOfDay } from '../../../src/core/time-zone.ts';
import { batchOf, eventOf, pipelineOf } from '../../support/events.ts';

const HOUR_MS = 3_600_000;
const spec = (overrides: Partial<CalendarSpec>): CalendarSpec => ({
  kind: 'calendar',
  unit: 'day',
  timezone: 'UTC',
  weekStart: 1,
  ...overrides,
});
const around = (calendar: CalendarSpec, text: string) => {
  const { start, end } = periodAt(calendar, Date.parse(text));
  return [new Date(start).toISOString(), new Date(end).toISOString(), (end - start) / HOUR_MS];
};

describe('a day', () => {
  test.each([
    ['UTC', '2026-01-01T12:00Z', '2026-01-01T00:00', '2026-01-02T00:00', 24],
    ['Europe/Berlin', '2026-01-01T23:30Z', '2026-01-01T23:00', '2026-01-02T23:00', 24],
    ['Europe/Berlin', '2026-03-29T12:00Z', '2026-03-28T23:00', '2026-03-29T22:00', 23],
    ['Europe/Berlin', '2026-10-25T12:00Z', '2026-10-24T22:00', '2026-10-25T23:00', 25],
    ['America/New_York', '2026-03-08T12:00Z', '2026-03-08T05:00', '2026-03-09T04:00', 23],
    ['America/New_York', '2026-11-01T12:00Z', '2026-11-01T04:00', '2026-11-02T05:00', 25],
    ['Asia/Kathmandu', '2026-06-01T00:00Z', '2026-05-31T18:15', '2026-06-01T18:15', 24],
    // Half an hour of summer time.
    ['Australia/Lord_Howe', '2026-04-05T00:00Z', '2026-04-04T13:00', '2026-04-05T13:30', 24.5],
    // Clocks were set forward at midnight: the day began at one.
    ['America/Sao_Paulo', '2018-11-04T12:00Z', '2018-11-04T03:00', '2018-11-05T02:00', 23],
    // Set back at midnight, into the day that had ended.
    ['America/Sao_Paulo', '2018-02-17T12:00Z', '2018-02-17T02:00', '2018-02-18T03:00', 25],
    // Set back a minute past midnight: what clocks show twice is the next day's.
    ['America/St_Johns', '2010-11-07T02:45Z', '2010-11-07T02:30', '2010-11-08T03:30', 25],
    // Across the date line: 30 December 2011 was left out.
    ['Pacific/Apia', '2011-12-30T09:59Z', '2011-12-29T10:00', '2011-12-30T10:00', 24],
    ['Pacific/Apia', '2011-12-30T10:00Z', '2011-12-30T10:00', '2011-12-31T10:00', 24],
  ])('of %s around %s', (timezone, at, start, end, hours) => {
    expect(around(spec({ timezone }), at)).toEqual([`${start}:00.000Z`, `${end}:00.000Z`, hours]);
  });

  test('that would begin before the epoch begins with it', () => {
    expect(periodAt(spec({ timezone: 'Europe/Berlin' }), 0)).toEqual({ start: 0, end: 23 * HOUR_MS });
    expect(periodAt(spec({ unit: 'week' }), 0)).toEqual({ start: 0, end: 4 * 24 * HOUR_MS });
  });

  test('is known up to the last that a date can express, nearly', () => {
    const time = 8.64e15 - 40 * 24 * HOUR_MS;
    for (const unit of ['day', 'week', 'month'] as const) {
      const { start, end } = periodAt(spec({ unit, timezone: 'Asia/Tokyo' }), time);
      expect(start).toBeLessThanOrEqual(time);
      expect(end).toBeGreaterThan(time);
    }
  });
});

describe('a week', () => {
  test.each([
    [1, '2026-01-01T12:00Z', '2025-12-29', '2026-01-05'],
    [0, '2026-01-01T12:00Z', '2025-12-28', '2026-01-04'],
    [4, '2026-01-01T12:00Z', '2026-01-01', '2026-01-08'],
    [1, '2026-01-04T23:59:59.999Z', '2025-12-29', '2026-01-05'],
    [1, '2026-01-05T00:00Z', '2026-01-05', '2026-01-12'],
  ])('that begins on day %i, around %s', (weekStart, at, start, end) => {
    expect(around(spec({ unit: 'week', weekStart }), at).slice(0, 2)).toEqual([
      `${start}T00:00:00.000Z`,
      `${end}T00:00:00.000Z`,
    ]);
  });

  test('with a change of clocks in it has an hour more or less', () => {
    const week = spec({ unit: 'week', timezone: 'Europe/Berlin' });
    expect(around(week, '2026-03-27T00:00Z')[2]).toBe(167);
    expect(around(week, '2026-10-23T00:00Z')[2]).toBe(169);
  });
});

test('a month has as many days as it has', () => {
  const month = spec({ unit: 'month', timezone: 'Europe/Berlin' });
  expect(around(month, '2028-02-29T12:00Z')[2]).toBe(29 * 24);
  expect(around(month, '2026-03-31T22:00Z')[2]).toBe(30 * 24);
  expect(around(month, '2026-03-31T21:59Z')[2]).toBe(31 * 24 - 1);
  expect(around(month, '2025-12-31T23:00Z')[0]).toBe('2025-12-31T23:00:00.000Z');
});

test('periods hold every moment once, in any zone', () => {
  for (const timezone of ['UTC', 'Europe/Berlin', 'America/St_Johns', 'Africa/Cairo', 'Pacific/Apia']) {
    for (const unit of ['day', 'week', 'month'] as const) {
      const calendar = spec({ unit, timezone });
      let at = Date.UTC(2009, 11, 1);
      while (at < Date.UTC(2012, 2, 1)) {
        const { start, end } = periodAt(calendar, at);
        expect(end).toBeGreaterThan(start);
        expect(periodAt(calendar, end - 1)).toEqual({ start, end });
        expect(periodAt(calendar, end).start).toBe(end);
        at = end;
      }
    }
  }
});

test('windows of days are open, close and keep events apart at local midnight', () => {
  const pipeline = pipelineOf({ window: spec({ timezone: 'Europe/Berlin' }) });
  const midnight = Date.UTC(2026, 2, 28, 23);
  const times = [midnight - 1, midnight, midnight + 23 * HOUR_MS - 1, midnight + 23 * HOUR_MS, midnight + 1];
  const batch = batchOf(times.map((time) => eventOf({ time })));
  const { state, verdicts } = foldEvents(emptySourceState('a', pipeline), batch, pipeline);
  expect(verdicts).toEqual(['applied', 'applied', 'applied', 'applied', 'late']);
  const closed = state.closed.map(({ start, end, groups }) => [end - start, groups[0]?.events]);
  expect(closed).toEqual([
    [24 * HOUR_MS, 1],
    [23 * HOUR_MS, 2],
  ]);
  closeAll(state);
  expect(state.closed.map(({ start }) => start)).toEqual([midnight + 23 * HOUR_MS]);
});

describe('a time zone', () => {
  test('has an IANA name', () => {
    for (const name of ['UTC', 'Etc/GMT+8', 'Europe/Berlin', 'America/Argentina/Buenos_Aires'])
      expect(isTimeZone(name)).toBe(true);
    for (const name of ['', '+02:00', 'Europe/Nowhere', 'Berlin!', 'x'.repeat(65)])
      expect(isTimeZone(name)).toBe(false);
  });

  test('says when a day begins, before the epoch too', () => {
    expect(startOfDay('Europe/Berlin', -1)).toBe(-25 * HOUR_MS);
  });
});
