import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addToSum, emptySum, mergeSum } from '../../../src/core/exact-sum.ts';
import type { Squares } from '../../../src/core/squares.ts';
import {
  addSquare,
  copySquares,
  emptySquares,
  mergeSquares,
  subtractSquares,
  varianceOf,
} from '../../../src/core/squares.ts';
import { nearestDouble, toScaled } from '../../../src/simulation/exact-rational.ts';
import { runs } from '../../support/runs.ts';

const arbitraryValues = fc.array(
  fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.double({ noNaN: true, min: 1e9, max: 1e9 + 1 }),
    fc.constantFrom(0, 1, -1, 5e-324, 1e-200, 2 ** 400, 2 ** -400, 1e154, Number.MAX_VALUE),
  ),
  { minLength: 1, maxLength: 12 },
);

describe('a variance', () => {
  test('is the exact one, rounded once, whatever the values', () => {
    fc.assert(
      fc.property(arbitraryValues, (values) => {
        expect(varianceOfAll(values)).toBe(exactVariance(values));
      }),
      { numRuns: runs(1_000) },
    );
  });

  test('is stable where values are large and close together', () => {
    expect(varianceOfAll([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16])).toBe(22.5);
    expect(varianceOfAll([0.1, 0.1, 0.1])).toBe(0);
  });

  test('is right far from one, where squares leave the doubles', () => {
    expect(varianceOfAll([1e200, 3e200])).toBe(Number.POSITIVE_INFINITY);
    expect(varianceOfAll([2 ** 511, -(2 ** 511)])).toBe(2 ** 1022);
    expect(varianceOfAll([2 ** -530, 3 * 2 ** -530])).toBe(2 ** -1060);
  });

  test('does not depend on order or cuts, and squares taken away are gone', () => {
    fc.assert(
      fc.property(arbitraryValues, arbitraryValues, (a, b) => {
        const sum = emptySum();
        for (const x of [...b, ...a]) addToSum(sum, x);
        const merged = squaresOf(b);
        mergeSquares(merged, squaresOf(a));
        const count = a.length + b.length;
        expect(varianceOf(count, sum, merged)).toBe(exactVariance([...a, ...b]));

        const left = copySquares(merged);
        subtractSquares(left, squaresOf(a));
        const own = emptySum();
        for (const x of b) addToSum(own, x);
        expect(varianceOf(b.length, own, left)).toBe(exactVariance(b));
        mergeSum(own, sum);
      }),
    );
  });
});

function squaresOf(values: readonly number[]): Squares {
  const squares = emptySquares();
  for (const value of values) addSquare(squares, value);
  return squares;
}

function varianceOfAll(values: readonly number[]): number {
  const sum = emptySum();
  for (const value of values) addToSum(sum, value);
  return varianceOf(values.length, sum, squaresOf(values));
}

/** The variance by integer arithmetic: values are multiples of 2^-1074, the variance of 2^-2148. */
function exactVariance(values: readonly number[]): number {
  const n = BigInt(values.length);
  const scaled = values.map(toScaled);
  const sum = scaled.reduce((total, x) => total + x, 0n);
  const squares = scaled.reduce((total, x) => total + x * x, 0n);
  return nearestDouble(n * squares - sum * sum, n * n * 2n ** 1_074n);
}
