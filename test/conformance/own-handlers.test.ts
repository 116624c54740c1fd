// A handler of one's own in the test driver: what becomes of what is given up, of answers too large, of recorded records.
import { describe, expect, test } from 'vitest';
import type { SequenceNumber, ShardId } from '../../src/event-source/brands.ts';
import { kinesisEventRecord } from '../../src/event-source/kinesis-record.ts';
import { createMappingTest } from '../../src/event-source/test-driver.ts';

const FAILING = {
  handler: () => {
    throw new Error('bad');
  },
};
const OnFailure = { Destination: 'arn:aws:sqs:eu-west-1:123456789012:failed' };

describe('rules 45 and 48: what is given up', () => {
  test.each([
    [
      'is dropped where the properties name no destination',
      {},
      { DroppedEventCount: 1, OnFailureDestinationDeliveredEventCount: 0 },
    ],
    [
      'is delivered where they name one',
      { DestinationConfig: { OnFailure } },
      { DroppedEventCount: 0, OnFailureDestinationDeliveredEventCount: 1 },
    ],
  ])('%s', async (_, destination, counts) => {
    const mapping = createMappingTest({
      ...FAILING,
      properties: { MaximumRetryAttempts: 1, ...destination },
    });
    mapping.put({ key: 'a', data: '1' });
    await mapping.caughtUp();
    expect(mapping.metrics()).toMatchObject(counts);
    expect(mapping.discarded).toMatchObject([{ condition: 'RetryAttemptsExhausted' }]);
    await mapping.stop();
  });
});

test('an answer of more than 6 MB is a function error', async () => {
  const answers = [6 * 1024 * 1024 + 98, 6 * 1024 * 1024 + 99].map((length) => 'x'.repeat(length));
  const mapping = createMappingTest({
    handler: () => answers.pop(),
    properties: { MaximumRetryAttempts: 1 },
  });
  mapping.put({ key: 'a', data: '1' });
  await mapping.caughtUp();
  const invoked = mapping.events.filter(({ kind }) => kind === 'invoked');
  expect(invoked).toMatchObject([
    {
      result: 'failed',
      message: expect.stringMatching(/^Function\.ResponseSizeTooLarge: .*exceeded maximum/),
    },
    { result: 'success' },
  ]);
  await mapping.stop();
});

describe('recorded records', () => {
  const T0 = Date.UTC(2023, 4, 5);
  const recorded = (number: number, arrivalMs: number) =>
    kinesisEventRecord(
      {
        // digits and a name, as the brands ask for
        shard: 'shardId-000000000007' as ShardId,
        sequence: String(number) as SequenceNumber,
        arrivalMs,
        partitionKey: 'a',
        data: Buffer.from(`{"n":${number}}`),
      },
      'arn:aws:kinesis:eu-west-1:123456789012:stream/recorded',
    );

  test('keep shard, sequence number and arrival, and time passes with them', async () => {
    const mapping = createMappingTest({ handler: () => undefined, startMs: T0 });
    const records = [recorded(3, T0), recorded(8, T0 + 90_500), recorded(9, T0 + 90_500)];
    await mapping.putRecorded(...records);
    expect(mapping.clock.nowMs()).toBe(T0 + 90_500);
    await mapping.caughtUp();
    expect(mapping.invocations.flatMap(({ event }) => event.Records)).toEqual(records);
    await mapping.stop();
  });

  test('are too old for a mapping by their own time', async () => {
    const properties = { MaximumRecordAgeInSeconds: 60, MaximumRetryAttempts: 1 };
    const mapping = createMappingTest({ handler: () => undefined, startMs: T0, properties });
    await mapping.putRecorded(recorded(3, T0), recorded(8, T0 + 90_500));
    await mapping.caughtUp();
    expect(mapping.discarded).toMatchObject([{ condition: 'RecordAgeExceeded' }]);
    expect(mapping.invocations).toHaveLength(1);
    await mapping.stop();
  });

  test('that arrived before the clock’s time are refused', async () => {
    const mapping = createMappingTest({ handler: () => undefined, startMs: T0 + 1 });
    await expect(mapping.putRecorded(recorded(3, T0))).rejects.toThrow(
      'record 3 arrived at 2023-05-05T00:00:00.000Z, expected no earlier than the clock',
    );
  });

  test('are followed by what is put', async () => {
    const mapping = createMappingTest({ handler: () => undefined, startMs: T0, shards: 1 });
    await mapping.putRecorded(recorded(3, T0));
    mapping.put({ key: 'a', data: '4' });
    await mapping.caughtUp();
    expect(mapping.invocations.flatMap(({ event }) => event.Records)).toHaveLength(2);
    await mapping.stop();
  });
});
