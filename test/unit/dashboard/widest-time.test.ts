import fc from 'fast-check';
import { expect, it } from 'vitest';
import { axisTimes } from '../../../src/dashboard/charts/axis-times.ts';
import { widestTime } from '../../../src/dashboard/charts/widest-time.ts';
import { runs } from '../../support/runs.ts';

const NOON = Date.UTC(2026, 2, 1, 12) / 1_000;

it.each([
  ['minutes of an hour', 60, 60, 5],
  ['seconds of a quarter of an hour', 5, 180, 8],
  ['hours of two days', 3_600, 48, 12],
])('has room for labels of %s', (_, step, count) => {
  const times = Array.from({ length: count }, (_, at) => NOON + at * step);
  expect(longest(axisTimes(undefined, times))).toBeLessThanOrEqual(widestTime(times).length);
});

it('has room for whatever the axis shows at marks that lie within it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 86_400 * 400 }),
      fc.integer({ min: 2, max: 20 }),
      fc.integer({ min: 1, max: 86_400 }),
      (from, count, step) => {
        // Marks closer than a minute are those of a short axis: there are at most two dozen.
        const marks = Array.from({ length: count }, (_, at) => NOON + from + at * step);
        expect(longest(axisTimes(undefined, marks))).toBeLessThanOrEqual(widestTime(marks).length);
      },
    ),
    { numRuns: runs(500) },
  );
});

it('an axis without times has a label too', () => {
  expect(widestTime([])).toMatch(/^\d\d:\d\d:\d\d$/);
});

function longest(labels: readonly string[]): number {
  return Math.max(...labels.map((label) => label.length));
}
