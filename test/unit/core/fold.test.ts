import { describe, expect, test } from 'vitest';
import type { SequenceNumber, ShardId } from '../../../src/core/brands.ts';
import { foldEvents } from '../../../src/core/fold.ts';
import { MAX_OUTGOING_BYTES } from '../../../src/core/limits.ts';
import type { Pipeline } from '../../../src/core/pipeline/pipeline.ts';
import { emptySourceState } from '../../../src/core/source-state.ts';
import { decodeState, encodeState } from '../../../src/core/state-encoding.ts';
import { SHARD, STREAM_ARN, sequenceOf } from '../../support/event-streams.ts';
import { batchOf, eventOf, pipelineOf } from '../../support/events.ts';
import { StreamRunner } from '../../support/stream-runner.ts';

const MAX_ITEM_BYTES = 400_000;

describe('a fold', () => {
  test('forgets an id once it is older than the horizon, not before', () => {
    const pipeline: Pipeline = { ...pipelineOf({ sizeMs: 1_000 }), dedupeHorizonMs: 50 };
    const times = [100, 101, 150, 102, 151, 103, 104];
    const ids = ['7', '7', undefined, '7', undefined, '7', '7'];
    const events = times.map((time, at) => eventOf({ time, id: ids[at] }));
    expect(foldEvents(emptySourceState('a', pipeline), batchOf(events), pipeline).verdicts).toEqual([
      'applied',
      'duplicate',
      'applied',
      'duplicate',
      'applied',
      'applied',
      'duplicate',
    ]);
  });

  test('takes an exact repeat for a duplicate as long as a window it is in is open, however long ago it was applied', () => {
    const pipeline: Pipeline = {
      ...pipelineOf({ sizeMs: 10, allowedLatenessMs: 1_000 }),
      dedupeHorizonMs: 50,
    };
    const uuid = '3d6f0a70-0000-4000-8000-000000000001';
    const sent = [5, 1_000, 5, 6, 1_009, 5, 1_010, 5].map((time) =>
      eventOf({ time, id: time < 10 ? uuid : time }),
    );
    const { verdicts } = foldEvents(emptySourceState('a', pipeline), batchOf(sent), pipeline);
    // Another time is another event, once the horizon has forgotten the id; and closed is late.
    expect(verdicts).toEqual([
      'applied',
      'applied',
      'duplicate',
      'applied',
      'applied',
      'duplicate',
      'applied',
      'late',
    ]);
  });

  test('tells counters that restart within the horizon apart, where ids go with their times', () => {
    const pipeline = { ...pipelineOf({ sizeMs: 1_000 }), dedupeByTime: true };
    const sent = [1, 2, 3, 3, 2].map((time, at) => eventOf({ time, id: at % 2 }));
    const { verdicts } = foldEvents(emptySourceState('a', pipeline), batchOf(sent), pipeline);
    expect(verdicts).toEqual(['applied', 'applied', 'applied', 'applied', 'applied']);
    const again = foldEvents(emptySourceState('a', pipeline), batchOf([...sent, ...sent]), pipeline);
    expect(again.verdicts.slice(5)).toEqual(Array.from({ length: 5 }, () => 'duplicate'));
  });

  test('finds an event late that no aggregation takes and that may be a repeat which nobody can tell any more', () => {
    const pipeline = {
      ...pipelineOf({ sizeMs: 1_000, filter: { types: new Set(['other']), tags: undefined } }),
      dedupeHorizonMs: 50,
    };
    const sent = [
      eventOf({ time: 100, id: 'x' }),
      eventOf({ time: 200, id: 'y' }),
      eventOf({ time: 100, id: 'x' }),
      eventOf({ time: 150, id: 'z' }),
      eventOf({ time: 100 }),
    ];
    const { verdicts } = foldEvents(emptySourceState('a', pipeline), batchOf(sent), pipeline);
    expect(verdicts).toEqual(['applied', 'applied', 'late', 'applied', 'applied']);
  });

  test('applies to some aggregations an event that is late for others, and counts that', () => {
    const pipeline = pipelineOf({ allowedLatenessMs: 0 }, { allowedLatenessMs: 100 });
    const { state, verdicts } = foldEvents(
      emptySourceState('a', pipeline),
      batchOf([50, 5].map((time) => eventOf({ time }))),
      pipeline,
    );
    expect(verdicts).toEqual(['applied', 'applied']);
    expect(state.open.map(({ late }) => late)).toEqual([1, 0]);
    expect(state.letters).toEqual([]);
  });

  test('hands a late event on with its coordinates and the time it was late against', () => {
    const pipeline = pipelineOf({});
    const late = eventOf({ time: 5, id: '__proto__', values: { v: 1 } });
    const { state } = foldEvents(
      emptySourceState('a', pipeline),
      batchOf([eventOf({ time: 50 }), late]),
      pipeline,
    );
    expect(state.letters).toEqual([
      {
        reason: 'late',
        at: { shard: SHARD, sequence: '2', index: 0 },
        stream: STREAM_ARN,
        arrivalMs: 1_000,
        event: late,
        maxTime: 50,
        number: 1,
      },
    ]);
  });

  test('remembers its place in every shard of every stream, that of the latest write first', () => {
    const pipeline = pipelineOf({});
    let state = emptySourceState('a', pipeline);
    const batches = ['blue', 'green'].flatMap((stream) =>
      Array.from({ length: 30 }, (_, shard) => ({
        ...batchOf([eventOf({}), eventOf({})], { firstRecord: stream === 'blue' ? 100 : 1 }),
        stream: `arn:aws:kinesis:us-east-1:000000000000:stream/${stream}`,
        shard: (shard % 3 === 0 ? `other-${shard}` : `shardId-${String(shard).padStart(12, '0')}`) as ShardId,
      })),
    );
    for (const batch of batches) {
      const folded = foldEvents(state, batch, pipeline);
      expect(folded.verdicts).toEqual(['applied', 'applied']);
      expect(folded.state.upTo[0]).toMatchObject({ stream: batch.stream, shard: batch.shard });
      state = decodeState('a', encodeState(folded.state), pipeline);
    }
    for (const batch of batches) {
      const again = foldEvents(state, batch, pipeline);
      expect(again).toMatchObject({ verdicts: ['redelivered', 'redelivered'], changed: false });
      state = again.state;
    }
  });

  test('takes the first stream that comes for the one whose shards were kept without its name', () => {
    const pipeline = pipelineOf({});
    const state = emptySourceState('a', pipeline);
    const [other, another] = ['shardId-000000000007', 'shardId-000000000008'] as [ShardId, ShardId];
    for (const shard of [other, another, SHARD])
      state.upTo.push({ stream: undefined, shard, sequence: sequenceOf(5), index: 0, rest: 'none' });
    const batch = batchOf([eventOf({}), eventOf({})], { firstRecord: 5 });
    const sequences = [sequenceOf(5), sequenceOf(6)];
    const folded = foldEvents(state, { ...batch, sequences }, pipeline);
    expect(folded.verdicts).toEqual(['redelivered', 'applied']);
    expect(new Set(folded.state.upTo.map(({ stream }) => stream))).toEqual(new Set([batch.stream]));
    expect(folded.state.upTo.map(({ shard }) => shard)).toEqual([SHARD, other, another]);
  });

  test('lets a clock that leads make nothing late: what counts of its time is no more than the arrival', () => {
    const pipeline = pipelineOf({ sizeMs: 10 });
    const events = [95, 130, 96, 99, 101].map((time) => eventOf({ time }));
    const batch = { ...batchOf(events), arrivalsMs: [96, 97, 98, 100, 120] };
    const { state, verdicts } = foldEvents(emptySourceState('a', pipeline), batch, pipeline);
    expect(verdicts).toEqual(['applied', 'applied', 'applied', 'applied', 'applied']);
    expect(state.maxTime).toBe(101);
    expect(state.closed.map(({ start }) => start)).toEqual([90]);
  });

  test('quarantines a time that cannot be right, and moves nothing of the source by it but its place', () => {
    const pipeline = pipelineOf({ sizeMs: 1_000 });
    const arrivalMs = Date.UTC(2026, 0, 1);
    const before1990 = Date.UTC(1990, 0, 1) - 1;
    const times = [arrivalMs, arrivalMs + 300_001, arrivalMs + 300_000, before1990, before1990 + 1, 0];
    const batch = batchOf(
      times.map((time) => eventOf({ time })),
      { arrivalMs },
    );
    const { state, verdicts } = foldEvents(emptySourceState('a', pipeline), batch, pipeline);
    expect(verdicts).toEqual(['applied', 'quarantined', 'applied', 'quarantined', 'late', 'quarantined']);
    expect(state.maxTime).toBe(arrivalMs);
    expect(state.letters.map(({ reason }) => reason)).toEqual(['clock-skew', 'old-time', 'late', 'old-time']);
    const allowing = { ...pipeline, allowOldTimes: true };
    const again = foldEvents(emptySourceState('a', allowing), batch, allowing);
    expect(again.verdicts).toEqual(['applied', 'quarantined', 'applied', 'late', 'late', 'late']);
    // Before 2000 the stream itself is of another time.
    const long = batchOf([eventOf({ time: 5 })], { arrivalMs: Date.UTC(2000, 0, 1) - 1 });
    expect(foldEvents(emptySourceState('a', pipeline), long, pipeline).verdicts).toEqual(['applied']);
  });

  test('refuses a batch whose columns do not fit together', () => {
    const pipeline = pipelineOf({});
    const batch = { ...batchOf([eventOf({}), eventOf({})]), sequences: ['1' as SequenceNumber] };
    expect(() => foldEvents(emptySourceState('a', pipeline), batch, pipeline)).toThrow(
      'columns of unequal length at event 1 of a',
    );
  });
});

describe('a fold that has much to hand on', () => {
  test('of late events stops in time and goes on, losing none, in items of a size that can be stored', () => {
    const wide = Object.fromEntries(Array.from({ length: 64 }, (_, at) => ['\u5b57'.repeat(62) + at, 0.1]));
    const runner = new StreamRunner(pipelineOf({}));
    const events = Array.from({ length: 1_000 }, (_, at) =>
      eventOf({ time: at === 0 ? 1_000 : 5, id: `\u5b57${at}`, values: at % 3 === 0 ? wide : { v: at } }),
    );
    runner.deliver(entriesOf(events));
    expect(runner.letters.map(({ event }) => event)).toEqual(events.slice(1));
    expect(runner.state('a').counts).toEqual({
      received: 1_000,
      applied: 1,
      duplicate: 0,
      late: 999,
      quarantined: 0,
    });
    expectStorable(runner);
    expect(runner.changes.length).toBeGreaterThan(10);
    expect(runner.changes.length).toBeLessThan((12_000_000 / MAX_OUTGOING_BYTES) * 2);
  });

  test('of closed windows does the same, by event time', () => {
    const runner = new StreamRunner(pipelineOf({ sizeMs: 1 }));
    const events = Array.from({ length: 10_000 }, (_, at) =>
      eventOf({ time: at, values: { v: at / 3, w: -at } }),
    );
    runner.deliver(entriesOf(events));
    runner.closeAll();
    expect(runner.closed.map(({ window }) => window.start)).toEqual(events.map(({ time }) => time));
    expectStorable(runner);
    expect(runner.changes.length).toBeGreaterThan(10);
  });

  test('of windows that one event or silence closes together does so too', () => {
    const pipeline = pipelineOf({ sizeMs: 1_000, allowedLatenessMs: 3_600_000, idleTimeoutMs: 1_000 });
    for (const end of ['silence', 'event'] as const) {
      const runner = new StreamRunner(pipeline);
      const half = Array.from({ length: 2_000 }, (_, at) =>
        eventOf({ time: at * 1_000, values: { v: at / 3 } }),
      );
      runner.deliver(entriesOf(half));
      expect(runner.closed).toEqual([]);
      if (end === 'silence') runner.closeBySilence(1e12);
      else runner.deliver(entriesOf([eventOf({ time: 1e12 })], { firstRecord: 10_000 }));
      expect(runner.closed.map(({ window }) => window.start)).toEqual(half.map(({ time }) => time));
      expectStorable(runner);
    }
  });

  test('of windows a changed pipeline has dropped goes on in another write, in items that can be stored', () => {
    const seconds = { window: { kind: 'tumbling', sizeMs: 1_000 }, allowedLatenessMs: 3_600_000 } as const;
    const runner = new StreamRunner(pipelineOf({ name: 'before', ...seconds }));
    const times = Array.from({ length: 2_000 }, (_, at) => at * 1_000);
    const events = times.map((time) => eventOf({ time, values: { v: time / 3 } }));
    runner.deliver(entriesOf(events));
    runner.changePipeline(pipelineOf({ name: 'after', ...seconds }));
    const writes = runner.changes.length;
    runner.deliver(entriesOf(events, { firstRecord: 10_000 }));
    expect(runner.closed.map(({ window }) => window.start)).toEqual(times);
    expect(runner.changes.length, 'the first write takes one event').toBe(writes + 2);
    expect(runner.state('a')).toMatchObject({ windowCount: 2_000 });
    expectStorable(runner);
  });
});

function entriesOf(events: readonly ReturnType<typeof eventOf>[], { firstRecord = 1 } = {}) {
  return events.map((event, at) => ({
    event,
    at: { shard: SHARD, sequence: sequenceOf(firstRecord + at), index: 0 },
    arrivalMs: Math.max(1_000, event.time),
  }));
}

function expectStorable(runner: StreamRunner): void {
  const sizes = runner.changes.map(({ after }) => Buffer.byteLength(after));
  expect(Math.max(...sizes)).toBeLessThan(MAX_ITEM_BYTES);
}
