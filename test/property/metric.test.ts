// Metrics merge in any order to the same, and a difference merged into what was gives what is.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Metric } from '../../src/core/metric.ts';
import {
  addValue,
  emptyMetric,
  mergeMetric,
  metricDifference,
  noteSample,
  summarizeMetric,
} from '../../src/core/metric.ts';
import { metricFromText, metricToText, NameTable } from '../../src/core/metric-encoding.ts';
import { arbitraryValue } from '../support/event-streams.ts';

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

  test('comes back from its text to the last bit', () => {
    fc.assert(
      fc.property(readings, fc.boolean(), fc.boolean(), (all, keepsSamples, ofRollup) => {
        const metric = keepsSamples
          ? metricOf(all, 0)
          : { ...metricOf(all, 0), first: undefined, last: undefined };
        if (ofRollup && metric.first !== undefined) metric.first = { ...metric.first, source: '__proto__' };
        const names = new NameTable();
        names.index('another');
        const text = JSON.stringify(metricToText(metric, names));
        expect(plus0(metricFromText(JSON.parse(text), names.names))).toEqual(plus0(metric));
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

function metricOf(all: readonly Reading[], firstOrder: number): Metric {
  const metric = emptyMetric('m');
  for (const [at, { time, value }] of all.entries()) {
    addValue(metric, value);
    noteSample(metric, { time, order: firstOrder + at, value });
  }
  return metric;
}

function view(metric: Metric): unknown {
  return plus0(summarizeMetric(metric));
}

/** A negative zero is a zero. */
function plus0(value: unknown): unknown {
  if (value === 0) return 0;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plus0(inner)]));
}
