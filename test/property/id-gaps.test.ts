// What the audit says a counter has left out, against the plain list of what was sent and what was applied.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { accountOf } from '../../src/core/audit/compare-source.ts';
import { idGaps } from '../../src/core/audit/id-gaps.ts';
import { foldEvents } from '../../src/core/fold.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import { emptySourceState, type SourceState } from '../../src/core/source-state.ts';
import { decodeStateImage, encodeState } from '../../src/core/state-encoding.ts';
import { SHARD, type StreamEntry, sequenceOf } from '../support/event-streams.ts';
import { batchOf, eventOf } from '../support/events.ts';
import { atLeast } from '../support/runs.ts';
import { StreamRunner } from '../support/stream-runner.ts';

const T0 = 1_700_000_000_000;
const MINUTE = 60_000;
const PLAIN = parsePipeline({
  aggregations: [{ name: 'm', window: { tumbling: '10s' }, allowedLateness: '20s' }],
});
const OF_ALL_KINDS: readonly Pipeline[] = [
  PLAIN,
  parsePipeline({
    aggregations: [
      { name: 'm', window: { tumbling: '10s' }, allowedLateness: '20s' },
      { name: 'hops', window: { hopping: { size: '20s', every: '10s' } } },
      { name: 'visits', window: { session: { gap: '5s' } }, allowedLateness: '10s' },
    ],
    dedupe: { horizon: '30s' },
  }),
  ...['2m', '10m'].map((horizon) =>
    parsePipeline({
      aggregations: [
        { name: 'm', window: { tumbling: '10s' } },
        { name: 'warm', window: { tumbling: '5m' }, filter: { types: ['warm'] } },
      ],
      dedupe: { horizon },
    }),
  ),
  parsePipeline({
    aggregations: [{ name: 'warm', window: { tumbling: '1m' }, filter: { types: ['warm'] } }],
    dedupe: { horizon: '30s' },
  }),
];

interface Sent {
  readonly id: number;
  readonly ascent: number;
  readonly time: number;
  readonly arrivalMs: number;
  readonly type: string;
}

interface Draft {
  readonly stepMs: number;
  readonly isLost: boolean;
  readonly delayMs: number;
  readonly isWarm: boolean;
  readonly restartsAt: number | undefined;
}

function drafts(maxLength: number, minLength = 12) {
  return fc.array(
    fc.record({
      stepMs: fc.oneof(fc.constant(1_000), fc.integer({ min: 1, max: 3_000 })),
      isLost: fc.nat(9).map((of) => of === 0),
      delayMs: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 40_000 })),
      isWarm: fc.boolean(),
      restartsAt: fc.nat(60).map((at) => (at < 3 ? at : undefined)),
    }),
    { minLength, maxLength },
  );
}

/** All that a device has made, what was lost left out, in the order it comes. */
function sentBy(of: readonly Draft[]): readonly Sent[] {
  let id = 0;
  let ascent = 0;
  let time = T0;
  const made = of.map(({ stepMs, isLost, delayMs, isWarm, restartsAt }) => {
    // A counter that has hardly begun cannot be told from one that goes on.
    const restarts = restartsAt !== undefined && id >= 30;
    id = restarts ? restartsAt : id + 1;
    if (restarts) ascent += 1;
    time += stepMs;
    return { id, ascent, time, arrivalMs: time + delayMs, type: isWarm ? 'warm' : 'cold', isLost };
  });
  return made.filter(({ isLost }) => !isLost).sort((a, b) => a.arrivalMs - b.arrivalMs);
}

function entryOf({ id, time, arrivalMs, type }: Omit<Sent, 'ascent'>, record: number): StreamEntry {
  const event = eventOf({ id, time, type, values: { v: 1 } });
  return { event, at: { shard: SHARD, sequence: sequenceOf(record), index: 0 }, arrivalMs };
}

function gapsOf(state: SourceState, pipeline: Pipeline): readonly number[] | undefined {
  const image = decodeStateImage('a', encodeState(state));
  return idGaps(accountOf('a', image), pipeline)?.flatMap(({ from, to }) =>
    Array.from({ length: to - from + 1 }, (_, at) => from + at),
  );
}

const verdictAt = (runner: StreamRunner, record: number) =>
  runner.verdicts.get(`${SHARD}:${sequenceOf(record)}:0`);

/** Point by point, in order of event time. */
function plainGaps(applied: readonly Sent[]): readonly number[] | undefined {
  const inOrder = applied.toSorted((a, b) => a.time - b.time);
  const known = new Set(applied.map(({ id }) => id));
  const missing: number[] = [];
  let ones = 0;
  for (const [at, { id }] of inOrder.entries()) {
    const before = inOrder[at - 1];
    if (before === undefined) continue;
    if (id === before.id + 1) ones += 1;
    if (id - before.id - 1 > applied.length) continue;
    for (let left = before.id + 1; left < id; left += 1) if (!known.has(left)) missing.push(left);
  }
  const steps = applied.length - 1;
  return steps < 10 || ones < 0.75 * steps ? undefined : missing;
}

test('as long as nothing is forgotten, what is told is exactly what is missing', () => {
  let told = 0;
  fc.assert(
    fc.property(drafts(80), fc.boolean(), (of, isLate) => {
      const runner = new StreamRunner(PLAIN);
      // A late id of one ascent may seem to begin a run with those of the next.
      const sent = sentBy(
        of.map((each) => (isLate ? { ...each, restartsAt: undefined } : { ...each, delayMs: 0 })),
      );
      const last = (sent.at(-1)?.arrivalMs ?? T0) + MINUTE;
      runner.deliver(sent.map(entryOf));
      const end = eventOf({ time: last, values: { v: 1 } });
      const at = { shard: SHARD, sequence: sequenceOf(sent.length), index: 0 };
      runner.deliver([{ event: end, at, arrivalMs: last }]);
      const applied = sent.filter((_, record) => verdictAt(runner, record) === 'applied');
      const expected = plainGaps(applied);
      expect(gapsOf(runner.state('a'), PLAIN)).toEqual(expected);
      told += expected?.length ?? 0;
    }),
    { numRuns: atLeast(100) },
  );
  expect(told).toBeGreaterThan(0);
});

test('what is told was never applied and never will be, whatever has been forgotten', () => {
  let told = 0;
  fc.assert(
    fc.property(drafts(900, 300), fc.constantFrom(...OF_ALL_KINDS), (of, pipeline) => {
      const sent = sentBy(of);
      const seen: Sent[] = [];
      const tried = new Set<number>();
      let record = 0;
      // In one container, so pages of ids stay at hand.
      let state = emptySourceState('a', pipeline);
      const verdictOf = ({ id, time, type, arrivalMs }: Omit<Sent, 'ascent'>) => {
        record += 1;
        const event = eventOf({ id, time, type, values: { v: 1 } });
        const folded = foldEvents(state, batchOf([event], { firstRecord: record, arrivalMs }), pipeline);
        state = folded.state;
        return folded.verdicts[0];
      };
      for (const [at, each] of sent.entries()) {
        const verdict = verdictOf(each);
        // A counter that begins anew within the horizon repeats ids that are known.
        if (verdict === 'applied' || verdict === 'duplicate') seen.push(each);
        if (at % 50 !== 49) continue;
        for (const id of gapsOf(state, pipeline) ?? []) {
          const places = placesOf(id, seen);
          expect(places.length).toBeGreaterThan(0);
          const [place] = places;
          if (place === undefined || places.length > 1 || tried.has(id)) continue;
          tried.add(id);
          for (const time of [place.before.time, place.after.time])
            for (const type of ['warm', 'cold'])
              expect(verdictOf({ id, time, type, arrivalMs: each.arrivalMs })).toBe('late');
          told += 1;
        }
      }
    }),
    { numRuns: atLeast(20) },
  );
  expect(told).toBeGreaterThan(0);
});

interface Place {
  readonly before: Sent;
  readonly after: Sent;
}

/** Where a number is missing: between two of an ascent that came in time. */
function placesOf(id: number, seen: readonly Sent[]): readonly Place[] {
  return [...Map.groupBy(seen, ({ ascent }) => ascent).values()].flatMap((ascent) => {
    const inOrder = ascent.toSorted((a, b) => a.id - b.id);
    const before = inOrder.findLast((each) => each.id < id);
    const after = inOrder.find((each) => each.id >= id);
    return before === undefined || after === undefined || after.id === id ? [] : [{ before, after }];
  });
}
