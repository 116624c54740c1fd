// Section 3 of the event source mapping's rules, and batching: the event, its limits, when it goes.
import { describe, expect, test } from 'vitest';
import type { InvokeOutcome } from '../../src/event-source/ports.ts';
import { MappingHarness, numbered, success, thrown } from '../support/mapping-harness.ts';

const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

describe.each(['kinesis', 'dynamodb'] as const)('%s', (kind) => {
  test('section 1: a batch has at most BatchSize records', async () => {
    const harness = new MappingHarness({ kind, properties: { BatchSize: 7 } });
    harness.putAll(numbered('r', 20));
    await harness.runToEnd();
    expect(harness.batches.map((texts) => texts.length)).toEqual([7, 7, 6]);
  });

  test('section 1: a batch larger than one read is gathered from several', async () => {
    const harness = new MappingHarness({ kind, properties: { BatchSize: 10_000 } });
    harness.putAll(numbered('r', 2_500));
    await harness.runToEnd();
    expect(harness.batches.map((texts) => texts.length)).toEqual([2_500]);
  });

  test('section 1: a batching window gathers until it elapses, and the next begins after the invocation', async () => {
    const harness = new MappingHarness({ kind, properties: { MaximumBatchingWindowInSeconds: 10 } });
    const startMs = harness.clock.nowMs();
    harness.handler = async () => {
      await harness.clock.sleep(3_000);
      return success;
    };
    const mapping = harness.start();
    for (let second = 0; second < 30; second += 1) {
      harness.put(`s${second}`);
      await harness.clock.advance(1_000);
    }
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    // windows: 0 to 10, then from 13 to 23; the third, from 26, had not elapsed
    expect(harness.invocations.map(({ atMs }) => (atMs - startMs) / 1_000)).toEqual([10, 23]);
  });

  test('section 1: a full batch does not wait for its window', async () => {
    const harness = new MappingHarness({
      kind,
      properties: { BatchSize: 5, MaximumBatchingWindowInSeconds: 300 },
    });
    const startMs = harness.clock.nowMs();
    harness.putAll(numbered('r', 5));
    await harness.runToEnd();
    expect(harness.invocations.map(({ atMs }) => atMs)).toEqual([startMs]);
  });

  test('section 1: a closed shard does not wait for the window', async () => {
    const harness = new MappingHarness({ kind, properties: { MaximumBatchingWindowInSeconds: 300 } });
    const startMs = harness.clock.nowMs();
    harness.stream.close(harness.put('last').shard);
    await harness.runToEnd();
    expect(harness.invocations.map(({ atMs }) => atMs)).toEqual([startMs]);
  });

  test('rule 10: the event is cut before 6 MB of JSON', async () => {
    const harness = new MappingHarness({ kind, properties: { MaximumBatchingWindowInSeconds: 300 } });
    const big = 'x'.repeat(1_000_000);
    harness.putAll(Array.from({ length: 9 }, () => big));
    await harness.runToEnd();
    const sizes = harness.eventsOf('invoked').map(({ payloadBytes }) => payloadBytes);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES);
    const lengths = harness.batches.map((texts) => texts.length);
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(9);
    // base64 makes 5.3 MB of 4; text stays as it is
    expect(lengths).toEqual(kind === 'kinesis' ? [4, 4, 1] : [6, 3]);
    for (const { event, texts } of harness.invocations) {
      expect(harness.eventsOf('invoked').map(({ payloadBytes }) => payloadBytes)).toContain(
        Buffer.byteLength(JSON.stringify(event)),
      );
      expect(texts[0]).toBe(big);
    }
  });

  test('rule 10: a record no event can hold goes to the destination uninvoked, and its neighbours are delivered', async () => {
    const harness = new MappingHarness({ kind });
    harness.put('before');
    const { sequence } = harness.put('x'.repeat(6_500_000));
    harness.put('after');
    await harness.runToEnd();
    expect(harness.batches).toEqual([['before'], ['after']]);
    expect(harness.discarded).toMatchObject([
      { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 1, records: [{ sequence }] },
    ]);
  });

  test('rule 13: a batch whose invocation was abandoned comes again, and later records stay behind it', async () => {
    const harness = new MappingHarness({ kind, properties: { BatchSize: 2 } });
    harness.putAll(numbered('r', 4));
    const never = Promise.withResolvers<InvokeOutcome>();
    harness.handler = (_, index) => (index === 1 ? never.promise : success);
    const mapping = harness.start();
    await harness.clock.advance(1_000);
    await harness.clock.run(mapping.stop({ invocation: 'abandon' }));
    await harness.runToEnd();
    never.resolve(success);
    await harness.clock.settle();
    expect(harness.batches).toEqual([
      ['r1', 'r2'],
      ['r3', 'r4'],
      ['r3', 'r4'],
    ]);
  });

  test('rule 13: first deliveries are in order however often batches fail', async () => {
    const harness = new MappingHarness({
      kind,
      properties: { BatchSize: 3, BisectBatchOnFunctionError: true, MaximumRetryAttempts: 1 },
      handler: (_, index) => (index % 3 === 1 ? thrown : success),
    });
    harness.putAll(numbered('r', 30));
    await harness.runToEnd();
    const first = [...new Set(harness.batches.flat())];
    expect(first).toEqual(numbered('r', 30));
  });
});

test('rule 11: the shape of a Kinesis record', async () => {
  const harness = new MappingHarness();
  const { sequence, shard, arrivalMs } = harness.put('héllo', 'device 1');
  await harness.runToEnd();
  expect(harness.invocations[0]?.event).toEqual({
    Records: [
      {
        eventID: `${shard}:${sequence}`,
        eventName: 'aws:kinesis:record',
        eventVersion: '1.0',
        eventSource: 'aws:kinesis',
        eventSourceARN: harness.stream.arn,
        awsRegion: 'us-east-1',
        invokeIdentityArn: 'arn:aws:iam::000000000000:role/event-source-mapping',
        kinesis: {
          kinesisSchemaVersion: '1.0',
          partitionKey: 'device 1',
          sequenceNumber: sequence,
          data: Buffer.from('héllo').toString('base64'),
          approximateArrivalTimestamp: arrivalMs / 1_000,
        },
      },
    ],
  });
});
