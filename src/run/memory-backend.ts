// Streams and tables in memory: the same stores and the same mapping, without servers, for machines without Java.
import type { RecordSink } from '../../producers/client/record-sink.ts';
import { createChangelog } from '../event-source/memory-changelog.ts';
import { MemoryStream } from '../event-source/memory-stream.ts';
import { memoryShardedStream } from '../host/memory-sharded-stream.ts';
import { callMemoryStreams } from '../local-stack/gateway/memory-service.ts';
import type { TableSpec } from '../local-stack/read-table.ts';
import type { LocalSystem } from '../local-stack/template.ts';
import type { Clock } from '../platform/clock.ts';
import { NoStreamError, type ShardedStream } from '../platform/sharded-stream.ts';
import { changeJson } from '../stores/item-json.ts';
import { MemoryTable, type TableSchema } from '../stores/memory-table.ts';
import type { Backend } from './backends.ts';

export function createMemoryBackend(
  system: LocalSystem,
  { clock, shards, region }: { readonly clock: Clock; readonly shards: number; readonly region: string },
): Backend & { readonly streams: ReadonlyMap<string, MemoryStream> } {
  const streams = new Map(
    system.streams.map((spec) => [
      spec.name,
      new MemoryStream({ kind: 'kinesis', clock, shards: spec.shards ?? shards, arn: spec.arn }),
    ]),
  );
  const byArn = new Map([...streams.values()].map((stream) => [stream.arn, stream]));
  const changelogs = new Map<string, MemoryStream>();
  const tables = new Map<string, MemoryTable>();
  for (const spec of system.tables) {
    const arn = spec.streamArn;
    if (spec.streamView === undefined) {
      tables.set(spec.name, new MemoryTable(schemaOf(spec)));
      continue;
    }
    const stream = new MemoryStream({ kind: 'dynamodb', clock, shards: 1, arn });
    changelogs.set(spec.name, stream);
    const changelog = createChangelog({ stream, region });
    tables.set(
      spec.name,
      new MemoryTable(schemaOf(spec), (change) => void changelog.put(changeJson(change))),
    );
  }
  return {
    streams,
    sink: sinkOf(streams),
    table: ({ name }) => known(tables, name),
    stream: ({ name }) => known(streams, name),
    changelog: ({ name }) => known(changelogs, name),
    shards: (arn) => {
      const stream = byArn.get(arn);
      return stream === undefined ? noStream(arn) : memoryShardedStream(stream);
    },
    endpoints: undefined,
    callService: callMemoryStreams(streams),
    close: () => {},
  };
}

function noStream(arn: string): ShardedStream {
  const refuse = async () => {
    throw new NoStreamError(`found no stream ${arn} in memory`);
  };
  return { arn, listShards: refuse, putIntoEach: refuse };
}

function sinkOf(streams: ReadonlyMap<string, MemoryStream>): RecordSink {
  return {
    async putRecords({ streamName, records }) {
      const stream = known(streams, streamName);
      return records.map(({ partitionKey, data }) => {
        stream.putData(partitionKey, data);
        return { kind: 'stored' };
      });
    },
  };
}

function schemaOf({ name, keySchema, globalIndexes }: TableSpec): TableSchema {
  const { partitionKey, sortKey } = keysOf(keySchema, name);
  const indexes = globalIndexes.flatMap((index) => {
    const keys = keysOf(index.KeySchema, `${name}, index ${index.IndexName}`);
    return keys.sortKey === undefined ? [] : [[index.IndexName, { ...keys, sortKey: keys.sortKey }] as const];
  });
  return {
    partitionKey,
    ...(sortKey === undefined ? {} : { sortKey }),
    indexes: Object.fromEntries(indexes),
  };
}

function keysOf(schema: TableSpec['keySchema'], where: string) {
  const partitionKey = schema.find(({ KeyType }) => KeyType === 'HASH')?.AttributeName;
  if (partitionKey === undefined)
    throw new Error(`table ${where}: found no HASH key in its key schema, expected one`);
  return { partitionKey, sortKey: schema.find(({ KeyType }) => KeyType === 'RANGE')?.AttributeName };
}

function known<T>(all: ReadonlyMap<string, T>, name: string): T {
  const found = all.get(name);
  if (found === undefined)
    throw new Error(`nothing named ${name} in memory: found ${[...all.keys()].join(', ')}`);
  return found;
}
