// Section 8 of the event source mapping's rules: what a failure destination gets.
import { describe, expect, test } from 'vitest';
import {
  createS3Destination,
  createSnsDestination,
  createSqsDestination,
  type DestinationDeps,
} from '../../src/event-source/failure-destinations.ts';
import {
  failedItems,
  type HarnessOptions,
  MappingHarness,
  numbered,
  returned,
  success,
  thrown,
} from '../support/mapping-harness.ts';

const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:f';
const MAPPING_UUID = '4b1f5a2e-0000-4000-8000-000000000000';
const CREATED_S = 1_767_225_600;

/** Objects in S3 and messages, of a mapping with all three destinations at once. */
class Destinations {
  readonly objects = new Map<string, unknown>();
  readonly sqs: unknown[] = [];
  readonly sns: unknown[] = [];
  readonly harness: MappingHarness;

  constructor(options: HarnessOptions) {
    let uuids = 0;
    const stream = { kind: options.kind ?? 'kinesis', arn: 'arn:of:the:stream' } as const;
    const deps: DestinationDeps = {
      functionArn: FUNCTION_ARN,
      stream,
      clock: { nowMs: () => this.harness.clock.nowMs() },
      newUuid: () => {
        uuids += 1;
        return `uuid-${uuids}`;
      },
    };
    const store = {
      putObject: async (key: string, body: string) => void this.objects.set(key, JSON.parse(body)),
    };
    const all = [
      createS3Destination({ ...deps, store, mappingUuid: MAPPING_UUID }),
      createSqsDestination({
        ...deps,
        queue: { send: async (body) => void this.sqs.push(JSON.parse(body)) },
      }),
      createSnsDestination({
        ...deps,
        topic: { send: async (body) => void this.sns.push(JSON.parse(body)) },
      }),
    ];
    this.harness = new MappingHarness({
      ...options,
      deps: {
        destination: {
          async deliver(batch) {
            for (const destination of all) await destination.deliver(batch);
          },
        },
        ...options.deps,
      },
    });
  }
}

describe.each(['kinesis', 'dynamodb'] as const)('%s', (kind) => {
  const infoKey = kind === 'kinesis' ? 'KinesisBatchInfo' : 'DDBStreamBatchInfo';
  const time = (fraction: string) => `2026-01-01T00:00:00${kind === 'kinesis' ? fraction : ''}Z`;

  test('rules 41 and 42: SQS and SNS get where the records are and why they were given up, and not the records', async () => {
    const { harness, sqs, sns } = new Destinations({
      kind,
      properties: { MaximumRetryAttempts: 1 },
      handler: () => thrown,
    });
    await harness.clock.advance(123);
    const first = harness.put('a');
    await harness.clock.advance(400);
    const last = harness.put('b');
    await harness.runToEnd();
    const expected = (requestId: string) => ({
      requestContext: {
        requestId,
        functionArn: FUNCTION_ARN,
        condition: 'RetryAttemptsExhausted',
        approximateInvokeCount: 2,
      },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      version: '1.0',
      timestamp: '2026-01-01T00:00:01.523Z',
      [infoKey]: {
        shardId: first.shard,
        startSequenceNumber: first.sequence,
        endSequenceNumber: last.sequence,
        approximateArrivalOfFirstRecord: time('.123'),
        approximateArrivalOfLastRecord: time('.523'),
        batchSize: 2,
        streamArn: 'arn:of:the:stream',
      },
    });
    expect(sqs).toEqual([expected('uuid-3')]);
    expect(sns).toEqual([expected('uuid-4')]);
  });

  test('rule 43, v5: S3 gets the whole event too, under a key of mapping, shard and time', async () => {
    const { harness, objects, sqs } = new Destinations({
      kind,
      properties: { MaximumRetryAttempts: 0 },
      handler: () => thrown,
    });
    harness.putAll(['a', 'b']);
    await harness.runToEnd();
    expect(objects.size).toBe(1);
    const [[key, document] = ['', undefined]] = objects;
    expect(key).toMatch(
      new RegExp(
        `^aws/lambda/${MAPPING_UUID}/shardId-000000000000/2026/01/01/2026-01-01T00\\.00\\.00-uuid-\\d+$`,
      ),
    );
    const message = sqs[0];
    expect(document).toEqual({
      ...(typeof message === 'object' ? message : {}),
      requestContext: expect.objectContaining({ condition: 'RetryAttemptsExhausted' }),
      payload: harness.invocations[0]?.event,
    });
  });

  test('rule 42, v3 and v4: a record over age has no response context', async () => {
    const { harness, sqs } = new Destinations({ kind, properties: { MaximumRecordAgeInSeconds: 60 } });
    const old = harness.put('old');
    await harness.clock.advance(61_000);
    harness.putAll(numbered('fresh', 5));
    await harness.runToEnd();
    expect(sqs).toMatchObject([
      {
        requestContext: { condition: 'RecordAgeExceeded', approximateInvokeCount: 1 },
        [infoKey]: { startSequenceNumber: old.sequence, endSequenceNumber: old.sequence, batchSize: 1 },
      },
    ]);
    expect(sqs[0]).not.toHaveProperty('responseContext');
    expect(harness.batches).toEqual([numbered('fresh', 5)]);
  });

  test('rule 27, v1: after partial responses the function error is null', async () => {
    const { harness, sqs } = new Destinations({
      kind,
      properties: {
        BatchSize: 3,
        MaximumRetryAttempts: 3,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      },
      handler: ({ sequences, texts }) =>
        texts.includes('r6') ? failedItems(sequences[texts.indexOf('r6')]) : success,
    });
    harness.putAll(numbered('r', 6));
    await harness.runToEnd();
    expect(sqs).toMatchObject([
      {
        requestContext: { approximateInvokeCount: 4 },
        responseContext: { functionError: null, statusCode: 200 },
        [infoKey]: { batchSize: 1 },
      },
    ]);
  });

  test('rule 45: without a destination records are discarded, and the shard goes on', async () => {
    const harness = new MappingHarness({
      kind,
      properties: { MaximumRetryAttempts: 0, BatchSize: 1 },
      handler: ({ texts }) => (texts.includes('poison') ? thrown : success),
      deps: { destination: undefined },
    });
    harness.putAll(['poison', 'next']);
    await harness.runToEnd();
    expect(harness.batches).toEqual([['poison'], ['next']]);
    expect(harness.eventsOf('discarded')).toMatchObject([{ destination: 'none' }]);
  });

  test('rule 46: from what SQS has of it a discarded batch is read again, to the record', async () => {
    const { harness, sqs } = new Destinations({
      kind,
      properties: { MaximumRetryAttempts: 0, BatchSize: 2 },
      handler: ({ texts }) => (texts.includes('r3') ? thrown : success),
    });
    harness.putAll(numbered('r', 6));
    await harness.runToEnd();
    const info = Reflect.get(Object(sqs[0]), infoKey);
    const opened = await harness.stream.openIterator(info.shardId, { at: 'trim-horizon' });
    const answer = await harness.stream.read(
      info.shardId,
      opened.kind === 'open' ? opened.iterator : '',
      100,
    );
    const records = answer.kind === 'records' ? answer.records : [];
    const from = records.findIndex(({ sequence }) => sequence === info.startSequenceNumber);
    const lost = records.slice(from, from + info.batchSize);
    expect(lost.at(-1)?.sequence).toBe(info.endSequenceNumber);
    expect(lost.map(({ record }) => record)).toEqual(harness.invocations[1]?.event.Records);
    expect(harness.batches[1]).toEqual(['r3', 'r4']);
  });

  test('rule 32 with 43: of a window that could not be closed S3 gets the state', async () => {
    const { harness, objects } = new Destinations({
      kind,
      properties: { TumblingWindowInSeconds: 60, MaximumRetryAttempts: 0 },
      handler: ({ texts }) => (texts.length === 0 ? thrown : returned({ state: { n: texts.length } })),
    });
    const [first, last] = harness.putAll(['a', 'b']);
    const mapping = harness.start();
    await harness.clock.advance(61_000);
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    expect([...objects.values()]).toMatchObject([
      {
        payload: {
          Records: [],
          state: { n: 2 },
          window: { start: '2026-01-01T00:00:00Z', end: '2026-01-01T00:01:00Z' },
          isFinalInvokeForWindow: true,
        },
        [infoKey]: { startSequenceNumber: first?.sequence, endSequenceNumber: last?.sequence, batchSize: 0 },
      },
    ]);
  });
});

test('rule 44: a message over 256 KB is not sent to SNS', async () => {
  const sent: string[] = [];
  const destination = createSnsDestination({
    functionArn: `${FUNCTION_ARN}${'x'.repeat(256 * 1024)}`,
    stream: { kind: 'kinesis', arn: 'arn' },
    clock: { nowMs: () => CREATED_S * 1_000 },
    newUuid: () => 'uuid',
    topic: { send: async (body) => void sent.push(body) },
  });
  const harness = new MappingHarness({
    properties: { MaximumRetryAttempts: 0 },
    handler: () => thrown,
    deps: { destination },
  });
  harness.put('a');
  await harness.runToEnd();
  expect(sent).toEqual([]);
  expect(harness.eventsOf('discarded')).toMatchObject([{ destination: 'refused' }]);
  expect(harness.eventsOf('unavailable').at(-1)?.reason).toContain('expected at most 262144');
});
