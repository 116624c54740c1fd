// The servers of a local run and strangers on the same machine: pages under names of their own, other users' programs,
// and whoever comes by another interface.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startDynamoDbServer } from '../../src/local-stack/dynamodb-server.ts';
import { startEventBusServer } from '../../src/local-stack/event-bus-server.ts';
import { startGateway } from '../../src/local-stack/gateway/start-gateway.ts';
import { startKinesisServer } from '../../src/local-stack/kinesis-server.ts';
import { startRuntimeApi } from '../../src/local-stack/runtime-api.ts';
import { startSecretsServer } from '../../src/local-stack/secrets-server.ts';
import { RUNNING_FILE } from '../../src/run/running-file.ts';
import { startTablesServer } from '../../src/run/tables-server.ts';
import { MemoryTable } from '../../src/stores/memory-table.ts';
import { javaMissing } from '../support/dynamodb-local.ts';
import { localDynamoDb } from '../support/local-clients.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const KEY = '0123456789abcdef0123456789abcdef';
const ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:keys';
const missing = process.env['CI'] === 'true' ? undefined : await javaMissing();

interface Stranger {
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly path?: string;
  readonly body?: string;
}

interface Place {
  readonly endpoint: string;
  readonly stop: () => Promise<unknown>;
  /** What a client of the run asks and is answered. */
  readonly ask: Stranger;
}

const signed = (service: string, key = KEY) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=${key}/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=00`,
  'x-amz-date': '20260101T000000Z',
});
const target = (service: string, name: string, version = '1.1') => ({
  ...signed(service),
  'content-type': `application/x-amz-json-${version}`,
  'x-amz-target': name,
});

const PLACES: Readonly<Record<string, () => Promise<Place>>> = {
  Kinesis: async () => ({
    ...(await startKinesisServer({ region: 'us-east-1', accessKey: KEY })),
    ask: { headers: target('kinesis', 'Kinesis_20131202.ListStreams'), body: '{}' },
  }),
  ...(missing === undefined
    ? {
        DynamoDB: async () => {
          const outcome = await startDynamoDbServer({ accessKey: KEY });
          if (outcome.kind === 'no-java') throw new Error(outcome.advice);
          return {
            ...outcome.server,
            ask: { headers: target('dynamodb', 'DynamoDB_20120810.ListTables', '1.0'), body: '{}' },
          };
        },
      }
    : {}),
  'Secrets Manager': async () => ({
    ...(await startSecretsServer([{ logicalId: 'Keys', arn: ARN, initial: 'private' }], { accessKey: KEY })),
    ask: {
      headers: target('secretsmanager', 'secretsmanager.GetSecretValue'),
      body: JSON.stringify({ SecretId: ARN }),
    },
  }),
  EventBridge: async () => ({
    ...(await startEventBusServer({ put: async (entries) => entries.map(() => undefined) }, KEY)),
    ask: {
      headers: target('events', 'AWSEvents.PutEvents'),
      body: '{"Entries":[{"Source":"s","DetailType":"d","Detail":"{}"}]}',
    },
  }),
  'tables in memory': async () => ({
    ...(await startTablesServer(() => new MemoryTable({ partitionKey: 'key' }), KEY)),
    ask: {
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/x-tidemill-table+json' },
      body: '{"table":"t","name":"scan"}',
    },
  }),
  'the Runtime API': async () => {
    const reports = { onReady: () => {}, onInitError: () => {}, onResponse: () => {}, onError: () => {} };
    const api = await startRuntimeApi(reports, KEY);
    const path = '/2018-06-01/runtime/invocation/id/response';
    const ask = { headers: { authorization: `Bearer ${KEY}` }, path, body: '{}' };
    return { endpoint: `http://${api.address}`, stop: async () => api.close(), ask };
  },
};

describe.each(Object.entries(PLACES))('the local server of %s', (_, start) => {
  let place: Place;
  beforeAll(async () => {
    place = await start();
    return async () => void (await place.stop());
  }, 60_000);
  const status = async (more: Stranger = {}) =>
    (
      await answerOf(place.endpoint, {
        ...place.ask,
        ...more,
        headers: { ...place.ask.headers, ...more.headers },
      })
    ).status;

  it('answers the clients of its run, by either of its names', async () => {
    expect(await status()).toBeLessThan(300);
    const { port } = new URL(place.endpoint);
    expect(await status({ headers: { host: `localhost:${port}` } })).toBeLessThan(300);
  });

  it.each([
    'evil.example',
    'evil.example:80',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '0.0.0.0',
    '127.0.0.1@evil.example',
  ])('answers nobody under the name %s, which may point here', async (host) => {
    // 400: what is no host name at all.
    expect([400, 403]).toContain(await status({ headers: { host } }));
  });

  it.each(['https://evil.example', 'http://localhost:3000', 'null'])(
    'answers no page of %s',
    async (origin) => {
      const answer = await answerOf(place.endpoint, {
        ...place.ask,
        headers: { ...place.ask.headers, origin },
      });
      expect(answer.status).toBe(403);
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      const preflight = { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } };
      const asked = await answerOf(place.endpoint, preflight);
      expect(asked.status).toBe(403);
      expect(Object.keys(asked.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    },
  );

  it('answers nobody without the run’s access key', async () => {
    const { authorization = '' } = place.ask.headers ?? {};
    const wrong = [
      '',
      authorization.replace(KEY, 'local'),
      authorization.replace(KEY, `${KEY}0`),
      authorization.replace(KEY, KEY.slice(1)),
      `Basic ${KEY}`,
      KEY,
    ];
    for (const other of wrong) expect(await status({ headers: { authorization: other } }), other).toBe(403);
    const { authorization: _none, ...without } = place.ask.headers ?? {};
    expect((await answerOf(place.endpoint, { ...place.ask, headers: without })).status).toBe(403);
  });

  it('listens on the loopback interface alone', async () => {
    const { port } = new URL(place.endpoint);
    for (const address of otherAddresses())
      expect(await connects(address, Number(port)), address).toBe(false);
  });
});

it('the gateway answers under the names of this machine alone, pages, APIs and sockets alike', async () => {
  const gateway = await startGateway({ port: 0, accessKey: KEY });
  onTestFinished(() => gateway.stop());
  const statusUnder = async (host: string) =>
    (await answerOf(gateway.url, { method: 'GET', headers: { host } })).status;
  expect(await statusUnder(new URL(gateway.url).host)).toBe(503);
  expect(await statusUnder('localhost:7070')).toBe(503);
  gateway.serve(
    { restApis: [], webSocketApis: [], sites: [] },
    {
      invoke: async () => ({ kind: 'returned', payload: 'null' }),
      callService: async () => ({ status: 200, body: '' }),
      policies: { ofRole: () => [], ofFunction: () => [] } as never,
      region: 'us-east-1',
      accountId: '000000000000',
      nowMs: () => 0,
      newId: () => 'id',
      onAccess: () => {},
      onFailure: () => {},
    },
  );
  for (const host of ['evil.example', 'localhost.evil.example:7070'])
    expect(await statusUnder(host), host).toBe(421);
  for (const address of otherAddresses())
    expect(await connects(address, Number(new URL(gateway.url).port))).toBe(false);
});

it.skipIf(missing !== undefined)('DynamoDB Local serves the SDK as it did', async () => {
  const outcome = await startDynamoDbServer();
  if (outcome.kind === 'no-java') throw new Error(outcome.advice);
  onTestFinished(() => outcome.server.stop());
  expect((await localDynamoDb(outcome.server.endpoint).send(new ListTablesCommand({}))).TableNames).toEqual(
    [],
  );
});

it('the file that has the access key is for its owner’s eyes alone, also where another was left', async () => {
  const cwd = await temporaryFolder();
  const module = new URL('../../src/run/running-file.ts', import.meta.url).href;
  const script = `
    import { mkdirSync, writeFileSync } from 'node:fs';
    import { writeRunningFile } from ${JSON.stringify(module)};
    mkdirSync('.tidemill');
    writeFileSync('${RUNNING_FILE}.draft', '', { mode: 0o644 });
    await writeRunningFile({ pid: 1, tables: { kind: 'memory', endpoint: '' }, secrets: '', accessKey: 'k', outputs: {} });`;
  await promisify(execFile)(process.execPath, ['--input-type=module-typescript', '-e', script], { cwd });
  expect((await stat(join(cwd, RUNNING_FILE))).mode & 0o777).toBe(0o600);
});

/** Addresses of this machine that a server on 127.0.0.1 does not listen on. */
function otherAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((some) => some ?? []);
  const outside = all
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address);
  return process.platform === 'linux' ? ['127.0.0.2', ...outside] : outside;
}

async function connects(host: string, port: number): Promise<boolean> {
  const socket = connect(port, host);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function answerOf(
  endpoint: string,
  { method = 'POST', path = '/', headers = {}, body = '' }: Stranger,
) {
  const { hostname, port, host } = new URL(endpoint);
  const sent = request({ hostname, port, method, path, headers: { host, ...headers } });
  sent.end(method === 'POST' ? body : undefined);
  const [response] = await once(sent, 'response');
  response.resume();
  await once(response, 'end');
  return {
    status: Number(response.statusCode),
    headers: response.headers as Readonly<Record<string, unknown>>,
  };
}
