// Metrics merge in any order to the same, and a difference merged into what was gives what is.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../src/core/byte-reader.ts';
import { ByteWriter } from '../../src/core/byte-writer.ts';
import type { Metric } from '../../src/core/metric.ts';
import {
  addValue,
  emptyMetric,
  mergeMetric,
  metricDifference,
  summarizeMetric,
} from '../../src/core/metric.ts';
import { readMetric, writeMetric } from '../../src/core/metric-encoding.ts';
import type { Aggregation } from '../../src/core/pipeline/pipeline.ts';
import { arbitraryValue } from '../support/event-streams.ts';

const ALL: Aggregation['keep'] = { samples: true, squares: true, increase: true, quantiles: 0.01 };
const NOTHING: Aggregation['keep'] = {
  samples: false,
  squares: false,
  increase: false,
  quantiles: undefined,
};

interface Reading {
  readonly time: number;
  readonly value: number;
}

const readings = fc.array(
  fc.record({
    time: fc.nat({ max: 5 }),
    value: fc.oneof(arbitraryValue, fc.double({ noNaN: true, noDefaultInfinity: true })),
  }),
  { minLength: 1, maxLength: 12 },
);

describe('a metric', () => {
  test('merged from parts in any order summarizes as if all had been added to one', () => {
    fc.assert(
      fc.property(
        fc
          .array(readings, { minLength: 1, maxLength: 5 })
          .chain((parts) =>
            fc.tuple(fc.constant(parts), fc.shuffledSubarray([...parts.keys()], { minLength: parts.length })),
          ),
        ([parts, order]) => {
          const metrics = partsInStreamOrder(parts);
          const merged = emptyMetric('m');
          for (const at of order) mergeMetric(merged, metrics[at] ?? emptyMetric('m'));
          expect(view(merged)).toEqual(view(metricOf(parts.flat(), 0)));
        },
      ),
    );
  });

  test('is what it was merged with the difference', () => {
    fc.assert(
      fc.property(fc.option(readings, { nil: undefined }), readings, (before, added) => {
        const was = before === undefined ? undefined : metricOf(before, 0);
        const is = metricOf([...(before ?? []), ...added], 0);
        const untouched = structuredClone([was, is]);
        const difference = metricDifference(was, is);
        expect([was, is]).toEqual(untouched);
        const merged = emptyMetric('m');
        if (was !== undefined) mergeMetric(merged, was);
        mergeMetric(merged, difference);
        expect(view(merged)).toEqual(view(is));
      }),
    );
  });

  test('comes back from its bytes to the last bit', () => {
    fc.assert(
      fc.property(readings, fc.boolean(), fc.boolean(), (all, keepsSamples, ofRollup) => {
        const metric = metricOf(all, 0, keepsSamples ? ALL : NOTHING);
        if (ofRollup && metric.first !== undefined) metric.first = { ...metric.first, source: '__proto__' };
        const writer = new ByteWriter();
        writeMetric(writer, metric);
        const reader = new ByteReader(writer.finish());
        expect(readMetric(reader, 'm')).toEqual(metric);
        expect(reader.done).toBe(true);
      }),
    );
  });
});

/** Parts of one stream: the order of events goes on from part to part. */
function partsInStreamOrder(parts: readonly Reading[][]): Metric[] {
  let order = 0;
  return parts.map((part) => {
    const metric = metricOf(part, order);
    order += part.length;
    return metric;
  });
}

function metricOf(all: readonly Reading[], firstOrder: number, keep = ALL): Metric {
  const metric = emptyMetric('m', keep);
  for (const [at, { time, value }] of all.entries()) addValue(metric, value, time, firstOrder + at);
  return metric;
}

function view(metric: Metric): unknown {
  return plus0(summarizeMetric(metric, 1_000));
}

/** A negative zero is a zero. */
function plus0(value: unknown): unknown {
  if (value === 0) return 0;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plus0(inner)]));
}
