// Increases of counters against all samples there are: each step in the windows and with the tags of its later sample.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { closeAll } from '../../src/core/close-windows.ts';
import { MAX_COUNTER_SAMPLES } from '../../src/core/counter-trail.ts';
import type { TelemetryEvent } from '../../src/core/event.ts';
import { roundSum } from '../../src/core/exact-sum.ts';
import { foldEvents } from '../../src/core/fold.ts';
import type { AggregationDefinition } from '../../src/core/pipeline/definition.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import type { SourceState } from '../../src/core/source-state.ts';
import { emptySourceState } from '../../src/core/source-state.ts';
import type { ClosedWindow, SourceWindow } from '../../src/core/source-window.ts';
import { decodeState, encodeState } from '../../src/core/state-encoding.ts';
import { nearestDouble } from '../../src/simulation/exact-rational.ts';
import { increaseOf } from '../../src/simulation/reference-aggregates.ts';
import { ReferenceSource } from '../../src/simulation/reference-source.ts';
import { batchOf, eventOf } from '../support/events.ts';
import { runs } from '../support/runs.ts';

const WINDOWS: readonly AggregationDefinition['window'][] = [
  { tumbling: '10ms' },
  { tumbling: '10ms', offset: '3ms' },
  { hopping: { size: '12ms', every: '5ms' } },
  { session: { gap: '4ms' } },
  { calendar: 'day' },
];

const arbitraryPipeline = fc
  .record({
    window: fc.constantFrom(...WINDOWS),
    lateness: fc.constantFrom(0, 5, 30),
    counters: fc.constantFrom({}, { carry: false }, { dip: 0.2 }, { dip: 0.5, carry: false }),
    by: fc.constantFrom([], ['gw'], ['gw', 'site']),
  })
  .map(({ window, lateness, counters, by }) =>
    parsePipeline({
      aggregations: [
        { name: 'a', window, allowedLateness: `${lateness}ms`, aggregates: ['increase', 'rate'], counters },
      ],
      rollups: by.length === 0 || 'session' in window ? [] : [{ name: 'r', of: 'a', by }],
    }),
  );

const arbitraryEvents = fc
  .array(
    fc.record({
      step: fc.integer({ min: -14, max: 9 }),
      value: fc.oneof(fc.nat({ max: 20 }), fc.constantFrom(0.1, 1e9 + 0.7, 1e16)),
      gw: fc.constantFrom('a', 'b', undefined),
      names: fc.constantFrom<readonly string[]>(['c'], ['c', 'd'], ['__proto__'], []),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((draws) => {
    let time = 40;
    return draws.map(({ step, value, gw, names }) => {
      time = Math.max(0, time + step);
      const values = Object.fromEntries(names.map((name) => [name, value]));
      return eventOf({ time, values, tags: gw === undefined ? {} : { gw } });
    });
  });

describe('the increase of a counter', () => {
  test('is, in every window and for any tags, the steps that end there', () => {
    fc.assert(
      fc.property(
        arbitraryPipeline,
        arbitraryEvents,
        fc.integer({ min: 1, max: 9 }),
        (pipeline, events, cut) => {
          const found = foldInBatches(pipeline, events, cut);
          expect(found).toEqual(expectedIncreases(pipeline, events));
          expect(foldInBatches(pipeline, events, events.length)).toEqual(found);
        },
      ),
      { numRuns: runs(500) },
    );
  });

  test('of all windows together is what the counter grew by, wherever windows and tags change', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 3, 7, 60),
        fc.array(fc.tuple(fc.nat({ max: 3 }), fc.constantFrom('a', 'b')), { minLength: 2, maxLength: 60 }),
        (minutes, steps) => {
          const pipeline = meterPipeline(minutes, 'by-gw');
          let value = 0;
          const events = steps.map(([grows, gw], at) => {
            value += grows;
            return eventOf({ time: at * 60_000, values: { c: value }, tags: { gw } });
          });
          const first = events[0]?.values['c'] ?? 0;
          expect(totalOf(foldInBatches(pipeline, events, 5))).toBe(value - first);
        },
      ),
    );
  });
});

describe('of more samples than are kept', () => {
  const LENGTH = 3_600;
  const meter = (at: number) =>
    eventOf({ time: at * 1_000, values: { c: 5_000_000 + at }, tags: { gw: at % 2 === 0 ? 'a' : 'b' } });
  const inOrder = Array.from({ length: LENGTH }, (_, at) => meter(at));

  test('the increase is exact, by tags that alternate too', () => {
    const found = foldInBatches(meterPipeline(60, 'by-gw'), inOrder, 100);
    expect(Object.fromEntries(found)).toEqual({
      '0 3600000 ["a"] c': LENGTH / 2 - 1,
      '0 3600000 ["b"] c': LENGTH / 2,
    });
  });

  test('a late sample among the latest counts exactly, and one further back changes no sum', () => {
    const late = [10, LENGTH - MAX_COUNTER_SAMPLES / 4];
    for (const at of late) {
      const events = [...inOrder.filter((_, index) => index !== at), meter(at)];
      const found = foldInBatches(meterPipeline(60, 'by-gw'), events, 100);
      expect(totalOf(found)).toBe(LENGTH - 1);
    }
    const events = [...inOrder.filter((_, index) => index !== late[1]), meter(late[1] ?? 0)];
    expect(foldInBatches(meterPipeline(60, 'by-gw'), events, 100)).toEqual(
      foldInBatches(meterPipeline(60, 'by-gw'), inOrder, 100),
    );
  });

  test('the state does not grow', () => {
    const pipeline = meterPipeline(60, 'by-gw');
    const { state } = foldAll(pipeline, inOrder.slice(0, 3_500), 100);
    const trail = state.open[0]?.trails.get('c');
    expect(trail?.samples.length).toBeLessThanOrEqual(MAX_COUNTER_SAMPLES);
    expect(encodeState(state).length).toBeLessThan(MAX_COUNTER_SAMPLES * 6 + 300);
  });

  test('counters that say nothing any more are forgotten, those silent for longest first', () => {
    const pipeline = meterPipeline(1, 'all');
    const named = (at: number) =>
      eventOf({ time: at * 60_000, values: { [`${'counter-'.repeat(6)}${at}`]: at } });
    const events = Array.from({ length: 2_000 }, (_, at) => named(at));
    const { state } = foldAll(pipeline, events, 100);
    const names = [...(state.open[0]?.trails.keys() ?? [])];
    expect(names.length).toBeGreaterThan(300);
    expect(names.at(-1)).toMatch(/-1999$/);
    expect(state.windowBytes).toBeLessThan(60_000);
    expect(decodeState('a', encodeState(state), pipeline).windowBytes).toBe(state.windowBytes);
  });
});

test('other rules leave the steps that are counted as they are, and hold for those that follow', () => {
  const [before, after] = [{ carry: true }, { carry: true, dip: 0.5 }].map((counters) =>
    parsePipeline({
      aggregations: [{ name: 'a', window: { tumbling: '1h' }, aggregates: ['increase'], counters }],
    }),
  );
  if (before === undefined || after === undefined) throw new Error('two pipelines');
  const at = (time: number, c: number) => eventOf({ time, values: { c } });
  const first = foldEvents(emptySourceState('a', before), batchOf([at(0, 10), at(20, 8)]), before).state;
  const state = decodeState('a', encodeState(first), after);
  const rest = batchOf([at(10, 9), at(30, 12), at(40, 9)], { firstRecord: 10 });
  // A reset to 8; then 4 more, and a fall by a quarter, which is none.
  expect(increasesOf(foldEvents(state, rest, after).state.open[0]?.windows.values() ?? [])).toEqual(
    new Map([['0 3600000 [] c', 8 + 4 - 3]]),
  );
});

function meterPipeline(minutes: number, rollup: 'by-gw' | 'all'): Pipeline {
  return parsePipeline({
    aggregations: [
      { name: 'a', window: { tumbling: `${minutes}m` }, allowedLateness: '2m', aggregates: ['increase'] },
    ],
    rollups: [{ name: rollup, of: 'a', by: rollup === 'all' ? [] : ['gw'] }],
  });
}

/** Later than any event, and before the year 2000: times near the epoch are no mistakes then. */
const ARRIVAL_MS = 9e11;

type Increases = ReadonlyMap<string, number>;

/** By window, tags and name; what had closed on the way included. Between batches the state is stored. */
function foldInBatches(pipeline: Pipeline, events: readonly TelemetryEvent[], size: number): Increases {
  const { state, closed } = foldAll(pipeline, events, size);
  while (closeAll(state)) closed.push(...state.closed);
  return increasesOf(closed);
}

function foldAll(pipeline: Pipeline, events: readonly TelemetryEvent[], size: number) {
  let state: SourceState = emptySourceState('a', pipeline);
  const closed: ClosedWindow[] = [];
  for (let from = 0; from < events.length; from += size) {
    state = decodeState('a', encodeState(state), pipeline);
    const batch = batchOf(events.slice(from, from + size), {
      firstRecord: from + 1,
      arrivalMs: ARRIVAL_MS,
    });
    for (let next = 0; next < batch.events.length; ) {
      const folded = foldEvents(state, batch, pipeline, next);
      state = folded.state;
      next = folded.next;
      closed.push(...state.closed);
    }
  }
  return { state, closed };
}

function increasesOf(windows: Iterable<SourceWindow>): Increases {
  const found = new Map<string, number>();
  for (const { start, end, groups } of windows) {
    for (const { tags, metrics } of groups) {
      for (const { name, increased } of metrics) {
        if (increased !== undefined)
          found.set(`${start} ${end} ${JSON.stringify(tags)} ${name}`, roundSum(increased) + 0);
      }
    }
  }
  return new Map([...found].sort());
}

function expectedIncreases(pipeline: Pipeline, events: readonly TelemetryEvent[]): Increases {
  const source = new ReferenceSource(pipeline);
  for (const event of events) {
    source.receive({ ...event, arrivalMs: ARRIVAL_MS });
    source.closeDue();
  }
  const [aggregation] = pipeline.aggregations;
  if (aggregation === undefined) throw new Error('one aggregation');
  const { counters, groupBy } = aggregation;
  const carry = counters.carry && aggregation.window.kind !== 'session';
  const tagsOf = ({ tags }: { readonly tags: Readonly<Record<string, string>> }) =>
    JSON.stringify(groupBy.map((tag) => (Object.hasOwn(tags, tag) ? tags[tag] : null)));
  const expected = new Map<string, number>();
  for (const window of source.windows) {
    for (const event of window.events) {
      for (const name of Object.keys(event.values)) {
        const { start, end } = window;
        const steps = increaseOf(
          source.historyOf(window),
          name,
          { start, end, carry, dip: counters.dip },
          (each) => tagsOf(each) === tagsOf(event),
        );
        expected.set(`${start} ${end} ${tagsOf(event)} ${name}`, nearestDouble(steps) + 0);
      }
    }
  }
  return new Map([...expected].sort());
}

function totalOf(increases: Increases): number {
  return [...increases.values()].reduce((sum, increase) => sum + increase, 0);
}
