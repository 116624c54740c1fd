// Section 6 of the event source mapping's rules: tumbling windows with a state.
import { describe, expect, test } from 'vitest';
import type { InvokeOutcome, WindowFields } from '../../src/event-source/ports.ts';
import { shardId } from '../../src/event-source/stream-ids.ts';
import {
  type Invocation,
  MappingHarness,
  numbered,
  returned,
  success,
  thrown,
} from '../support/mapping-harness.ts';

const WINDOWS = { TumblingWindowInSeconds: 60 };
const MINUTE_MS = 60_000;

/** Counts the records of a window. */
const count = ({ event, texts }: Invocation): InvokeOutcome =>
  returned({ state: { n: countOf(event) + texts.length } });
const countOf = (event: Partial<WindowFields>) => Number(event.state?.['n'] ?? 0);
const finals = (harness: MappingHarness) =>
  harness.invocations.filter(({ event }) => event.isFinalInvokeForWindow === true);

describe.each(['kinesis', 'dynamodb'] as const)('%s', (kind) => {
  test('rule 29: a window holds what arrived in it, aligned to the epoch, whenever it is read', async () => {
    const harness = new MappingHarness({ kind, properties: { ...WINDOWS, BatchSize: 10 }, handler: count });
    await harness.clock.advance(30_000);
    harness.putAll(['a', 'b']);
    await harness.clock.advance(29_999);
    harness.put('c');
    await harness.clock.advance(1);
    harness.put('d');
    await harness.clock.advance(10 * MINUTE_MS);
    await harness.runToEnd();
    expect(
      harness.invocations.map(({ event, texts }) => [texts.join(''), event.window?.start, countOf(event)]),
    ).toEqual([
      ['abc', '2026-01-01T00:00:00Z', 0],
      ['', '2026-01-01T00:00:00Z', 3],
      ['d', '2026-01-01T00:01:00Z', 0],
      ['', '2026-01-01T00:01:00Z', 1],
    ]);
  });

  test('rules 30 and 32: the fields of the event, and of the final one', async () => {
    const harness = new MappingHarness({ kind, properties: WINDOWS, handler: count });
    const { shard } = harness.put('a');
    const mapping = harness.start();
    await harness.clock.advance(MINUTE_MS + 1_000);
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    const fields = {
      window: { start: '2026-01-01T00:00:00Z', end: '2026-01-01T00:01:00Z' },
      shardId: shard,
      eventSourceARN: harness.stream.arn,
      isWindowTerminatedEarly: false,
    };
    const [first, final] = harness.invocations;
    expect(first?.event).toEqual({
      Records: [expect.anything()],
      ...fields,
      state: {},
      isFinalInvokeForWindow: false,
    });
    expect(final?.event).toEqual({ Records: [], ...fields, state: { n: 1 }, isFinalInvokeForWindow: true });
    expect(harness.invocations).toHaveLength(2);
    expect(harness.eventsOf('invoked').map(({ payloadBytes }) => payloadBytes)).toEqual(
      harness.invocations.map(({ event }) => Buffer.byteLength(JSON.stringify(event))),
    );
  });

  test('rule 31: the state goes from batch to batch, and each shard has its own', async () => {
    const harness = new MappingHarness({
      kind,
      shards: 2,
      properties: { ...WINDOWS, BatchSize: 2 },
      handler: count,
    });
    const shards = new Map<string, number>();
    for (const key of numbered('k', 20)) {
      const { shard } = harness.put(key, key);
      shards.set(shard, (shards.get(shard) ?? 0) + 1);
    }
    const mapping = harness.start();
    await harness.clock.advance(MINUTE_MS + 1_000);
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    expect(new Map(finals(harness).map(({ event }) => [event.shardId, countOf(event)]))).toEqual(shards);
  });

  test.each([undefined, null, {}, { state: null }, { state: 'text' }, { state: [1] }, 'text'])(
    'rule 31: %j instead of a state is a failed invocation',
    async (response) => {
      const harness = new MappingHarness({
        kind,
        properties: { ...WINDOWS, MaximumRetryAttempts: 1 },
        handler: () => (response === undefined ? { kind: 'returned', payload: '' } : returned(response)),
      });
      harness.put('a');
      await harness.runToEnd();
      expect(harness.batches).toEqual([['a'], ['a']]);
      expect(harness.discarded).toMatchObject([{ functionError: null, approximateInvokeCount: 2 }]);
    },
  );

  test('rule 31: with a partial response the state covers what came before the failed record', async () => {
    const harness = new MappingHarness({
      kind,
      properties: { ...WINDOWS, FunctionResponseTypes: ['ReportBatchItemFailures'] },
      handler: ({ sequences, texts, event }, index) =>
        index === 0
          ? returned({ state: { n: 1 }, batchItemFailures: [{ itemIdentifier: sequences[1] }] })
          : returned({ state: { n: countOf(event) + texts.length } }),
    });
    harness.putAll(['a', 'b', 'c']);
    const mapping = harness.start();
    await harness.clock.advance(MINUTE_MS + 1_000);
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    expect(harness.batches).toEqual([['a', 'b', 'c'], ['b', 'c'], []]);
    expect(finals(harness).map(({ event }) => countOf(event))).toEqual([3]);
  });

  test('rule 31: the state of a response that handled nothing is not taken', async () => {
    const harness = new MappingHarness({
      kind,
      properties: { ...WINDOWS, FunctionResponseTypes: ['ReportBatchItemFailures'] },
      handler: (invocation, index) =>
        index === 1
          ? returned({ state: { n: 99 }, batchItemFailures: [{ itemIdentifier: invocation.sequences[0] }] })
          : count(invocation),
    });
    const mapping = harness.start();
    harness.put('a');
    await harness.clock.advance(1_000);
    harness.put('b');
    await harness.clock.advance(10_000);
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    expect(harness.invocations.map(({ texts, event }) => [texts.join(''), countOf(event)])).toEqual([
      ['a', 0],
      ['b', 1],
      ['b', 1],
    ]);
  });

  test('rule 31: a failed batch is retried, and bisected, with the state it had', async () => {
    const harness = new MappingHarness({
      kind,
      properties: { ...WINDOWS, BisectBatchOnFunctionError: true },
      handler: (invocation, index) => (index === 1 ? thrown : count(invocation)),
    });
    const mapping = harness.start();
    harness.put('a');
    await harness.clock.advance(1_000);
    harness.putAll(['b', 'c']);
    await harness.clock.advance(MINUTE_MS + 1_000);
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    expect(harness.invocations.map(({ texts, event }) => [texts.join(''), countOf(event)])).toEqual([
      ['a', 0],
      ['bc', 1],
      ['b', 1],
      ['c', 2],
      ['', 3],
    ]);
  });

  test('rule 6 with 31: an open window outlives a restart, and is closed late rather than never', async () => {
    const harness = new MappingHarness({ kind, properties: WINDOWS, handler: count });
    harness.putAll(['a', 'b']);
    await harness.runToEnd();
    expect(finals(harness)).toEqual([]);
    harness.put('c');
    await harness.clock.advance(10 * MINUTE_MS);
    await harness.runToEnd();
    expect(finals(harness).map(({ event }) => [event.window?.start, countOf(event)])).toEqual([
      ['2026-01-01T00:00:00Z', 3],
    ]);
  });

  test('rule 32: nothing of the shard goes on until the final invocation has succeeded', async () => {
    const harness = new MappingHarness({
      kind,
      properties: WINDOWS,
      handler: (invocation, index) => (index > 0 && index < 5 ? thrown : count(invocation)),
    });
    harness.put('a');
    await harness.clock.advance(MINUTE_MS);
    harness.put('b');
    await harness.runToEnd();
    expect(harness.batches).toEqual([['a'], [], [], [], [], [], ['b']]);
    expect(new Set(harness.invocations.slice(1, 6).map(({ event }) => JSON.stringify(event)))).toHaveProperty(
      'size',
      1,
    );
  });

  test('rule 32: a final invocation that used up its retries is discarded with its state', async () => {
    const harness = new MappingHarness({
      kind,
      properties: { ...WINDOWS, MaximumRetryAttempts: 2 },
      handler: (invocation) => (invocation.texts.length === 0 ? thrown : count(invocation)),
    });
    const marks = harness.putAll(['a', 'b']).map(({ sequence, arrivalMs }) => ({ sequence, arrivalMs }));
    await harness.clock.advance(MINUTE_MS);
    harness.put('c');
    await harness.runToEnd();
    expect(harness.batches).toEqual([['a', 'b'], [], [], [], ['c']]);
    expect(harness.discarded).toMatchObject([
      {
        condition: 'RetryAttemptsExhausted',
        approximateInvokeCount: 3,
        functionError: 'Unhandled',
        records: [],
        window: { state: { n: 2 }, isFinalInvokeForWindow: true },
        aggregated: { first: marks[0], last: marks[1] },
      },
    ]);
  });

  test('rule 32: a final invocation goes when the window’s last record is over age', async () => {
    const harness = new MappingHarness({
      kind,
      properties: { ...WINDOWS, MaximumRecordAgeInSeconds: 120 },
      handler: (invocation) => (invocation.texts.length === 0 ? thrown : count(invocation)),
    });
    harness.put('a');
    const mapping = harness.start();
    await harness.clock.advance(5 * MINUTE_MS);
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    expect(harness.discarded).toMatchObject([{ condition: 'RecordAgeExceeded', records: [] }]);
    expect(harness.discarded[0]).not.toHaveProperty('functionError');
  });

  test('rule 33: a state over 1 MB ends the window early, and the same window goes on with a new state', async () => {
    const large = 'x'.repeat(1_100_000);
    const harness = new MappingHarness({
      kind,
      properties: { ...WINDOWS, BatchSize: 1 },
      handler: (invocation) =>
        invocation.texts.includes('b') ? returned({ state: { n: 2, large } }) : count(invocation),
    });
    harness.putAll(['a', 'b', 'c']);
    const mapping = harness.start();
    await harness.clock.advance(MINUTE_MS + 1_000);
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    expect(
      harness.invocations.map(({ texts, event }) => [
        texts.join(''),
        event.window?.start,
        countOf(event),
        event.isFinalInvokeForWindow,
        event.isWindowTerminatedEarly,
      ]),
    ).toEqual([
      ['a', '2026-01-01T00:00:00Z', 0, false, false],
      ['b', '2026-01-01T00:00:00Z', 1, false, false],
      ['', '2026-01-01T00:00:00Z', 2, true, true],
      ['c', '2026-01-01T00:00:00Z', 0, false, false],
      ['', '2026-01-01T00:00:00Z', 1, true, false],
    ]);
  });

  test('rule 34: the end of a shard closes its window, and its children begin anew', async () => {
    const harness = new MappingHarness({ kind, properties: WINDOWS, handler: count });
    const { shard } = harness.put('parent');
    const children = harness.stream.split(shard);
    harness.put('child');
    const mapping = harness.start();
    await harness.clock.advance(1_000);
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    expect(harness.invocations.map(({ texts, event }) => [texts.join(''), countOf(event)])).toEqual([
      ['parent', 0],
      ['', 1],
      ['child', 0],
    ]);
    expect(children).toContain(harness.invocations[2]?.event.shardId);
  });

  test('rule 9 with 29: a record behind a window that is closed goes to the one that is open', async () => {
    const source = new MappingHarness({ kind });
    const [early, second, late] = source.putAll(['early', 'second', 'late']);
    await source.runToEnd();
    const records = source.invocations.flatMap(({ event }) => event.Records);
    const harness = new MappingHarness({ kind, shards: 0, properties: WINDOWS, handler: count });
    const shard = shardId('recorded');
    harness.stream.addShard(shard);
    const startMs = harness.clock.nowMs();
    for (const [index, arrivalMs] of [startMs, startMs + 61_000, startMs + 30_000].entries()) {
      const record = records[index];
      const sequence = [early, second, late][index]?.sequence;
      if (record !== undefined && sequence !== undefined)
        harness.stream.append(shard, { sequence, arrivalMs, record });
    }
    await harness.clock.advance(3 * MINUTE_MS);
    await harness.runToEnd();
    expect(harness.invocations.map(({ event, texts }) => [texts.join(), event.window?.start])).toEqual([
      ['early', '2026-01-01T00:00:00Z'],
      ['', '2026-01-01T00:00:00Z'],
      ['second,late', '2026-01-01T00:01:00Z'],
      ['', '2026-01-01T00:01:00Z'],
    ]);
  });

  test('section 1 with 32: what waits in a batching window goes when its tumbling window is over', async () => {
    const harness = new MappingHarness({
      kind,
      properties: { ...WINDOWS, MaximumBatchingWindowInSeconds: 300 },
      handler: count,
    });
    const startMs = harness.clock.nowMs();
    harness.put('a');
    const mapping = harness.start();
    await harness.clock.advance(MINUTE_MS + 1_000);
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    expect(harness.batches).toEqual([['a'], []]);
    expect(harness.invocations.map(({ atMs }) => atMs - startMs)).toEqual([MINUTE_MS, MINUTE_MS]);
  });
});

test('rule 32: whether a final answer must hold a state is a switch', async () => {
  const harness = new MappingHarness({
    properties: WINDOWS,
    handler: (invocation) => (invocation.texts.length === 0 ? success : count(invocation)),
    deps: { answers: { finalStateRequired: false } },
  });
  harness.put('a');
  const mapping = harness.start();
  await harness.clock.advance(MINUTE_MS + 1_000);
  await harness.clock.run(mapping.stop({ invocation: 'finish' }));
  expect(harness.batches).toEqual([['a'], []]);
});
