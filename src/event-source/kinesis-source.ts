// A Kinesis stream as the mapping reads it, over the AWS SDK. Asks nothing that small local servers do not know:
// shards are listed by stream name, and lineage comes from the shards' own parents.
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  type KinesisClient,
  ListShardsCommand,
  type ListShardsCommandOutput,
  type _Record as SdkRecord,
  type Shard,
} from '@aws-sdk/client-kinesis';
import type { ShardId } from './brands.ts';
import { kinesisEventRecord } from './kinesis-record.ts';
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

export interface KinesisSourceOptions {
  readonly client: KinesisClient;
  readonly streamName: string;
  readonly streamArn: string;
  readonly retentionMs?: number;
  /** The role named in the function's event. */
  readonly invokeIdentityArn?: string;
}

/** A real Kinesis stream for a mapping to read, on AWS or on a local server. The mapping tries again when the service fails. */
export function createKinesisSource(options: KinesisSourceOptions): StreamSource {
  const { client, retentionMs, streamArn, streamName } = options;
  return {
    kind: 'kinesis',
    arn: streamArn,
    ...(retentionMs === undefined ? {} : { retentionMs }),
    listShards: () => listShards(client, streamName),
    openIterator: (shard, position) => openIterator(options, shard, position),
    read: (shard, iterator, limit) => read(options, { shard, iterator, limit }),
  };
}

async function listShards(client: KinesisClient, StreamName: string): Promise<readonly ShardDescription[]> {
  const shards: ShardDescription[] = [];
  let NextToken: string | undefined;
  do {
    const page: ListShardsCommandOutput = await client.send(
      new ListShardsCommand(NextToken === undefined ? { StreamName } : { NextToken }),
    );
    for (const shard of page.Shards ?? []) shards.push(describe(shard));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return shards;
}

function describe({ ShardId: id, ParentShardId, AdjacentParentShardId }: Shard): ShardDescription {
  const parents = [ParentShardId, AdjacentParentShardId].filter((parent) => parent !== undefined);
  return { id: shardId(id), parents: parents.map(shardId) };
}

async function openIterator(
  { client, streamName }: KinesisSourceOptions,
  shard: ShardId,
  position: ShardPosition,
): Promise<OpenAnswer> {
  const input = { StreamName: streamName, ShardId: shard, ...iteratorType(position) };
  try {
    const { ShardIterator } = await client.send(new GetShardIteratorCommand(input));
    if (ShardIterator === undefined) throw new Error(`no iterator given for ${streamName} ${shard}`);
    return { kind: 'open', iterator: ShardIterator };
  } catch (error) {
    const failure = readFailure(error);
    if (failure === undefined || failure.kind === 'iterator-expired') throw error;
    return failure;
  }
}

function iteratorType(
  position: ShardPosition,
): Pick<GetShardIteratorCommandInput, 'ShardIteratorType' | 'StartingSequenceNumber' | 'Timestamp'> {
  switch (position.at) {
    case 'trim-horizon':
      return { ShardIteratorType: 'TRIM_HORIZON' };
    case 'latest':
      return { ShardIteratorType: 'LATEST' };
    case 'timestamp':
      return { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(position.timestampMs) };
    case 'after':
      return { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: position.sequence };
  }
}

interface Read {
  readonly shard: ShardId;
  readonly iterator: string;
  readonly limit: number;
}

async function read(options: KinesisSourceOptions, { shard, iterator, limit }: Read): Promise<ReadAnswer> {
  const command = new GetRecordsCommand({ ShardIterator: iterator, Limit: limit });
  try {
    const answer = await options.client.send(command);
    const { MillisBehindLatest } = answer;
    return {
      kind: 'records',
      records: (answer.Records ?? []).map((record) => streamRecord(record, shard, options)),
      next: answer.NextShardIterator || undefined,
      ...(MillisBehindLatest === undefined ? {} : { millisBehindLatest: MillisBehindLatest }),
    };
  } catch (error) {
    const failure = readFailure(error);
    if (failure === undefined) throw error;
    return failure;
  }
}

function streamRecord(record: SdkRecord, shard: ShardId, options: KinesisSourceOptions): StreamRecord {
  const { ApproximateArrivalTimestamp: arrival, Data: data, PartitionKey: partitionKey } = record;
  const sequence = sequenceNumber(record.SequenceNumber);
  if (arrival === undefined || data === undefined || partitionKey === undefined) {
    throw new Error(`record ${sequence} of ${shard} lacks its data, partition key or arrival time`);
  }
  const arrivalMs = arrival.getTime();
  const datum = { shard, sequence, arrivalMs, partitionKey, data };
  return {
    sequence,
    arrivalMs,
    record: kinesisEventRecord(datum, options.streamArn, options.invokeIdentityArn),
  };
}
