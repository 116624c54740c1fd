// Every kind of client that the project makes, against a server that accepts and never answers, or stops in the middle.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBStreamsClient, ListStreamsCommand } from '@aws-sdk/client-dynamodb-streams';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterEach, describe, expect, test } from 'vitest';
import { createKinesisSink } from '../../../producers/client/kinesis-sink.ts';
import { createTelemetryClient } from '../../../producers/client/telemetry-client.ts';
import { createApiGatewayPoster } from '../../../src/platform/api-gateway-poster.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { createDynamoDbClient } from '../../../src/platform/dynamodb-client.ts';
import { createEventBridgeBus } from '../../../src/platform/event-bus.ts';
import { projectFolder } from '../../../src/platform/project-folder.ts';
import { createSecrets, createSecretsClient } from '../../../src/platform/secrets.ts';
import { handlerOf } from '../../../src/platform/time-limits.ts';
import { DynamoTable } from '../../../src/stores/dynamo-table.ts';
import { text } from '../../../src/stores/table.ts';
import { type SilentServer, startSilentServer } from '../../support/silent-server.ts';

const LIMITS = { connectMs: 1_000, answerMs: 40 };
const SIGNER = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
const RECORDS = [{ partitionKey: 'a', data: new Uint8Array([1]) }];

const CALLS: Readonly<Record<string, (endpoint: string) => Promise<unknown>>> = {
  DynamoDB: (endpoint) =>
    new DynamoTable(createDynamoDbClient({ ...SIGNER, endpoint, maxAttempts: 1 }, LIMITS), 'sources').getMany(
      [{ source: text('a') }],
    ),
  'Secrets Manager': (endpoint) =>
    createSecrets(createSecretsClient({ ...SIGNER, endpoint, maxAttempts: 1 }, LIMITS)).read('keys'),
  EventBridge: (endpoint) =>
    createEventBridgeBus('alerts', { ...SIGNER, endpoint, maxAttempts: 1 }, LIMITS).put([
      { source: 'a', detailType: 'b', detail: '{}' },
    ]),
  Kinesis: (endpoint) =>
    createKinesisSink(
      new KinesisClient({
        ...SIGNER,
        endpoint,
        maxAttempts: 1,
        requestHandler: new NodeHttpHandler(handlerOf(LIMITS)),
      }),
    ).putRecords({ streamName: 's', records: RECORDS }, new AbortController().signal),
  'DynamoDB Streams': (endpoint) =>
    new DynamoDBStreamsClient({
      ...SIGNER,
      endpoint,
      maxAttempts: 1,
      requestHandler: handlerOf(LIMITS),
    }).send(new ListStreamsCommand({})),
};

test('every client of the SDK that is made has limits', () => {
  const folders = ['src', 'consumers', 'producers', 'cdk'];
  const listed = execFileSync('git', ['ls-files', '--', ...folders], {
    cwd: projectFolder(),
    encoding: 'utf8',
  });
  const making = listed
    .split('\n')
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({ file, text: readFileSync(join(projectFolder(), file), 'utf8') }))
    .filter(({ text }) => text.includes("'@aws-sdk/client-") && /^(?! \*).*\bnew \w+Client\(/m.test(text));
  expect(making.length).toBeGreaterThan(10);
  const without = making.filter(({ text }) => !/handlerOf\(|throwOnRequestTimeout: true/.test(text));
  expect(without.map(({ file }) => file)).toEqual([]);
});

describe('a server that never answers', () => {
  let server: SilentServer | undefined;
  afterEach(async () => await server?.close());

  test.each(Object.entries(CALLS))('holds no call to %s beyond its limit', async (_, call) => {
    server = await startSilentServer();
    await expect(call(server.endpoint)).rejects.toThrow('exceeded the configured 40 ms requestTimeout');
    expect(server.accepted()).toBe(1);
  });

  test.each(Object.entries(CALLS))('holds no call to %s in the middle of an answer', async (_, call) => {
    server = await startSilentServer('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"');
    await expect(call(server.endpoint)).rejects.toThrow('timed out after 40 ms of inactivity');
  });

  test('is asked as often as the client tries', async () => {
    server = await startSilentServer();
    const { endpoint } = server;
    const secrets = createSecrets(createSecretsClient({ ...SIGNER, endpoint }, LIMITS));
    await expect(secrets.read('keys')).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(server.accepted()).toBe(3);
  });

  test('holds no post to a live connection', async () => {
    server = await startSilentServer();
    const poster = createApiGatewayPoster(`${server.endpoint}/live`, SIGNER, LIMITS);
    expect(await poster.post('c', 'hello')).toBe('failed');
    await poster.disconnect('c');
    expect(server.accepted()).toBe(2);
  });

  test('holds no call of the producer client, whatever Kinesis client it was given', async () => {
    server = await startSilentServer();
    const { endpoint } = server;
    const kinesis = new KinesisClient({ ...SIGNER, endpoint, requestHandler: new NodeHttpHandler({}) });
    const client = createTelemetryClient({
      stream: 's',
      options: { lingerMs: 0, callTimeoutMs: 40, maxAttempts: 2, backoffBaseMs: 1, backoffCapMs: 1 },
      deps: { sink: createKinesisSink(kinesis), clock: systemClock, random: () => 0 },
    });
    await client.put({ source: 'a', time: 1, values: {} });
    await expect(client.flush()).rejects.toThrow('PutRecords gave no answer within 40 ms');
    expect(client.stats()).toMatchObject({ calls: 2, failed: 1 });
  });
});
