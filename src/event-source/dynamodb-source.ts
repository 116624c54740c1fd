// A table's change stream as the mapping reads it, over the AWS SDK.
import {
  DescribeStreamCommand,
  type DescribeStreamCommandOutput,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  type _Record as SdkRecord,
  type Shard,
} from '@aws-sdk/client-dynamodb-streams';
import type { ShardId } from './brands.ts';
import { dynamoDbEventRecord } from './dynamodb-record.ts';
import type {
  OpenAnswer,
  ReadAnswer,
  ShardDescription,
  ShardPosition,
  StreamRecord,
  StreamSource,
} from './ports.ts';
import { readFailure } from './service-errors.ts';
import { sequenceNumber, shardId } from './stream-ids.ts';

/** GetRecords refuses to give more. */
const MAX_READ_LIMIT = 1_000;
/** Creation times are cut to the second by the service, and to the minute by DynamoDB Local. */
const TIME_RESOLUTION_MS = 60_000;
/** Leads an iterator that gives only what was created since: the stream itself has no iterators by time. */
const SINCE = /^since:(\d+):/;

export interface DynamoDbSourceOptions {
  readonly client: DynamoDBStreamsClient;
  readonly streamArn: string;
  readonly retentionMs?: number;
}

/** The change stream of a real DynamoDB table for a mapping to read, on AWS or DynamoDB Local. The mapping tries again when the service fails. */
export function createDynamoDbSource(options: DynamoDbSourceOptions): StreamSource {
  const { retentionMs, streamArn } = options;
  return {
    kind: 'dynamodb',
    arn: streamArn,
    ...(retentionMs === undefined ? {} : { retentionMs }),
    listShards: () => listShards(options),
    openIterator: (shard, position) => openIterator(options, shard, position),
    read: (_shard, iterator, limit) => read(options, iterator, limit),
  };
}

async function listShards({
  client,
  streamArn,
}: DynamoDbSourceOptions): Promise<readonly ShardDescription[]> {
  const shards: ShardDescription[] = [];
  let last: string | undefined;
  do {
    const start = last === undefined ? {} : { ExclusiveStartShardId: last };
    const page: DescribeStreamCommandOutput = await client.send(
      new DescribeStreamCommand({ StreamArn: streamArn, ...start }),
    );
    for (const shard of page.StreamDescription?.Shards ?? []) shards.push(describe(shard));
    last = page.StreamDescription?.LastEvaluatedShardId;
  } while (last !== undefined);
  return shards;
}

function describe({ ShardId: id, ParentShardId: parent }: Shard): ShardDescription {
  return { id: shardId(id), parents: parent === undefined ? [] : [shardId(parent)] };
}

async function openIterator(
  { client, streamArn }: DynamoDbSourceOptions,
  shard: ShardId,
  position: ShardPosition,
): Promise<OpenAnswer> {
  const input = { StreamArn: streamArn, ShardId: shard, ...iteratorType(position) };
  try {
    const { ShardIterator } = await client.send(new GetShardIteratorCommand(input));
    if (ShardIterator === undefined) throw new Error(`no iterator given for ${streamArn} ${shard}`);
    const since = position.at === 'timestamp' ? `since:${position.timestampMs}:` : '';
    return { kind: 'open', iterator: since + ShardIterator };
  } catch (error) {
    const failure = readFailure(error);
    if (failure === undefined || failure.kind === 'iterator-expired') throw error;
    return failure;
  }
}

function iteratorType(
  position: ShardPosition,
): Pick<GetShardIteratorCommandInput, 'ShardIteratorType' | 'SequenceNumber'> {
  switch (position.at) {
    case 'trim-horizon':
    case 'timestamp':
      return { ShardIteratorType: 'TRIM_HORIZON' };
    case 'latest':
      return { ShardIteratorType: 'LATEST' };
    case 'after':
      return { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: position.sequence };
  }
}

async function read(options: DynamoDbSourceOptions, iterator: string, limit: number): Promise<ReadAnswer> {
  const [prefix = '', since] = SINCE.exec(iterator) ?? [];
  const sinceMs = since === undefined ? Number.NEGATIVE_INFINITY : Number(since) - TIME_RESOLUTION_MS;
  const ShardIterator = iterator.slice(prefix.length);
  try {
    const answer = await options.client.send(
      new GetRecordsCommand({ ShardIterator, Limit: Math.min(limit, MAX_READ_LIMIT) }),
    );
    const records = (answer.Records ?? []).map((record) => streamRecord(record, options.streamArn));
    const next = answer.NextShardIterator || undefined;
    return {
      kind: 'records',
      records: records.filter(({ arrivalMs }) => arrivalMs >= sinceMs),
      next: next === undefined ? undefined : prefix + next,
    };
  } catch (error) {
    const failure = readFailure(error);
    if (failure === undefined) throw error;
    return failure;
  }
}

function streamRecord(record: SdkRecord, streamArn: string): StreamRecord {
  return {
    sequence: sequenceNumber(record.dynamodb?.SequenceNumber),
    arrivalMs: record.dynamodb?.ApproximateCreationDateTime?.getTime() ?? 0,
    record: dynamoDbEventRecord(record, streamArn),
  };
}
