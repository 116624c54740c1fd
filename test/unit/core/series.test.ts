import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  parseRollupSeries,
  parseSourceSeries,
  rollupSeries,
  sourceSeries,
} from '../../../src/core/series.ts';
import { bucketOf } from '../../../src/core/spread.ts';
import { runs } from '../../support/runs.ts';

test('no two series of different things have one text', () => {
  const name = fc.constantFrom('a', 'b', 'a.b', 'source', 'rollup');
  const value = fc.option(fc.constantFrom('', 'x', 'null', '|', '"', '",null,"', '__proto__'), { nil: null });
  const source = fc.constantFrom('a', 'a|b', '|', 'b', '["x"]');
  const of = fc.oneof(
    fc.record({ kind: fc.constant('source' as const), name, source }),
    fc.record({ kind: fc.constant('rollup' as const), name, values: fc.array(value, { maxLength: 3 }) }),
  );
  const seriesOf = (what: typeof of extends fc.Arbitrary<infer T> ? T : never) =>
    what.kind === 'source' ? sourceSeries(what.name, what.source) : rollupSeries(what.name, what.values);
  fc.assert(
    fc.property(of, of, (a, b) => {
      expect(seriesOf(a) === seriesOf(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
    }),
    { numRuns: runs(2_000) },
  );
});

test('a series says what it is of', () => {
  for (const source of ['a', 'a|b', '|', '\n', '["x"]']) {
    const series = sourceSeries('per-minute', source);
    expect(parseSourceSeries(series)).toEqual({ aggregation: 'per-minute', source });
    expect(parseRollupSeries(series)).toBeUndefined();
  }
  for (const values of [[null], ['', null], ['|', '"', '\n']]) {
    const series = rollupSeries('by-site', values);
    expect(parseRollupSeries(series)).toEqual({ rollup: 'by-site', values });
    expect(parseSourceSeries(series)).toBeUndefined();
  }
});

test('texts spread evenly, and every machine finds the same bucket', () => {
  const counts = new Array<number>(16).fill(0);
  for (let at = 0; at < 16_000; at += 1) {
    const bucket = bucketOf(`device-${at}`, 16);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(700);
  expect(Math.max(...counts)).toBeLessThan(1_300);
  // The published test vectors of FNV-1a, but for the highest bit.
  expect(['', 'a'].map((text) => bucketOf(text, 2 ** 31))).toEqual([0x011c9dc5, 0x640c292c]);
});
