import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../../src/core/byte-reader.ts';
import { ByteWriter } from '../../../src/core/byte-writer.ts';
import type { TopK } from '../../../src/core/top-k.ts';
import {
  addToTopK,
  copyTopK,
  emptyTopK,
  mergeTopK,
  readTopK,
  topEntries,
  topKDifference,
  writeTopK,
} from '../../../src/core/top-k.ts';
import { runs } from '../../support/runs.ts';

/** As many distinct ones as there are counters for k = 2, or fewer. */
const few = fc.array(fc.nat({ max: 15 }).map(String), { maxLength: 120 });
const many = fc.array(fc.nat({ max: 60 }).map(String), { maxLength: 300 });

describe('the most frequent texts', () => {
  test('are exact while there are few, whatever the order and the cuts', () => {
    fc.assert(
      fc.property(few, fc.nat({ max: 120 }), (texts, at) => {
        const merged = topOf(texts.slice(at).reverse());
        mergeTopK(merged, topOf(texts.slice(0, at)));
        expect(topEntries(merged)).toEqual(exact(texts).slice(0, 2));
        expect(merged.missed).toBe(0);
      }),
    );
  });

  test('are never counted too high, and too low by no more than is said, also when merged', () => {
    fc.assert(
      fc.property(many, many, (a, b) => {
        const merged = topOf(a);
        mergeTopK(merged, topOf(b));
        const counts = new Map(exact([...a, ...b]));
        for (const [text, count] of counts) {
          const found = merged.counts.get(text) ?? 0;
          expect(found).toBeLessThanOrEqual(count);
          expect(found).toBeGreaterThanOrEqual(count - merged.missed);
        }
        expect(merged.counts.size).toBeLessThanOrEqual(16);
        // A 17th of all at most: what is more frequent than that is there.
        expect(merged.missed).toBeLessThanOrEqual((a.length + b.length) / 17);
      }),
      { numRuns: runs(300) },
    );
  });

  test('have a difference that makes up for what came since', () => {
    fc.assert(
      fc.property(many, many, (before, since) => {
        const earlier = topOf(before);
        const later = copyTopK(earlier);
        for (const text of since) addToTopK(later, text);
        const sum = copyTopK(earlier);
        mergeTopK(sum, topKDifference(earlier, later));
        expect(sum).toEqual(later);
      }),
    );
  });

  test('come back from their bytes', () => {
    fc.assert(
      fc.property(many, (texts) => {
        const top = topOf(texts);
        const writer = new ByteWriter();
        writeTopK(writer, top);
        expect(readTopK(new ByteReader(writer.finish()))).toEqual(top);
      }),
    );
  });
});

function topOf(texts: readonly string[]): TopK {
  const top = emptyTopK(2);
  for (const text of texts) addToTopK(top, text);
  return top;
}

function exact(texts: readonly string[]): [string, number][] {
  const counts = [...Map.groupBy(texts, (text) => text)].map(([text, all]): [string, number] => [
    text,
    all.length,
  ]);
  return counts.sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
}
