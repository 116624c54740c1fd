import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDurationMs, parseDurationMs } from '../../../src/core/duration.ts';

describe('a duration', () => {
  test.each([
    ['250ms', 250],
    ['10s', 10_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['2d', 172_800_000],
    ['0s', 0],
    ['007s', 7_000],
  ])('%s is read', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });

  test.each([
    '',
    '5',
    'm',
    '5 m',
    ' 5m',
    '5m ',
    '-5m',
    '1.5h',
    '1e3s',
    '5M',
    '5w',
    '1h30m',
    '٣s',
    5,
    null,
    ['5m'],
  ])('%j is none', (found) => {
    expect(parseDurationMs(found)).toBeUndefined();
  });

  test('beyond what a number holds exactly is none', () => {
    expect(parseDurationMs('999999999999d')).toBeUndefined();
  });

  test('is written as it is read, in the largest unit that is exact', () => {
    fc.assert(
      fc.property(fc.nat({ max: 100_000_000_000 }), (ms) => {
        expect(parseDurationMs(formatDurationMs(ms))).toBe(ms);
      }),
    );
    const texts = [0, 1_500, 90_000, 3_600_000, 86_400_000].map(formatDurationMs);
    expect(texts).toEqual(['0s', '1500ms', '90s', '1h', '1d']);
  });
});
