// Splits and merges shards of a stream while records flow, by hash key ranges.

import { setTimeout as delay } from 'node:timers/promises';
import {
  DescribeStreamSummaryCommand,
  type KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  type Shard,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';

/** Splits the open shard with the widest range in the middle. */
export async function splitWidestShard(kinesis: KinesisClient, StreamName: string): Promise<void> {
  const [widest] = (await openShards(kinesis, StreamName)).sort((a, b) =>
    b.to - b.from > a.to - a.from ? 1 : -1,
  );
  if (widest === undefined) throw new Error(`stream ${StreamName} has no open shard`);
  await kinesis.send(
    new SplitShardCommand({
      StreamName,
      ShardToSplit: widest.id,
      NewStartingHashKey: String((widest.from + widest.to) / 2n),
    }),
  );
  await untilActive(kinesis, StreamName);
}

/** Merges the two neighbouring open shards lowest in the hash key space. */
export async function mergeLowestShards(kinesis: KinesisClient, StreamName: string): Promise<void> {
  const [lower, upper] = (await openShards(kinesis, StreamName)).sort((a, b) => (a.from < b.from ? -1 : 1));
  if (lower === undefined || upper === undefined)
    throw new Error(`stream ${StreamName} has no two open shards`);
  await kinesis.send(
    new MergeShardsCommand({ StreamName, ShardToMerge: lower.id, AdjacentShardToMerge: upper.id }),
  );
  await untilActive(kinesis, StreamName);
}

interface OpenShard {
  readonly id: string;
  readonly from: bigint;
  readonly to: bigint;
}

async function openShards(kinesis: KinesisClient, StreamName: string): Promise<OpenShard[]> {
  const { Shards = [] } = await kinesis.send(new ListShardsCommand({ StreamName }));
  return Shards.filter((shard) => shard.SequenceNumberRange?.EndingSequenceNumber === undefined).map(
    toOpenShard,
  );
}

function toOpenShard({ ShardId, HashKeyRange }: Shard): OpenShard {
  const { StartingHashKey, EndingHashKey } = HashKeyRange ?? {};
  if (ShardId === undefined || StartingHashKey === undefined || EndingHashKey === undefined) {
    throw new Error(`found a shard without id or hash key range: ${ShardId}`);
  }
  return { id: ShardId, from: BigInt(StartingHashKey), to: BigInt(EndingHashKey) };
}

async function untilActive(kinesis: KinesisClient, StreamName: string): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const { StreamDescriptionSummary: summary } = await kinesis.send(
      new DescribeStreamSummaryCommand({ StreamName }),
    );
    if (summary?.StreamStatus === 'ACTIVE') return;
    await delay(20);
  }
  throw new Error(`stream ${StreamName} is still not active after a reshard`);
}
