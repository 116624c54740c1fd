// `tidemill record` against real servers, killed while it writes and started again: the archive has each record of the stream once.
import { watch } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateStreamCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { startDynamoDbServer } from '../../src/local-stack/dynamodb-server.ts';
import { startKinesisServer } from '../../src/local-stack/kinesis-server.ts';
import { ArchiveReader } from '../../src/stores/archive/archive-reader.ts';
import { FolderObjects } from '../../src/stores/archive/folder-objects.ts';
import { createTable, javaMissing } from '../support/dynamodb-local.ts';
import { localDynamoDb, localKinesis } from '../support/local-clients.ts';
import { startCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Enough for several objects a shard. */
const LARGE = 'x'.repeat(380_000);
const NUMBERS = Array.from({ length: 24 }, (_, at) => at);

it('of a Kinesis stream', async () => {
  const server = await startKinesisServer({ region: 'us-east-1' });
  onTestFinished(() => server.stop());
  const client = localKinesis(server.endpoint);
  onTestFinished(() => client.destroy());
  await client.send(new CreateStreamCommand({ StreamName: 'telemetry', ShardCount: 2 }));
  await vi.waitFor(() =>
    client.send(new PutRecordsCommand({ StreamName: 'telemetry', Records: [record(0)] })),
  );
  for (const at of NUMBERS.slice(1))
    await client.send(new PutRecordsCommand({ StreamName: 'telemetry', Records: [record(at)] }));
  const found = await recordedKilled(['telemetry'], { AWS_ENDPOINT_URL_KINESIS: server.endpoint });
  const texts = found.map(({ text }) => JSON.parse(String(text)).source);
  expect(texts.sort()).toEqual(NUMBERS.map((at) => `d${at}`).sort());
});

function record(at: number) {
  const Data = Buffer.from(JSON.stringify({ source: `d${at}`, time: at, note: LARGE }));
  return { PartitionKey: `d${at}`, Data };
}

it.skipIf(process.env['CI'] !== 'true' && (await javaMissing()) !== undefined)(
  'of the changes of a DynamoDB table',
  async () => {
    const outcome = await startDynamoDbServer();
    if (outcome.kind === 'no-java') throw new Error(outcome.advice);
    const { server } = outcome;
    onTestFinished(() => server.stop());
    const client = localDynamoDb(server.endpoint);
    onTestFinished(() => client.destroy());
    await createTable(client, 'items', { partitionKey: 'source' });
    for (let at = 0; at < NUMBERS.length; at += 12) {
      const puts = NUMBERS.slice(at, at + 12).map((number) => ({
        PutRequest: { Item: { source: { S: `d${number}` }, note: { S: LARGE } } },
      }));
      await client.send(new BatchWriteItemCommand({ RequestItems: { items: puts } }));
    }
    const found = await recordedKilled(['--table', 'items'], { AWS_ENDPOINT_URL_DYNAMODB: server.endpoint });
    const keys = found.map(({ change }) => (change as Change).dynamodb.Keys.source.S);
    expect(keys.sort()).toEqual(NUMBERS.map((at) => `d${at}`).sort());
  },
);

/** As the archive keeps it. */
interface Change {
  readonly dynamodb: { readonly Keys: { readonly source: { readonly S: string } } };
}

/** What is read of the archive when the command has been killed in the midst of several writes, and left alone at last. */
async function recordedKilled(name: readonly string[], environment: Readonly<Record<string, string>>) {
  const local = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };
  for (const [variable, value] of Object.entries({ ...local, ...environment })) vi.stubEnv(variable, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const cwd = await temporaryFolder();
  const into = join(cwd, 'archive');
  await mkdir(into);
  const command = () => startCommand(['record', ...name, '--into', into], { cwd });
  // The last change in the folder before the kill: between a shard's page, objects and manifests, or within one of them.
  for (const changes of [3, 7]) {
    const started = command();
    await changesIn(into, changes);
    started.child.kill('SIGKILL');
    expect(await started.ended).toMatchObject({ signal: 'SIGKILL' });
  }
  const left = await command().ended;
  expect(left, left.stderr).toMatchObject({ code: 0 });
  const reader = new ArchiveReader(new FolderObjects(into));
  const found: Readonly<Record<string, unknown>>[] = [];
  for (const stream of await reader.streams())
    for (const shard of await reader.shards(stream))
      for await (const { fields } of reader.records({ stream, shard })) found.push(fields);
  return found;
}

async function changesIn(folder: string, count: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let seen = 0;
  const watcher = watch(folder, { recursive: true }, () => {
    seen += 1;
    if (seen >= count) resolve();
  });
  await promise;
  watcher.close();
}
