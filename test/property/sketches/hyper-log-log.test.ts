import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../../src/core/byte-reader.ts';
import { ByteWriter } from '../../../src/core/byte-writer.ts';
import type { HyperLogLog } from '../../../src/core/hyper-log-log.ts';
import {
  addText,
  distinctCount,
  emptyHyperLogLog,
  mergeHyperLogLog,
  readHyperLogLog,
  writeHyperLogLog,
} from '../../../src/core/hyper-log-log.ts';
import { hashText } from '../../../src/core/text-hash.ts';

const arbitraryTexts = fc.array(
  fc.oneof(fc.string({ unit: 'binary', maxLength: 8 }), fc.nat({ max: 30 }).map(String)),
  {
    maxLength: 80,
  },
);

describe('a count of distinct texts', () => {
  test.each([0, 1, 2, 10, 100, 1_000, 10_000, 200_000])('of %i is within four standard errors', (count) => {
    const found = distinctCount(sketchOf(Array.from({ length: count }, (_, at) => `device-${at}`)));
    expect(Math.abs(found - count)).toBeLessThanOrEqual(Math.max(count < 100 ? 1 : 0, 4 * 0.01625 * count));
  });

  test('is the same whatever the order, the repeats and the cuts', () => {
    fc.assert(
      fc.property(arbitraryTexts, fc.nat({ max: 80 }), (texts, at) => {
        const merged = sketchOf(texts.slice(at).reverse());
        mergeHyperLogLog(merged, sketchOf([...texts.slice(0, at), ...texts]));
        expect(bytesOf(merged)).toEqual(bytesOf(sketchOf(texts)));
      }),
    );
  });

  test('of a few is what linear counting makes of the registers they fall into', () => {
    fc.assert(
      fc.property(arbitraryTexts, (texts) => {
        // Twelve bits of the hash. How many texts fall into one is chance; what is made of those that are set is not.
        const set = new Set(texts.map((text) => hashText(text).high >>> 20)).size;
        const expected = -4_096 * Math.log(1 - set / 4_096);
        expect(Math.abs(distinctCount(sketchOf(texts)) - expected)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test.each([0, 5, 1_199, 1_300, 30_000])('of %i comes back from its bytes, which are few', (count) => {
    const sketch = sketchOf(Array.from({ length: count }, (_, at) => String(at * 7919)));
    const bytes = bytesOf(sketch);
    const read = readHyperLogLog(new ByteReader(bytes));
    expect(new Map([...read].sort())).toEqual(new Map([...sketch].sort()));
    expect(bytes.length).toBeLessThanOrEqual(3_600);
  });

  test('spreads texts that hardly differ evenly over the hash', () => {
    const low = new Array<number>(16).fill(0);
    const high = new Array<number>(16).fill(0);
    for (let at = 0; at < 16_000; at += 1) {
      const hash = hashText(`sensor-${String(at).padStart(6, '0')}`);
      low[hash.low & 15] = (low[hash.low & 15] ?? 0) + 1;
      high[hash.high >>> 28] = (high[hash.high >>> 28] ?? 0) + 1;
    }
    for (const count of [...low, ...high]) expect(Math.abs(count - 1_000)).toBeLessThan(160);
  });
});

function sketchOf(texts: readonly string[]): HyperLogLog {
  const sketch = emptyHyperLogLog();
  for (const text of texts) addText(sketch, text);
  return sketch;
}

function bytesOf(sketch: HyperLogLog): Uint8Array {
  const writer = new ByteWriter();
  writeHyperLogLog(writer, sketch);
  return writer.finish();
}
