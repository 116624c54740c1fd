// The check that every aggregate is held to: the right ones pass, each that is off does not.
import { expect, test } from 'vitest';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { holdAggregates } from '../../../src/simulation/check-aggregates.ts';
import { toScaled } from '../../../src/simulation/exact-rational.ts';
import type { FoundContents } from '../../../src/simulation/read-state.ts';
import type { ReferenceEvent } from '../../../src/simulation/reference-model.ts';

const [AGGREGATION] = parsePipeline({
  aggregations: [
    {
      name: 'a',
      window: { tumbling: '10s' },
      aggregates: ['variance', 'stddev', 'increase', 'rate', 'quantiles'],
      distinct: ['type'],
      topK: [{ of: 'type', k: 1 }],
    },
  ],
}).aggregations;

/** In stream order; by time the counter goes 1, 4, 2, 8: up by 3, reset to 2, up by 6. */
const EVENTS = [
  { time: 0, v: 1, type: 'x' },
  { time: 2, v: 2, type: 'y' },
  { time: 1, v: 4, type: 'x' },
  { time: 3, v: 8, type: 'x' },
].map(
  ({ v, ...event }): ReferenceEvent => ({
    source: 's',
    arrivalMs: 0,
    id: undefined,
    tags: {},
    values: { v },
    ...event,
  }),
);

const RIGHT = {
  variance: 7.1875,
  stddev: Math.sqrt(7.1875),
  increase: 11,
  rate: 1.1,
  p50: 2,
  p90: 4.03,
  p95: 4,
  p99: 4,
};

function found(metric: Partial<typeof RIGHT>, fields: Partial<FoundContents> = {}): FoundContents {
  return {
    end: 10_000,
    events: 4,
    metrics: new Map([['v', { ...RIGHT, ...metric }]]),
    distinct: new Map([['type', 2]]),
    topK: new Map([['type', [['x', 3]]]]),
    topKMissed: new Map([['type', 0]]),
    ...fields,
  };
}

function check(contents: FoundContents): void {
  if (AGGREGATION === undefined) throw new Error('no aggregation');
  holdAggregates(
    'w',
    contents,
    {
      events: EVENTS,
      increaseOf: () => toScaled(11),
      lengthMs: 10_000,
      statesOf: () => ({ ms: new Map(), changes: 0, last: undefined, lastingMs: 0 }),
      weightedMeanOf: () => undefined,
    },
    AGGREGATION,
  );
}

test('what is right, or within its error, passes', () => {
  expect(() => check(found({}))).not.toThrow();
});

test.each<[string, FoundContents]>([
  ['variance', found({ variance: 7.187500000000001 })],
  ['deviation', found({ stddev: 2.7 })],
  ['increase', found({ increase: 7 })],
  ['rate', found({ rate: 1 })],
  ['quantile', found({ p50: 2.05 })],
  ['quantile', found({ p99: 8.01 })],
  ['distinct', found({}, { distinct: new Map([['type', 6]]) })],
  ['top', found({}, { topK: new Map([['type', [['x', 2]]]]) })],
])('a wrong %s does not', (what, contents) => {
  expect(() => check(contents)).toThrow(what);
});
