import { once } from 'node:events';
import { chmod, readdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListStreamsCommand,
  PutRecordCommand,
} from '@aws-sdk/client-kinesis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startDynamoDbServer } from '../../src/local-stack/dynamodb-server.ts';
import { startKinesisServer } from '../../src/local-stack/kinesis-server.ts';
import type { LocalServer } from '../../src/local-stack/local-server.ts';
import { localDynamoDb, localKinesis } from '../support/local-clients.ts';
import { expectNoneLeftBehind } from '../support/none-left-behind.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const REGION = { region: 'us-east-1' };

async function startDynamoDb(options: { port?: number; dataFolder?: string } = {}): Promise<LocalServer> {
  const outcome = await startDynamoDbServer(options);
  if (outcome.kind !== 'started') throw new Error(outcome.advice);
  onTestFinished(() => outcome.server.stop());
  return outcome.server;
}

async function startKinesis(options: { port?: number; dataFolder?: string } = {}): Promise<LocalServer> {
  const server = await startKinesisServer({ ...REGION, ...options });
  onTestFinished(() => server.stop());
  return server;
}

async function takenPort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const isGone = (pid: number) => expect(() => process.kill(pid, 0)).toThrow('ESRCH');

describe.each([
  ['Kinesis', startKinesis],
  ['DynamoDB', startDynamoDb],
])('the local %s server', (_, start) => {
  it('answers on a free port and is gone when stopped', async () => {
    const server = await start();
    expect((await fetch(server.endpoint, { method: 'POST' })).status).toBeGreaterThanOrEqual(400);
    await server.stop();
    isGone(server.pid);
    await server.stop();
  });

  it('says which port is taken', async () => {
    const port = await takenPort();
    await expect(start({ port })).rejects.toThrow(
      `cannot use port ${port}: another process listens on it: end that one, or choose another port`,
    );
  });

  it('tells when it dies', async () => {
    const server = await start();
    process.kill(server.pid, 'SIGKILL');
    expect(await server.died).toMatchObject({ code: null, signal: 'SIGKILL' });
  });
});

describe('the local Kinesis server', () => {
  it('keeps its streams in a data folder, killed or not', async () => {
    const dataFolder = await temporaryFolder();
    const first = await startKinesis({ dataFolder });
    await localKinesis(first.endpoint).send(new CreateStreamCommand({ StreamName: 'kept', ShardCount: 1 }));
    process.kill(first.pid, 'SIGKILL');
    await first.died;
    const second = await startKinesis({ dataFolder });
    const { StreamNames } = await localKinesis(second.endpoint).send(new ListStreamsCommand({}));
    expect(StreamNames).toEqual(['kept']);
  });

  it('speaks HTTP/2, as the SDK’s client does that is told nothing', async () => {
    const { endpoint } = await startKinesis();
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const client = new KinesisClient({ ...REGION, endpoint, credentials });
    onTestFinished(() => client.destroy());
    await client.send(new CreateStreamCommand({ StreamName: 'two', ShardCount: 1 }));
    const Data = Buffer.alloc(300_000, 'a');
    await client.send(new PutRecordCommand({ StreamName: 'two', PartitionKey: 'k', Data }));
    const { ShardIterator } = await client.send(
      new GetShardIteratorCommand({
        StreamName: 'two',
        ShardId: 'shardId-000000000000',
        ShardIteratorType: 'TRIM_HORIZON',
      }),
    );
    const { Records } = await client.send(new GetRecordsCommand({ ShardIterator }));
    expect(Records?.map((record) => record.Data?.length)).toEqual([300_000]);
  });

  it('says why it does not start', async () => {
    const dataFolder = await temporaryFolder();
    await startKinesis({ dataFolder });
    await expect(startKinesis({ dataFolder })).rejects.toThrow(/ended while starting.*LOCK/s);
  });
});

describe('the local DynamoDB server', () => {
  it('is not started where there is no Java, and says how to get one', async () => {
    expect(await startDynamoDbServer({ searchPath: await temporaryFolder() })).toMatchObject({
      kind: 'no-java',
      java: { kind: 'missing' },
      advice: expect.stringMatching(
        /^DynamoDB Local needs Java 17 or later: no Java was found .*apt-get install/,
      ),
    });
  });

  it('is not started with a Java that is too old', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'java'), `#!/bin/sh\necho 'openjdk version "11.0.2"' >&2\n`);
    await chmod(join(folder, 'java'), 0o755);
    expect(await startDynamoDbServer({ searchPath: folder })).toMatchObject({
      kind: 'no-java',
      java: { kind: 'too-old', major: 11 },
      advice: expect.stringContaining('found Java 11'),
    });
  });

  it('says why it does not start', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'file');
    await writeFile(file, '');
    await expect(startDynamoDb({ dataFolder: file })).rejects.toThrow(/DynamoDB Local ended while starting/);
  });
});

it('DynamoDB Local leaves nothing in the temporary folder, stopped or killed', async () => {
  const folder = await temporaryFolder();
  vi.stubEnv('TMPDIR', folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const server = await startDynamoDb();
    // Its libraries are unpacked with the first table.
    await localDynamoDb(server.endpoint).send(new ListTablesCommand({}));
    expect(await readdir(folder)).toHaveLength(1);
    if (signal === 'SIGKILL') process.kill(server.pid, signal);
    await server.stop();
    expect(await readdir(folder)).toEqual([]);
  }
});

it('a process that started servers and functions leaves none behind when it is killed, and no folder', async () => {
  await expectNoneLeftBehind('SIGKILL');
});
