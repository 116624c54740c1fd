// Which shards may be read, and from where, so that every key's records stay in order across splits and merges (rule 5).
import type { EpochMs, ShardId } from './brands.ts';
import type { ShardCheckpoint, ShardDescription, ShardPosition } from './ports.ts';

/**
 * The checkpoints of a mapping that starts for the first time. LATEST is kept as the time of the start, so
 * that a restart before the first record loses nothing; of shards closed by then nothing is wanted.
 */
export function firstCheckpoints(
  shards: readonly ShardDescription[],
  starting: ShardPosition,
  nowMs: EpochMs,
): ReadonlyMap<ShardId, ShardCheckpoint> {
  const closed = new Set(shards.flatMap((shard) => shard.parents));
  const latest = starting.at === 'latest';
  const start: ShardPosition = latest ? { at: 'timestamp', timestampMs: nowMs } : starting;
  return new Map(
    shards.map(({ id }) => [id, { sequence: undefined, start, drained: latest && closed.has(id) }]),
  );
}

/** A shard found while the mapping runs is the child of one it read: from its start, whatever the starting position. */
export const LATER_SHARD: ShardCheckpoint = {
  sequence: undefined,
  start: { at: 'trim-horizon' },
  drained: false,
};

/**
 * The shards to begin reading now: not drained, not being read, and all parents drained. A parent that is not listed
 * any more is past retention and has nothing left to hand over, unless its reader still holds some of it.
 */
export function readableShards(
  shards: readonly ShardDescription[],
  checkpoints: ReadonlyMap<ShardId, ShardCheckpoint>,
  reading: ReadonlySet<ShardId>,
): readonly ShardId[] {
  const listed = new Set(shards.map((shard) => shard.id));
  const isDrained = (id: ShardId) => checkpoints.get(id)?.drained ?? false;
  const isDone = (id: ShardId) => isDrained(id) || !(listed.has(id) || reading.has(id));
  return shards
    .filter(({ id, parents }) => !isDrained(id) && !reading.has(id) && parents.every(isDone))
    .map(({ id }) => id);
}

/** Where reading a shard goes on. */
export function positionOf(checkpoint: ShardCheckpoint): ShardPosition {
  return checkpoint.sequence === undefined
    ? checkpoint.start
    : { at: 'after', sequence: checkpoint.sequence };
}
