// Calendar windows against the platform's dates, minute by minute.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CALENDAR_UNITS, periodAt } from '../../src/core/calendar.ts';
import { calendarBounds } from '../../src/simulation/reference-calendar.ts';
import { runs } from '../support/runs.ts';

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Sao_Paulo',
  'Asia/Kathmandu',
  'Asia/Beirut',
  'Australia/Lord_Howe',
  'Pacific/Auckland',
  'Africa/Casablanca',
];

test('a period is the stretch of time in which clocks show its days', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(2037, 0, 1) }),
      fc.constantFrom(...ZONES),
      fc.constantFrom(...CALENDAR_UNITS, 'day' as const),
      fc.integer({ min: 0, max: 6 }),
      (time, timezone, unit, weekStart) => {
        const calendar = { kind: 'calendar', unit, timezone, weekStart } as const;
        expect(periodAt(calendar, time)).toEqual(calendarBounds(calendar, time));
      },
    ),
    { numRuns: runs(60) },
  );
});
