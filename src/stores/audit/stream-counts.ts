// What somebody beside `aggregate` has counted of a stream's shards: the audit compares the two.
import type { CountedShard } from '../../core/audit/compare-stream.ts';
import type { ShardId } from '../../core/brands.ts';

export interface StreamCounts {
  /**
   * What was carried by a shard, as far as it is known; `hours`: only these are asked for, and those known beside. Rejects where that cannot
   * be read.
   */
  readonly ofShard: (stream: string, shard: ShardId) => Promise<CountedShard>;
}
