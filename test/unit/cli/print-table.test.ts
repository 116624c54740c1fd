import { describe, expect, it } from 'vitest';
import { formatCell, formatNumber, formatTable, formatTime } from '../../../src/cli/print-table.ts';

describe('a table', () => {
  it('has texts to the left, numbers to the right, and nothing behind the last', () => {
    const rows = [
      ['a', 1, 'x'],
      ['longer', 1_234, ''],
    ];
    expect(formatTable(['name', 'n', 'what'], rows)).toBe(
      ['name        n  what', 'a           1  x', 'longer  1,234'].join('\n'),
    );
  });

  it('without rows is its head', () => {
    expect(formatTable(['name', 'n'], [])).toBe('name  n');
  });

  it('with a text among the numbers of a column is to the left there', () => {
    expect(formatTable(['n'], [[5], ['none']])).toBe('n\n5\nnone');
  });
});

describe('a cell', () => {
  it.each([
    ['\u001b[2J', '\\u{1b}[2J'],
    ['a\nb\tc', 'a\\u{a}b\\u{9}c'],
    ['\u0000', '\\u{0}'],
    ['\u009b31m', '\\u{9b}31m'],
    ['\u202egnp.exe', '\\u{202e}gnp.exe'],
    ['\u200b', '\\u{200b}'],
    ['\u{e0041}', '\\u{e0041}'],
  ])('%j acts on no terminal', (text, shown) => {
    expect(formatCell(text)).toBe(shown);
  });

  it.each(['sensor-1', 'Fühler 3', '温度', '\\u{1b}', '🌡'])('%s is shown as it is', (text) => {
    expect(formatCell(text)).toBe(text);
  });

  it('is counted as it is shown', () => {
    expect(formatTable(['s', 'n'], [['\u001b', 1]])).toBe('s       n\n\\u{1b}  1');
  });
});

it.each([
  [0, '0'],
  [1_234_567, '1,234,567'],
  [-5, '-5'],
  [0.1 + 0.2, '0.3'],
  [1 / 3, '0.333333'],
  [123_456.789, '123457'],
  [1e-9 / 3, '3.33333e-10'],
  [Number.NaN, 'NaN'],
])('%d reads %s', (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

it.each([
  [1_772_366_400_000, '2026-03-01T12:00:00Z'],
  [1_772_366_400_250, '2026-03-01T12:00:00.250Z'],
  [0, '1970-01-01T00:00:00Z'],
  [-1, '-'],
  [Number.NEGATIVE_INFINITY, '-'],
])('%d is the time %s', (ms, text) => {
  expect(formatTime(ms)).toBe(text);
});
