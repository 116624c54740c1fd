// The mapping over real local Kinesis servers: reshards in mid-stream lose, double and disorder nothing.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  PutRecordsCommand,
  type Shard,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exponentialBackoff } from '../../src/event-source/backoff.ts';
import { startEventSourceMapping } from '../../src/event-source/event-source-mapping.ts';
import { createKinesisSource } from '../../src/event-source/kinesis-source.ts';
import type { MappingDeps } from '../../src/event-source/mapping-deps.ts';
import type { MappingEvent } from '../../src/event-source/mapping-events.ts';
import { parseMappingParameters } from '../../src/event-source/mapping-parameters.ts';
import { createMemoryCheckpoints } from '../../src/event-source/memory-checkpoints.ts';
import { systemClock } from '../../src/platform/clock.ts';
import type { KinesisEventRecord, StreamEvent } from '../../src/wire/stream-records.ts';
import { freePort } from '../support/free-port.ts';

const require = createRequire(import.meta.url);
const KEYS = Array.from({ length: 20 }, (_, index) => `device-${index}`);

interface Server {
  readonly name: string;
  readonly start: (port: number) => ChildProcess;
}

const SERVERS: readonly Server[] = [
  {
    name: 'kinesalite',
    start: (port) => {
      const times = ['create', 'update', 'delete'].flatMap((what) => [`--${what}StreamMs`, '0']);
      const cli = require.resolve('kinesalite/cli.js');
      return spawn(process.execPath, [cli, '--port', String(port), ...times, '--shardLimit', '100']);
    },
  },
  {
    name: 'kinesis-local',
    start: (port) => {
      const main = require.resolve('kinesis-local/main.js');
      const env = {
        KINESIS_MOCK_PLAIN_PORT: String(port),
        KINESIS_MOCK_TLS_PORT: String(port + 1),
        KINESIS_MOCK_CERT_PATH: `${dirname(main)}/server.json`,
        CREATE_STREAM_DURATION: '0s',
        SPLIT_SHARD_DURATION: '0s',
        MERGE_SHARDS_DURATION: '0s',
        LOG_LEVEL: 'ERROR',
      };
      return spawn(process.execPath, [main], { env: { ...process.env, ...env } });
    },
  },
];

describe.each(SERVERS)('$name', ({ start }) => {
  let server: ChildProcess;
  let client: KinesisClient;

  beforeAll(async () => {
    const port = await freePort();
    server = start(port);
    client = new KinesisClient({
      region: 'us-east-1',
      endpoint: `http://127.0.0.1:${port}`,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      requestHandler: new NodeHttpHandler({}),
      // its first answer tells that the server is up
      maxAttempts: 20,
    });
  });

  afterAll(async () => {
    client.destroy();
    const exit = once(server, 'exit');
    server.kill('SIGKILL');
    await exit;
  });

  test('a split and a merge in mid-stream: every record once, in order per key, children after parents', async () => {
    const stream = new TestStream(client, 'reshard');
    await stream.create(2);
    const events: MappingEvent[] = [];
    const records: KinesisEventRecord[] = [];
    const mapping = await stream.map(events, records);

    await stream.putRounds(0, 10);
    const [first, second] = await stream.openShards();
    await stream.split(first);
    await stream.putRounds(10, 20);
    const upperHalf = (await stream.openShards()).find((shard) => isNeighbour(shard, second));
    await stream.merge(upperHalf, second);
    await stream.putRounds(20, 30);
    expect(await mapping.caughtUp()).toBe('caught-up');
    await mapping.stop({ invocation: 'finish' });

    expect(new Set(records.map((record) => record.eventID)).size).toBe(records.length);
    for (const key of KEYS) {
      const rounds = records
        .filter(({ kinesis }) => kinesis.partitionKey === key)
        .map(({ kinesis }) => Number(Buffer.from(kinesis.data, 'base64').toString()));
      expect(rounds, key).toEqual(Array.from({ length: 30 }, (_, round) => round));
    }
    expect(await stream.readBeforeParents(events)).toEqual([]);
    expect(events.filter(({ kind }) => kind === 'unavailable')).toEqual([]);
  });

  test('lanes and filters through a split: every wanted record once, in order per key', async () => {
    const stream = new TestStream(client, 'lanes');
    await stream.create(1);
    const records: KinesisEventRecord[] = [];
    const properties = {
      ParallelizationFactor: 4,
      FilterCriteria: { Filters: [{ Pattern: '{"data":{"round":[{"numeric":[">=",2]}]}}' }] },
    };
    const mapping = await stream.map([], records, {}, properties);
    const asJson = (round: number) => JSON.stringify({ round });
    await stream.putRounds(0, 6, asJson);
    const [shard] = await stream.openShards();
    await stream.split(shard);
    await stream.putRounds(6, 10, asJson);
    expect(await mapping.caughtUp()).toBe('caught-up');
    await mapping.stop({ invocation: 'finish' });
    for (const key of KEYS) {
      const rounds = records
        .filter(({ kinesis }) => kinesis.partitionKey === key)
        .map(({ kinesis }) => JSON.parse(Buffer.from(kinesis.data, 'base64').toString()).round);
      expect(rounds, key).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
    }
  });

  test('a mapping that stops and goes on loses and doubles nothing', async () => {
    const stream = new TestStream(client, 'resume');
    await stream.create(1);
    const records: KinesisEventRecord[] = [];
    const checkpoints = createMemoryCheckpoints();
    for (const round of [0, 1, 2]) {
      const mapping = await stream.map([], records, { checkpoints });
      await stream.putRounds(round, round + 1);
      expect(await mapping.caughtUp()).toBe('caught-up');
      await mapping.stop({ invocation: 'finish' });
    }
    expect(records).toHaveLength(3 * KEYS.length);
    expect(new Set(records.map((record) => record.eventID)).size).toBe(records.length);
  });
});

class TestStream {
  readonly #client: KinesisClient;
  readonly #name: string;

  constructor(client: KinesisClient, name: string) {
    this.#client = client;
    this.#name = name;
  }

  async create(shards: number): Promise<void> {
    await this.#client.send(new CreateStreamCommand({ StreamName: this.#name, ShardCount: shards }));
    await this.#active();
  }

  async map(
    events: MappingEvent[],
    records: KinesisEventRecord[],
    deps: Partial<MappingDeps> = {},
    properties: Readonly<Record<string, unknown>> = {},
  ) {
    const parameters = parseMappingParameters(
      { StartingPosition: 'TRIM_HORIZON', BatchSize: 50, ...properties },
      { kind: 'kinesis', nowMs: Date.now(), where: 'test' },
    );
    return startEventSourceMapping(parameters, {
      name: this.#name,
      stream: createKinesisSource({
        client: this.#client,
        streamName: this.#name,
        streamArn: `arn:aws:kinesis:us-east-1:000000000000:stream/${this.#name}`,
      }),
      invoker: {
        invoke: async (payload) => {
          const event: StreamEvent<KinesisEventRecord> = JSON.parse(payload);
          records.push(...event.Records);
          return { kind: 'returned', payload: 'null' };
        },
      },
      checkpoints: createMemoryCheckpoints(),
      destination: undefined,
      clock: systemClock,
      random: Math.random,
      observe: (event) => void events.push(event),
      backoff: exponentialBackoff(),
      polling: { idlePollMs: 50, shardRefreshMs: 1_000, readLimit: 1_000 },
      ...deps,
    });
  }

  async putRounds(from: number, to: number, data: (round: number) => string = String): Promise<void> {
    for (let round = from; round < to; round += 1) {
      const Records = KEYS.map((PartitionKey) => ({ PartitionKey, Data: Buffer.from(data(round)) }));
      const answer = await this.#client.send(new PutRecordsCommand({ StreamName: this.#name, Records }));
      expect(answer.FailedRecordCount).toBe(0);
    }
  }

  async openShards(): Promise<readonly Shard[]> {
    const shards = await this.#shards();
    return shards.filter(({ SequenceNumberRange: range }) => range?.EndingSequenceNumber === undefined);
  }

  async split(shard: Shard | undefined): Promise<void> {
    const { StartingHashKey: from = '0', EndingHashKey: to = '0' } = shard?.HashKeyRange ?? {};
    const NewStartingHashKey = String((BigInt(from) + BigInt(to)) / 2n);
    const input = { StreamName: this.#name, ShardToSplit: shard?.ShardId, NewStartingHashKey };
    await this.#client.send(new SplitShardCommand(input));
    await this.#active();
  }

  async merge(lower: Shard | undefined, upper: Shard | undefined): Promise<void> {
    const input = {
      StreamName: this.#name,
      ShardToMerge: lower?.ShardId,
      AdjacentShardToMerge: upper?.ShardId,
    };
    await this.#client.send(new MergeShardsCommand(input));
    await this.#active();
  }

  /** Shards of which a parent was not drained when they were started. */
  async readBeforeParents(events: readonly MappingEvent[]): Promise<readonly string[]> {
    const parents = new Map(
      (await this.#shards()).map((shard) => [
        shard.ShardId,
        [shard.ParentShardId, shard.AdjacentParentShardId].filter((id) => id !== undefined),
      ]),
    );
    const drained = new Set<string>();
    return events.flatMap((event) => {
      if (event.kind === 'shard-drained') drained.add(event.shard);
      if (event.kind !== 'shard-started') return [];
      return parents.get(event.shard)?.every((parent) => drained.has(parent)) ? [] : [event.shard];
    });
  }

  async #shards(): Promise<readonly Shard[]> {
    const { Shards = [] } = await this.#client.send(new ListShardsCommand({ StreamName: this.#name }));
    return Shards;
  }

  async #active(): Promise<void> {
    for (;;) {
      const command = new DescribeStreamSummaryCommand({ StreamName: this.#name });
      const { StreamDescriptionSummary } = await this.#client.send(command);
      if (StreamDescriptionSummary?.StreamStatus === 'ACTIVE') return;
    }
  }
}

function isNeighbour(lower: Shard, upper: Shard | undefined): boolean {
  const { EndingHashKey: end = '0' } = lower.HashKeyRange ?? {};
  return String(BigInt(end) + 1n) === upper?.HashKeyRange?.StartingHashKey;
}
