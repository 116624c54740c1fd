import { InvalidArgumentError } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { moment, wholeNumber } from '../../../src/cli/options.ts';

describe('a whole number', () => {
  const parse = wholeNumber(1, 64);

  it.each([
    ['1', 1],
    ['64', 64],
    ['007', 7],
  ])('%s is taken', (text, value) => {
    expect(parse(text)).toBe(value);
  });

  it.each(['0', '65', '-1', '1.5', '1e1', '0x10', ' 3', '', 'three', '9'.repeat(400)])(
    '%j is refused',
    (text) => {
      expect(() => parse(text)).toThrow(InvalidArgumentError);
      expect(() => parse(text)).toThrow('Expected a whole number from 1 to 64.');
    },
  );
});

describe('a moment', () => {
  const NOW_MS = Date.UTC(2026, 2, 1, 12);
  beforeEach(() => void vi.useFakeTimers({ now: NOW_MS }));
  afterEach(() => void vi.useRealTimers());

  it.each([
    ['2026-03-01T12:00:00Z', NOW_MS],
    ['2026-03-01T13:00:00+01:00', NOW_MS],
    ['1772366400000', NOW_MS],
    ['0', 0],
    ['15m', NOW_MS - 15 * 60_000],
    ['2d', NOW_MS - 2 * 86_400_000],
    ['0s', NOW_MS],
  ])('%s', (text, ms) => {
    expect(moment(text)).toBe(ms);
  });

  it.each(['', 'yesterday', '15x', '-5x', '2026-13-01T00:00:00Z'])('%j is refused, with examples', (text) => {
    expect(() => moment(text)).toThrow(InvalidArgumentError);
    expect(() => moment(text)).toThrow(/2026-03-01T12:00:00Z.*15m/);
  });
});
