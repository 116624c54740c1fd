import { describe, expect, it } from 'vitest';
import type { StreamRecord, StreamSource } from '../../../src/event-source/ports.ts';
import { VirtualClock } from '../../../src/event-source/virtual-clock.ts';
import type { StreamSpec } from '../../../src/local-stack/read-stream.ts';
import type { TableSpec } from '../../../src/local-stack/read-table.ts';
import type { LocalSystem } from '../../../src/local-stack/template.ts';
import { createMemoryBackend } from '../../../src/run/memory-backend.ts';
import { number, text } from '../../../src/stores/table.ts';
import { collect } from '../../support/collect.ts';

const STREAM: StreamSpec = {
  logicalId: 'Stream',
  name: 'stream',
  arn: 'arn:aws:kinesis:eu-west-1:000000000000:stream/stream',
  shards: undefined,
  retentionHours: 24,
};
const TABLE: TableSpec = {
  logicalId: 'Table',
  name: 'table',
  arn: 'arn:aws:dynamodb:eu-west-1:000000000000:table/table',
  streamArn: 'arn:aws:dynamodb:eu-west-1:000000000000:table/table/stream/1',
  keySchema: [
    { AttributeName: 'p', KeyType: 'HASH' },
    { AttributeName: 's', KeyType: 'RANGE' },
  ],
  attributes: [],
  globalIndexes: [
    {
      IndexName: 'due',
      KeySchema: [
        { AttributeName: 'bucket', KeyType: 'HASH' },
        { AttributeName: 'at', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
  ],
  localIndexes: [],
  streamView: 'NEW_AND_OLD_IMAGES',
  ttlAttribute: undefined,
};

function setUp({ streams = [STREAM], tables = [TABLE] }: Partial<LocalSystem> = {}) {
  const clock = new VirtualClock(5_500);
  const system = {
    streams,
    tables,
    functions: [],
    mappings: [],
    schedules: [],
    objectRules: [],
    buckets: [],
    secrets: [],
    restApis: [],
    webSocketApis: [],
    alarms: [],
    dashboards: [],
    sites: [],
    topicRules: [],
    iotPolicies: [],
    policies: { roleAllows: () => 'allowed' as const, functionAllows: () => true },
    outputs: new Map(),
    notRun: [],
  };
  return { clock, backend: createMemoryBackend(system, { clock, shards: 3, region: 'eu-west-1' }) };
}

async function allOf(source: StreamSource): Promise<readonly StreamRecord[]> {
  const records: StreamRecord[] = [];
  for (const { id } of await source.listShards()) {
    const opened = await source.openIterator(id, { at: 'trim-horizon' });
    const read = opened.kind === 'open' ? await source.read(id, opened.iterator, 1_000) : opened;
    if (read.kind === 'records') records.push(...read.records);
  }
  return records;
}

describe('streams in memory', () => {
  it('have the shards the template gives them, or else as many as asked for', async () => {
    const { backend } = setUp({ streams: [STREAM, { ...STREAM, name: 'two', shards: 2 }] });
    expect(await backend.stream(STREAM).listShards()).toHaveLength(3);
    expect(await backend.stream({ ...STREAM, name: 'two' }).listShards()).toHaveLength(2);
    expect(backend.stream(STREAM).arn).toBe(STREAM.arn);
  });

  it('hold what the sink was given, records of one key in order in one shard', async () => {
    const { backend } = setUp();
    const data = Array.from({ length: 20 }, (_, at) => ({
      partitionKey: `key-${at % 4}`,
      data: Buffer.from(String(at)),
    }));
    const outcomes = await backend.sink.putRecords(
      { streamName: 'stream', records: data },
      new AbortController().signal,
    );
    expect(outcomes).toEqual(data.map(() => ({ kind: 'stored' })));
    const stored = (await allOf(backend.stream(STREAM))).map(({ record }) => {
      if (!('kinesis' in record)) throw new Error('found a record that is none of Kinesis');
      const { partitionKey, data: body } = record.kinesis;
      return {
        partitionKey,
        number: Number(Buffer.from(body, 'base64')),
        shard: record.eventID.split(':')[0],
      };
    });
    expect(stored).toHaveLength(20);
    for (const [key, records] of Map.groupBy(stored, ({ partitionKey }) => partitionKey)) {
      const first = Number(key.slice(4));
      expect(records.map((record) => record.number)).toEqual([0, 4, 8, 12, 16].map((at) => at + first));
      expect(new Set(records.map(({ shard }) => shard)).size).toBe(1);
    }
  });
});

describe('tables in memory', () => {
  it('have the keys and indexes of the template', async () => {
    const table = setUp().backend.table(TABLE);
    await table.putMany([
      { p: text('a'), s: text('2'), bucket: number(0), at: number(10) },
      { p: text('a'), s: text('1'), bucket: number(0), at: number(9) },
      { p: text('a'), s: text('3'), bucket: number(0) },
    ]);
    const due = table.query({ index: 'due', partition: { name: 'bucket', value: number(0) } });
    expect((await collect(due)).map(({ s }) => s)).toEqual([text('1'), text('2')]);
    expect(await collect(table.scan())).toHaveLength(3);
  });

  it('tell their changes as a stream of DynamoDB does', async () => {
    const { backend, clock } = setUp();
    const key = { p: text('a'), s: text('1') };
    const table = backend.table(TABLE);
    await table.putMany([{ ...key, v: number(1) }]);
    await clock.advance(2_000);
    await table.putMany([{ ...key, v: number(2) }]);
    await table.putMany([{ ...key, v: number(2) }]);
    const records = await allOf(backend.changelog(TABLE));
    expect(records.map(({ record }) => record)).toMatchObject([
      {
        eventName: 'INSERT',
        eventSource: 'aws:dynamodb',
        eventSourceARN: TABLE.streamArn,
        awsRegion: 'eu-west-1',
        dynamodb: {
          ApproximateCreationDateTime: 5,
          Keys: key,
          NewImage: { ...key, v: number(1) },
          SequenceNumber: records[0]?.sequence,
          StreamViewType: 'NEW_AND_OLD_IMAGES',
        },
      },
      {
        eventName: 'MODIFY',
        dynamodb: {
          ApproximateCreationDateTime: 7,
          OldImage: { ...key, v: number(1) },
          NewImage: { ...key, v: number(2) },
        },
      },
    ]);
    expect(records[0]?.record).not.toHaveProperty('dynamodb.OldImage');
  });

  it('without a change stream have none', async () => {
    const quiet = { ...TABLE, streamView: undefined };
    const { backend } = setUp({ tables: [quiet] });
    await backend.table(quiet).putMany([{ p: text('a'), s: text('1') }]);
    expect(() => backend.changelog(quiet)).toThrow('nothing named table in memory');
  });
});

describe('what is not there', () => {
  it('is named, with what is', () => {
    const { backend } = setUp();
    expect(() => backend.table({ ...TABLE, name: 'other' })).toThrow(
      'nothing named other in memory: found table',
    );
    expect(() => setUp({ tables: [{ ...TABLE, keySchema: [] }] })).toThrow(
      'table table: found no HASH key in its key schema, expected one',
    );
  });
});
