import { ShardProgress } from '../../consumers/aggregate/shard-progress.ts';
import type { ShardLineage } from '../../src/core/stream-progress.ts';
import { memoryShardedStream } from '../../src/host/memory-sharded-stream.ts';
import { MemoryTable } from '../../src/stores/memory-table.ts';
import { StreamProgress } from '../../src/stores/stream-progress.ts';
import type { Table } from '../../src/stores/table.ts';
import { TABLE_SCHEMAS } from '../../src/stores/table-schemas.ts';

/** How far shards have been read, kept in a table in memory; by default of a stream whose shards came from nowhere. */
export function shardsInMemory(
  table: Table = new MemoryTable(TABLE_SCHEMAS.readers),
  shards: readonly ShardLineage[] = [],
): ShardProgress {
  return new ShardProgress({ progress: new StreamProgress(table), lineage: async () => shards });
}

/** A stream of whose shards nothing is known, and whose ticks nobody waits for: of a host without a stream behind it. */
export function noShards(arn: string) {
  return memoryShardedStream({ arn, listShards: async () => [], putData: () => {} });
}
