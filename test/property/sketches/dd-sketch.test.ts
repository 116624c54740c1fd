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
  test('gives each rank within its relative error, while magnitudes are not too far apart', () => {
    const near = fc.array(
      fc.oneof(
        fc.double({ noNaN: true, min: 1e-5, max: 1e5 }),
        fc.double({ noNaN: true, min: -1e5, max: -1e-5 }),
        fc.constant(0),
      ),
      { minLength: 1, maxLength: 200 },
    );
    fc.assert(
      fc.property(
        near,
        fc.constantFrom(0.02, 0.05, 0.2),
        fc.double({ noNaN: true, min: 0, max: 1 }),
        (values, error, q) => {
          const sorted = values.toSorted((a, b) => a - b);
          const exact = sorted[Math.floor(q * (sorted.length - 1))] ?? Number.NaN;
          const found = quantileOf(sketchOf(values, error), q) ?? Number.NaN;
          expect(Math.abs(found - exact)).toBeLessThanOrEqual(error * Math.abs(exact) * (1 + 1e-9));
        },
      ),
      { numRuns: runs(500) },
    );
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

  test('never has more bins than it may, and keeps the greatest magnitudes apart', () => {
    const sketch = emptySketch(0.001);
    for (let exponent = -300; exponent < 300; exponent += 1) {
      for (const x of [1, 1.5, 2.2, 3.3, 5, 7.5]) addToSketch(sketch, x * 10 ** exponent);
    }
    expect(binCount(sketch)).toBeLessThanOrEqual(MAX_BINS);
    expect(quantileOf(sketch, 1)).toBeCloseTo(7.5e299, -298);
  });

  test('of a minute of samples fits its share of an item', () => {
    const values = Array.from({ length: 60 }, (_, at) => Math.exp(2 * Math.sin(at * 1.7)));
    expect(bytesOf(sketchOf(values, 0.01)).length).toBeLessThan(160);
  });

  test('of nothing has no quantile', () => {
    expect(quantileOf(emptySketch(0.01), 0.5)).toBeUndefined();
  });
});

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
