import { describe, expect, it } from 'vitest';
import {
  formatAge,
  formatCount,
  formatDuration,
  formatFigure,
  formatShare,
  formatUtc,
  formatValues,
} from '../../../src/dashboard/data/format.ts';

describe('what is read', () => {
  it.each([
    [null, '–'],
    [0, '0'],
    [21.4567, '21.46'],
    [-2.71234, '-2.712'],
    [99_999, '100,000'],
    [1_234_567, '1.23M'],
    [1e21, '1.00e21'],
    [0.00001234, '1.23e-5'],
  ])('a figure of %s is %s', (value, text) => {
    expect(formatFigure(value)).toBe(text);
  });

  it.each([
    [250, '250 ms'],
    [45_000, '45 s'],
    [125_000, '2 min 5 s'],
    [7_500_000, '2 h 5 min'],
    [172_800_000, '2 d'],
    [-90_000, '1 min 30 s'],
  ])('a duration of %s ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('ages are of one unit, and know of clocks that are fast', () => {
    expect([0, 12_000, 200_000, -200_000].map((age) => formatAge(1_000_000 - age, 1_000_000))).toEqual([
      'just now',
      '12 s ago',
      '3 min ago',
      'in 3 min',
    ]);
  });

  it('a share that is not all is not told as all, and one that is not none not as none', () => {
    expect(formatShare(999_999, 1_000_000)).toBe('> 99.99 %');
    expect(formatShare(1, 1_000_000)).toBe('< 0.01 %');
    expect([formatShare(0, 0), formatShare(1, 3), formatShare(7, 7)]).toEqual(['0 %', '33.3 %', '100 %']);
  });

  it('texts that cannot be seen are named', () => {
    expect(formatValues([null, '', 'harbour'])).toBe('(none) · (empty) · harbour');
    expect(formatValues([])).toBe('everything');
  });

  it('counts are whole, times tell their zone', () => {
    expect(formatCount(1_234_567)).toBe('1,234,567');
    expect(formatUtc(1_767_225_600_000)).toBe('2026-01-01 00:00:00 UTC');
  });
});
