import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../../src/core/byte-reader.ts';
import { ByteWriter } from '../../../src/core/byte-writer.ts';
import type { DdSketch } from '../../../src/core/dd-sketch.ts';
import {
  addToSketch,
  binCount,
  copySketch,
  emptySketch,
  errorOf,
  MAX_BINS,
  mergeSketch,
  quantileOf,
  readSketch,
  sketchDifference,
  writeSketch,
} from '../../../src/core/dd-sketch.ts';
import { runs } from '../../support/runs.ts';

const arbitraryValues = fc.array(
  fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }),
    fc.constantFrom(0, -0, 1, -1, 5e-324, -5e-324, Number.MAX_VALUE, -Number.MAX_VALUE, 1e-300, 1e300),
    fc.integer({ min: -20, max: 20 }),
  ),
  { minLength: 1, maxLength: 60 },
);
const arbitraryError = fc.constantFrom(0.001, 0.01, 0.05, 0.2);

describe('a sketch of quantiles', () => {
  test('gives each rank within its relative error, however far apart magnitudes are', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.double({ noNaN: true, noDefaultInfinity: true }),
            fc.double({ noNaN: true, min: 1e-5, max: 1e5 }),
            fc.constantFrom(0, -1e-9, 3.4028234663852886e38, Number.MAX_VALUE, -Number.MAX_VALUE, 5e-310),
          ),
          { minLength: 1, maxLength: 200 },
        ),
        arbitraryError,
        fc.double({ noNaN: true, min: 0, max: 1 }),
        (values, error, q) => expectWithin(values, sketchOf(values, error), { q, error }),
      ),
      { numRuns: runs(500) },
    );
  });

  test('holds the least error over a factor of 10^9, and beside one value that is far away', () => {
    const values = Array.from({ length: 3_500 }, (_, at) => 10 ** (((at * 617) % 3_500) / 389));
    for (const all of [values, [...values, Number.MAX_VALUE], [...values, -1e-300]]) {
      const sketch = sketchOf(all, 0.001);
      expect(errorOf(sketch)).toBe(0.001);
      for (const q of [0, 0.01, 0.5, 0.9, 0.99, 1]) expectWithin(all, sketch, { q, error: 0.001 });
    }
  });

  test('tells the error that holds where values are in more bins than it keeps, and keeps to it', () => {
    const values = Array.from({ length: 9_000 }, (_, at) => 10 ** (((at * 617) % 9_000) / 600));
    const sketch = sketchOf(values, 0.001);
    expect(binCount(sketch)).toBeLessThanOrEqual(MAX_BINS);
    expect(errorOf(sketch)).toBeCloseTo(0.008, 4);
    for (const q of [0, 0.1, 0.5, 0.9, 1]) expectWithin(values, sketch, { q, error: errorOf(sketch) });
    expect(bytesOf(sketchOf(values.toReversed(), 0.001))).toEqual(bytesOf(sketch));
    const [half, rest] = [values.slice(0, 5_000), values.slice(5_000)];
    const merged = sketchOf(rest, 0.001);
    mergeSketch(merged, sketchDifference(sketchOf(half, 0.001), sketch));
    mergeSketch(merged, sketchOf(half, 0.001));
    const twice = [...values, ...rest];
    expect(bytesOf(merged)).toEqual(bytesOf(sketchOf(twice, 0.001)));
  });

  test('is the same whatever the order of the values, and wherever they are cut and merged', () => {
    fc.assert(
      fc.property(arbitraryValues, arbitraryError, fc.nat({ max: 60 }), (values, error, at) => {
        const whole = sketchOf(values, error);
        const merged = sketchOf(values.slice(at).reverse(), error);
        mergeSketch(merged, sketchOf(values.slice(0, at), error));
        expect(bytesOf(merged)).toEqual(bytesOf(whole));
        expect(bytesOf(sketchOf(values.toReversed(), error))).toEqual(bytesOf(whole));
      }),
      { numRuns: runs(500) },
    );
  });

  test('has a difference to an earlier one that makes up for what came since, also among others', () => {
    fc.assert(
      fc.property(arbitraryValues, arbitraryValues, arbitraryValues, (before, since, others) => {
        const earlier = sketchOf(before, 0.01);
        const later = sketchOf([...before, ...since], 0.01);
        const sum = sketchOf([...others, ...before], 0.01);
        mergeSketch(sum, sketchDifference(earlier, later));
        expect(bytesOf(sum)).toEqual(bytesOf(sketchOf([...others, ...before, ...since], 0.01)));
      }),
      { numRuns: runs(500) },
    );
  });

  test('comes back from its bytes, and a copy is its own', () => {
    fc.assert(
      fc.property(arbitraryValues, arbitraryError, (values, error) => {
        const sketch = sketchOf(values, error);
        expect(readSketch(new ByteReader(bytesOf(sketch)))).toEqual(sketch);
        const copy = copySketch(sketch);
        addToSketch(copy, 7);
        expect(bytesOf(sketch)).toEqual(bytesOf(sketchOf(values, error)));
      }),
    );
  });

  test('of a minute of samples fits its share of an item', () => {
    const values = Array.from({ length: 60 }, (_, at) => Math.exp(2 * Math.sin(at * 1.7)));
    expect(bytesOf(sketchOf(values, 0.01)).length).toBeLessThan(160);
  });

  test('of nothing has no quantile', () => {
    expect(quantileOf(emptySketch(0.01), 0.5)).toBeUndefined();
  });
});

function expectWithin(
  values: readonly number[],
  sketch: DdSketch,
  { q, error }: { readonly q: number; readonly error: number },
): void {
  const sorted = values.toSorted((a, b) => a - b);
  const exact = sorted[Math.floor(q * (sorted.length - 1))] ?? Number.NaN;
  const found = quantileOf(sketch, q) ?? Number.NaN;
  const clamped = Math.max(-Number.MAX_VALUE, Math.min(found, Number.MAX_VALUE));
  // Among the smallest doubles half a step is more than the error, and no answer is greater than the greatest double.
  const least = Math.max(error * Math.abs(exact) * (1 + 1e-9), Number.MIN_VALUE);
  expect(Math.abs(clamped - exact)).toBeLessThanOrEqual(least);
}

function sketchOf(values: readonly number[], error: number): DdSketch {
  const sketch = emptySketch(error);
  for (const value of values) addToSketch(sketch, value);
  return sketch;
}

function bytesOf(sketch: DdSketch): Uint8Array {
  const writer = new ByteWriter();
  writeSketch(writer, sketch);
  return writer.finish();
}
