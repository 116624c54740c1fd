// Checkpoints for runs that keep nothing, and for simulations in which a mapping dies but its service does not.
import type { ShardId } from './brands.ts';
import type { CheckpointStore, ShardCheckpoint } from './ports.ts';

/** Checkpoints that end with the process. */
export function createMemoryCheckpoints(): CheckpointStore {
  const mappings = new Map<string, Map<ShardId, ShardCheckpoint>>();
  return {
    async load(mapping) {
      return new Map(mappings.get(mapping));
    },
    async begin(mapping, checkpoints) {
      mappings.set(mapping, new Map(checkpoints));
    },
    async save(mapping, shard, checkpoint) {
      const shards = mappings.get(mapping) ?? new Map<ShardId, ShardCheckpoint>();
      mappings.set(mapping, shards.set(shard, checkpoint));
    },
    async forget(mapping) {
      mappings.delete(mapping);
    },
  };
}
