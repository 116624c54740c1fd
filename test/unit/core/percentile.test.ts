import { describe, expect, it } from 'vitest';
import { percentile } from '../../../src/core/percentile.ts';

describe('the percentile by nearest rank', () => {
  it.each([
    [0, 15],
    [0.05, 15],
    [0.2, 15],
    [0.21, 20],
    [0.3, 20],
    [0.4, 20],
    [0.5, 35],
    [0.99, 50],
    [1, 50],
  ])('of 15, 20, 35, 40 and 50 at %d is %d', (share, expected) => {
    expect(percentile([15, 20, 35, 40, 50], share)).toBe(expected);
  });

  it('of one value is that value, and of none undefined', () => {
    expect([0, 0.5, 1].map((share) => percentile([7], share))).toEqual([7, 7, 7]);
    expect(percentile([], 0.5)).toBeUndefined();
  });

  it('is the least value that so large a share of all does not exceed', () => {
    const values = Array.from({ length: 1_000 }, (_, at) => at);
    for (let percent = 1; percent <= 100; percent += 1) {
      const at = percentile(values, percent / 100) ?? Number.NaN;
      expect(values.filter((value) => value <= at).length).toBeGreaterThanOrEqual(percent * 10);
      expect(values.filter((value) => value < at).length).toBeLessThan(percent * 10);
    }
  });
});
