// Sums equal exact rational arithmetic, rounded once, whatever the order in which they were put together.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ExactSum } from '../../src/core/exact-sum.ts';
import { addToSum, emptySum, meanOfSum, mergeSum, roundSum, subtractSum } from '../../src/core/exact-sum.ts';
import { nearestDouble, toScaled } from '../../src/simulation/exact-rational.ts';
import { runs } from '../support/runs.ts';

const RUNS = { numRuns: runs(3_000) };

/** Any finite double, with those that overflow, cancel, tie and underflow far more often than chance gives them. */
const finite = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc
    .tuple(fc.constantFrom(1, -1), fc.integer({ min: -1_074, max: 1_023 }))
    .map(([sign, exponent]) => sign * 2 ** exponent),
  fc
    .tuple(
      fc.constantFrom(1, -1),
      fc.nat({ max: 3 }),
      fc.constantFrom(2 ** 970, 2 ** 971, 2 ** 917, 2 ** -1_074, 1),
    )
    .map(([sign, steps, unit]) => sign * (Number.MAX_VALUE - steps * unit)),
  fc.constantFrom(1e16, -1e16, 1, 0.1, 2 ** -53, 2 ** 53, 2 ** 970, -(2 ** 970), 2 ** 969, -0, 0),
);
const finites = fc.array(finite, { maxLength: 30 });

describe('an exact sum', () => {
  test('rounds to the double nearest to the exact result', () => {
    fc.assert(
      fc.property(finites, (terms) => {
        expect(plus0(roundSum(sumOf(terms)))).toBe(nearestDouble(exactSum(terms)));
      }),
      RUNS,
    );
  });

  test('does not depend on the order of its terms', () => {
    fc.assert(
      fc.property(
        finites.chain((terms) =>
          fc.tuple(fc.constant(terms), fc.shuffledSubarray(terms, { minLength: terms.length })),
        ),
        ([terms, shuffled]) => {
          expect(plus0(roundSum(sumOf(shuffled)))).toBe(plus0(roundSum(sumOf(terms))));
        },
      ),
      RUNS,
    );
  });

  test('merged from parts is the sum of all', () => {
    fc.assert(
      fc.property(fc.array(finites, { maxLength: 6 }), (parts) => {
        const merged = emptySum();
        for (const part of parts) mergeSum(merged, sumOf(part));
        expect(plus0(roundSum(merged))).toBe(nearestDouble(exactSum(parts.flat())));
      }),
      RUNS,
    );
  });

  test('with a part taken away is the sum of the rest', () => {
    fc.assert(
      fc.property(finites, finites, (kept, taken) => {
        const sum = sumOf([...kept, ...taken]);
        subtractSum(sum, sumOf(taken));
        expect(plus0(roundSum(sum))).toBe(nearestDouble(exactSum(kept)));
        subtractSum(sum, sumOf(kept));
        expect(plus0(roundSum(sum))).toBe(0);
      }),
      RUNS,
    );
  });

  test('has a finite mean, right to 1e-15, whenever there are terms: the mean of doubles is within the doubles', () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1, maxLength: 30 }), (terms) => {
        const mean = meanOfSum(sumOf(terms), terms.length);
        const expected = nearestDouble(exactSum(terms), BigInt(terms.length));
        expect(Math.abs(mean - expected)).toBeLessThanOrEqual(
          Math.max(2 ** -1_074, Math.abs(expected) * 1e-15),
        );
      }),
      RUNS,
    );
  });

  test('stays a few parts long however many terms of however many sizes go in', () => {
    const sum = emptySum();
    for (let at = 0; at < 100_000; at += 1) addToSum(sum, Math.sin(at) * 10 ** ((at * 7) % 60));
    expect(sum.rest?.length ?? 0).toBeLessThanOrEqual(6);
  });
});

describe('the reference', () => {
  test('turns a double into an integer and back', () => {
    fc.assert(
      fc.property(finite, (x) => {
        expect(nearestDouble(toScaled(x))).toBe(plus0(x));
      }),
      RUNS,
    );
  });
});

function sumOf(terms: readonly number[]): ExactSum {
  const sum = emptySum();
  for (const term of terms) addToSum(sum, term);
  return sum;
}

function exactSum(terms: readonly number[]): bigint {
  return terms.reduce((sum, term) => sum + toScaled(term), 0n);
}

/** A negative zero is a zero. */
function plus0(x: number): number {
  return x === 0 ? 0 : x;
}
