// Devices behind the HTTP door, in processes that are killed and started again, while the stream throttles
// and dies and comes back: the books have every event once, and everything that the door called stored.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateStreamCommand } from '@aws-sdk/client-kinesis';
import { expect, onTestFinished } from 'vitest';
import { createAggregate } from '../../consumers/aggregate/aggregate.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import { createKinesisSource } from '../../src/event-source/kinesis-source.ts';
import { callLocalServers } from '../../src/local-stack/gateway/service-endpoint.ts';
import { startKinesisServer } from '../../src/local-stack/kinesis-server.ts';
import { DEAD_LETTERS_TABLE, SOURCES_TABLE } from '../../src/platform/names.ts';
import { DeadLetters } from '../../src/stores/dead-letters.ts';
import { MemoryTable } from '../../src/stores/memory-table.ts';
import { readLedger } from '../../src/stores/read-ledger.ts';
import { SourceStates } from '../../src/stores/source-states.ts';
import type { KinesisEventRecord } from '../../src/wire/stream-records.ts';
import { type Door, openDoor } from './door.ts';
import type { ClientSettings } from './door-clients.ts';
import { freePort } from './free-port.ts';
import { localKinesis } from './local-clients.ts';
import { shardsInMemory } from './shards-in-memory.ts';
import { temporaryFolder } from './temporary-folder.ts';

const PROCESSES = 4;
const THROTTLED_EVERY = 3;
const EVENTS = 8;
const CLIENTS = fileURLToPath(new URL('./door-clients.ts', import.meta.url));
const NO_LIMITS = { rate: 10_000, burst: 1_000_000 };

/** `devices`: a multiple of the processes; in each the first is half-way when all are killed. */
export async function expectEveryEventOnce(devices: number): Promise<void> {
  const folder = await temporaryFolder();
  const server = { port: await freePort(), dataFolder: join(folder, 'kinesis'), region: 'us-east-1' };
  await mkdir(server.dataFolder);
  let kinesis = await startKinesisServer(server);
  onTestFinished(() => kinesis.stop());
  const call = callLocalServers({ AWS_ENDPOINT_URL_KINESIS: kinesis.endpoint }, 'us-east-1');
  let calls = 0;
  let restart: Promise<void> | undefined;
  const door = await openDoor({
    doorLimits: { api: NO_LIMITS, device: NO_LIMITS, relay: NO_LIMITS },
    callService: async (request) => {
      calls += 1;
      // Some calls find a full shard; once the server dies in the middle of what it is doing.
      if (calls % THROTTLED_EVERY === 0) return THROTTLED;
      if (calls === THROTTLED_EVERY * Math.floor(devices / 4) + 1) {
        restart = kinesis.stop().then(async () => {
          kinesis = await startKinesisServer(server);
        });
      }
      return await call(request);
    },
  });
  const streamName = door.system.streams[0]?.name ?? '';
  const client = localKinesis(kinesis.endpoint);
  onTestFinished(() => client.destroy());
  await client.send(new CreateStreamCommand({ StreamName: streamName, ShardCount: 2 }));

  const settings = await writeSettings(door, folder, devices);
  await Promise.all(
    settings.map(async (file) => {
      // Killed when the first device is half-way; then again, and left alone.
      const first = startClients(file);
      await once(first, 'message');
      first.kill('SIGKILL');
      await once(first, 'exit');
      const second = startClients(file);
      const [message] = await once(second, 'message', { signal: AbortSignal.timeout(100_000) }).then(
        lastOf(second),
      );
      for (const device of message.done) {
        expect(device).toMatchObject({ buffered: 0, refused: 0, damaged: 0 });
      }
    }),
  );
  await restart;

  const records = await readAll(client, streamName);
  const { ledger, sources } = await aggregate(records);
  const stored = records.reduce((count, record) => count + eventsIn(record), 0);
  const told = door.access
    .map((line): { readonly status: string } => JSON.parse(line))
    .filter(({ status }) => status === '200').length;
  expect(ledger).toMatchObject({ applied: devices * EVENTS, late: 0, quarantined: 0, sources: devices });
  expect(ledger.received).toBe(stored);
  expect(ledger.received).toBe(ledger.applied + ledger.duplicate);
  // Each request that was told 200 is a record; a record whose answer was lost is one more.
  expect(records.length).toBeGreaterThanOrEqual(told);
  expect(records.length - told).toBeLessThanOrEqual(50);
  expect(new Set(sources)).toEqual(new Set(Array.from({ length: devices }, (_, i) => `device-${i}`)));
  // The trouble was real.
  expect(restart).toBeDefined();
  expect(door.access.some((line) => line.includes('"status":"429"'))).toBe(true);
  expect(door.access.some((line) => line.includes('"status":"503"'))).toBe(true);
}

const THROTTLED = {
  status: 400,
  body: '{"__type":"ProvisionedThroughputExceededException","message":"Rate exceeded for shard"}',
};

async function writeSettings(door: Door, folder: string, count: number): Promise<string[]> {
  const files: string[] = [];
  for (let at = 0; at < PROCESSES; at++) {
    const sources = Array.from(
      { length: count / PROCESSES },
      (_, i) => `device-${at * (count / PROCESSES) + i}`,
    );
    const devices = await Promise.all(
      sources.map(async (source) => ({ source, token: await door.issue({ subject: source }) })),
    );
    const settings: ClientSettings = {
      apiUrl: door.apiUrl,
      folder: join(folder, `clients-${at}`),
      devices,
      events: EVENTS,
      firstMs: door.clock.nowMs - 3_600_000,
    };
    const file = join(folder, `clients-${at}.json`);
    await writeFile(file, JSON.stringify(settings));
    files.push(file);
  }
  return files;
}

function startClients(file: string): ChildProcess {
  const child = fork(CLIENTS, [file], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** Messages on the way do not matter: the one that says what has become of all. */
function lastOf(child: ChildProcess) {
  return async ([first]: readonly unknown[]): Promise<[{ readonly done: readonly object[] }]> => {
    for (let message = first; ; [message] = await once(child, 'message')) {
      const done: unknown = Object(message)['done'];
      if (Array.isArray(done)) return [{ done }];
    }
  };
}

async function readAll(
  client: ReturnType<typeof localKinesis>,
  streamName: string,
): Promise<KinesisEventRecord[]> {
  const source = createKinesisSource({
    client,
    streamName,
    streamArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/s',
  });
  const records: KinesisEventRecord[] = [];
  for (const { id } of await source.listShards()) {
    const opened = await source.openIterator(id, { at: 'trim-horizon' });
    if (opened.kind !== 'open') throw new Error(`shard ${id}: ${opened.kind}`);
    for (let iterator: string | undefined = opened.iterator; iterator !== undefined; ) {
      const answer = await source.read(id, iterator, 1_000);
      if (answer.kind !== 'records') throw new Error(`shard ${id}: ${answer.kind}`);
      for (const { record } of answer.records) if ('kinesis' in record) records.push(record);
      iterator = answer.records.length === 0 ? undefined : answer.next;
    }
  }
  return records;
}

async function aggregate(records: readonly KinesisEventRecord[]) {
  const states = new SourceStates(
    new MemoryTable({
      partitionKey: SOURCES_TABLE.partitionKey,
      indexes: {
        [SOURCES_TABLE.closingIndex]: {
          partitionKey: SOURCES_TABLE.closingBucket,
          sortKey: SOURCES_TABLE.closesAt,
        },
      },
    }),
  );
  const deadLetters = new DeadLetters(
    new MemoryTable({ partitionKey: DEAD_LETTERS_TABLE.partitionKey, sortKey: DEAD_LETTERS_TABLE.sortKey }),
  );
  const handler = createAggregate({
    pipeline: parsePipeline({
      aggregations: [{ name: 'per-hour', window: { tumbling: '1h' }, allowedLateness: '1h' }],
      dedupe: { horizon: '1h' },
    }),
    states,
    deadLetters,
    shards: shardsInMemory(),
    log: { info: () => {}, warn: () => {}, error: () => {} },
    meter: { publish: () => {} },
    nowMs: () => Date.now(),
  });
  for (let at = 0; at < records.length; at += 200) {
    const answer = await handler({ Records: records.slice(at, at + 200) });
    expect(answer).toEqual({ batchItemFailures: [] });
  }
  const sources: string[] = [];
  for await (const { source } of states.scan()) sources.push(source);
  return { ledger: await readLedger(states, deadLetters), sources };
}

function eventsIn({ kinesis }: KinesisEventRecord): number {
  return JSON.parse(Buffer.from(kinesis.data, 'base64').toString('utf8')).events.length;
}
