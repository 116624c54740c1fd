import { describe, expect, it } from 'vitest';
import type { DeviationCondition } from '../../../../src/core/alerts/alert-rule.ts';
import { deviationOf } from '../../../../src/core/alerts/deviation.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const condition = (overrides: Partial<DeviationCondition> = {}): DeviationCondition => ({
  kind: 'deviates',
  score: 6,
  historyMs: 14 * DAY,
  seasonMs: undefined,
  direction: 'both',
  ...overrides,
});
const hourly = (hours: number, valueAt: (hour: number) => number) =>
  Array.from({ length: hours }, (_, hour) => ({ start: hour * HOUR, value: valueAt(hour) }));
const at = (hour: number, value: number) => ({ start: hour * HOUR, lengthMs: HOUR, value });

describe('a deviation', () => {
  it('is the modified z-score: the distance from the median, in median absolute deviations by 0.6745', () => {
    // 0 to 99: the median is 49.5, the median absolute deviation 25; the floor is below it.
    const history = hourly(100, (hour) => hour);
    expect(deviationOf(condition(), history, at(100, 149.5))?.score).toBeCloseTo((0.6745 * 100) / 25, 9);
    expect(deviationOf(condition(), history, at(100, -50.5))?.score).toBeCloseTo((-0.6745 * 100) / 25, 9);
    expect(deviationOf(condition(), history, at(100, 49.5))?.score).toBe(0);
  });

  it('of values with rare great ones has a floor by their mean absolute deviation', () => {
    const history = hourly(100, (hour) => (hour % 10 === 0 ? 100 : 0));
    expect(deviationOf(condition(), history, at(100, 100))?.score).toBeCloseTo(100 / (0.4 * 1.2533 * 10), 9);
  });

  it('of what never varied is as far as can be, and never infinite', () => {
    const history = hourly(100, () => 5);
    expect(deviationOf(condition(), history, at(100, 5))?.score).toBe(0);
    expect(deviationOf(condition(), history, at(100, 5.001))?.score).toBe(1_000);
    expect(deviationOf(condition(), history, at(100, 4.999))?.score).toBe(-1_000);
  });

  it('compares with the same time of earlier seasons, once there are three', () => {
    const daily = (hour: number) => (hour % 24 < 12 ? 0 : 100) + (hour % 5);
    const seasonal = condition({ seasonMs: DAY });
    const noon = deviationOf(seasonal, hourly(10 * 24 + 18, daily), at(10 * 24 + 18, 2));
    expect(noon).toMatchObject({ seasonal: true, expected: expect.closeTo(102, 0) });
    const early = deviationOf(seasonal, hourly(2 * 24 + 18, daily), at(2 * 24 + 18, 2));
    expect(early).toMatchObject({ seasonal: false });
    const flat = deviationOf(condition(), hourly(10 * 24 + 18, daily), at(10 * 24 + 18, 2));
    expect(Math.abs(flat?.score ?? 0)).toBeLessThan(Math.abs(noon?.score ?? 0) / 2);
  });

  it('looks at nothing at or after the window, and at nothing older than its history', () => {
    const history = [...hourly(100, (hour) => hour % 7), ...hourly(20, () => 0).map(({ value }, n) => ({ start: (100 + n) * HOUR, value }))];
    expect(deviationOf(condition(), history, at(100, 9))).toEqual(deviationOf(condition(), history.slice(0, 100), at(100, 9)));
    const old = hourly(400, (hour) => (hour < 60 ? 1e6 : hour % 7));
    expect(deviationOf(condition(), old, at(400, 3))).toEqual(deviationOf(condition(), old.slice(64), at(400, 3)));
  });

  it('is not known while there is too little history', () => {
    expect(deviationOf(condition(), hourly(48, (hour) => hour), at(48, 9))).toMatchObject({ seasonal: false });
    expect(deviationOf(condition(), hourly(47, (hour) => hour), at(47, 9))).toBeUndefined();
    const sparse = hourly(11, (hour) => hour).map(({ start, value }) => ({ start: start * 24, value }));
    expect(deviationOf(condition(), sparse, at(11 * 24, 9))).toBeUndefined();
  });
});
