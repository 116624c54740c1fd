// A stream in memory by its shards, for functions that run where the stream is.
import type { ShardId } from '../core/brands.ts';
import type { ShardLineage } from '../core/stream-progress.ts';
import type { ShardedStream } from '../platform/sharded-stream.ts';

/** What of the stream is needed. */
export interface StreamInMemory {
  readonly arn: string;
  listShards(): Promise<readonly ShardLineage[]>;
  /** @throws Error where the shard is closed */
  putData(partitionKey: string, data: string, shard: ShardId): unknown;
}

export function memoryShardedStream(stream: StreamInMemory): ShardedStream {
  return {
    arn: stream.arn,
    listShards: async () => (await stream.listShards()).map((shard) => ({ ...shard, firstHashKey: '0' })),
    putIntoEach: async (shards, data) => {
      for (const { id } of shards) stream.putData('tick', data, id);
      return shards.length;
    },
  };
}
