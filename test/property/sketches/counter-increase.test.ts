import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../../src/core/byte-reader.ts';
import { ByteWriter } from '../../../src/core/byte-writer.ts';
import type { CounterIncrease, CounterSample } from '../../../src/core/counter-increase.ts';
import {
  addSample,
  copyIncrease,
  emptyIncrease,
  MAX_COUNTER_SAMPLES,
  mergeIncrease,
  readIncrease,
  totalIncrease,
  writeIncrease,
} from '../../../src/core/counter-increase.ts';
import { roundSum } from '../../../src/core/exact-sum.ts';

const arbitrarySamples = fc
  .array(
    fc.tuple(fc.nat({ max: 50 }), fc.oneof(fc.nat({ max: 100 }), fc.constantFrom(0.1, 0.3, 1e9 + 0.7))),
    {
      minLength: 1,
      maxLength: 40,
    },
  )
  .map((pairs) => pairs.map(([time, value], order): CounterSample => ({ time, order, value })));

describe('the increase of a counter', () => {
  test('counts what is added between samples in order of time, and what follows a reset whole', () => {
    expect(increaseOf([10, 15, 15, 3, 4, 0, 2])).toBe(5 + 0 + 3 + 1 + 0 + 2);
    expect(increaseOf([7])).toBe(0);
    expect(increaseOf([5, 4])).toBe(4);
  });

  test('is the same whatever order the samples come in', () => {
    fc.assert(
      fc.property(arbitrarySamples, fc.infiniteStream(fc.nat()), (samples, draws) => {
        const shuffled = samples
          .map((sample) => ({ sample, key: draws.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ sample }) => sample);
        const expected = plainIncrease(samples);
        expect(roundSum(totalIncrease(counterOf(shuffled)))).toBeCloseTo(expected, 5);
        expect(totalIncrease(counterOf(shuffled))).toEqual(totalIncrease(counterOf(samples)));
      }),
    );
  });

  test('is the same wherever the samples are cut and merged', () => {
    fc.assert(
      fc.property(arbitrarySamples, fc.nat({ max: 40 }), (samples, at) => {
        const merged = counterOf(samples.slice(at));
        mergeIncrease(merged, counterOf(samples.slice(0, at)));
        expect(merged).toEqual(counterOf(samples));
      }),
    );
  });

  test('comes back from its bytes, about three for each regular sample', () => {
    fc.assert(
      fc.property(arbitrarySamples, (samples) => {
        const counter = counterOf(samples);
        expect(readIncrease(new ByteReader(bytesOf(counter)))).toEqual(counter);
      }),
    );
    const regular = Array.from({ length: 60 }, (_, at) => ({
      time: 1_767_225_600_000 + at * 1_000,
      order: 500 + at,
      value: 12_000 + at * 7,
    }));
    expect(bytesOf(counterOf(regular)).length).toBeLessThan(60 * 3 + 30);
  });

  test('of more samples than are kept is exact where they come in order, in bounded room', () => {
    const counter = emptyIncrease();
    const values = Array.from({ length: 5 * MAX_COUNTER_SAMPLES }, (_, at) => (at * 31) % 1_700);
    for (const [at, value] of values.entries()) addSample(counter, { time: at * 10, order: at, value });
    expect(counter.samples.length).toBeLessThanOrEqual(MAX_COUNTER_SAMPLES);
    expect(roundSum(totalIncrease(counter))).toBe(increaseOf(values));
    expect(readIncrease(new ByteReader(bytesOf(counter)))).toEqual(counter);

    const before = roundSum(totalIncrease(counter));
    addSample(counter, { time: 15, order: 99_999, value: 3 });
    expect(roundSum(totalIncrease(counter)), 'inside the run: adds nothing').toBe(before);
    addSample(counter, { time: -5, order: 99_999, value: 0 });
    expect(roundSum(totalIncrease(counter)), 'before the run: a step to its first').toBe(before + 0);
    const copy = copyIncrease(counter);
    addSample(copy, { time: -10, order: 99_999, value: 4 });
    expect(roundSum(totalIncrease(copy))).toBe(before);
  });

  test('of two long runs apart in time merges into that of both', () => {
    const samples = Array.from({ length: 4 * MAX_COUNTER_SAMPLES }, (_, at) => ({
      time: at,
      order: at,
      value: (at * 7) % 911,
    }));
    const half = samples.length / 2;
    const merged = counterOf(samples.slice(half));
    mergeIncrease(merged, counterOf(samples.slice(0, half)));
    expect(roundSum(totalIncrease(merged))).toBe(plainIncrease(samples));
    expect(merged.samples.length).toBeLessThanOrEqual(MAX_COUNTER_SAMPLES);
  });
});

function counterOf(samples: readonly CounterSample[]): CounterIncrease {
  const counter = emptyIncrease();
  for (const sample of samples) addSample(counter, sample);
  return counter;
}

function increaseOf(values: readonly number[]): number {
  return roundSum(totalIncrease(counterOf(values.map((value, order) => ({ time: order, order, value })))));
}

function plainIncrease(samples: readonly CounterSample[]): number {
  const sorted = samples.toSorted((a, b) => a.time - b.time || a.order - b.order).map(({ value }) => value);
  return sorted.slice(1).reduce((sum, value, at) => {
    const before = sorted[at] ?? 0;
    return sum + (value >= before ? value - before : value);
  }, 0);
}

function bytesOf(counter: CounterIncrease): Uint8Array {
  const writer = new ByteWriter();
  writeIncrease(writer, counter);
  return writer.finish();
}
