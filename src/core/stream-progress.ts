// How far a stream has been read, by what is known of its shards: silence is judged by that and by no clock.
import type { EpochMs, ShardId } from './brands.ts';

export interface ShardLineage {
  readonly id: ShardId;
  /** None of a first shard, one of a split's child, two of a merge's. Some may be past retention. */
  readonly parents: readonly ShardId[];
}

/** By shard, the latest tick in it up to which everything has been handled. */
export type ReadTicks = ReadonlyMap<ShardId, EpochMs>;

/**
 * Up to when all that arrived in the stream has been handled: the least over its open shards. Undefined where one of them says
 * nothing yet, and nor do those it came from: then nothing may be concluded.
 */
export function leastReadMs(shards: readonly ShardLineage[], ticks: ReadTicks): EpochMs | undefined {
  const closed = new Set(shards.flatMap(({ parents }) => parents));
  const open = shards.filter(({ id }) => !closed.has(id));
  return least(open.map(({ id }) => shardReadMs(id, shards, ticks)));
}

/**
 * The same for one shard. A shard is read once those it came from are drained, so that a tick read in it stands for them too; before the
 * first the ticks of these hold.
 */
export function shardReadMs(
  id: ShardId,
  shards: readonly ShardLineage[],
  ticks: ReadTicks,
): EpochMs | undefined {
  const byId = new Map(shards.map((shard) => [shard.id, shard]));
  const known = new Map<ShardId, EpochMs | undefined>();
  const readMs = (shard: ShardId): EpochMs | undefined => {
    const own = ticks.get(shard);
    if (own !== undefined || known.has(shard)) return own ?? known.get(shard);
    // What comes from itself says nothing.
    known.set(shard, undefined);
    const found = least((byId.get(shard)?.parents ?? []).map(readMs));
    known.set(shard, found);
    return found;
  };
  return readMs(id);
}

/** The shard and all that it came from, as far as is known. */
export function withAncestors(id: ShardId, shards: readonly ShardLineage[]): readonly ShardId[] {
  const byId = new Map(shards.map((shard) => [shard.id, shard]));
  const found = new Set<ShardId>([id]);
  for (const each of found) for (const parent of byId.get(each)?.parents ?? []) found.add(parent);
  return [...found];
}

function least(moments: readonly (EpochMs | undefined)[]): EpochMs | undefined {
  let found: EpochMs | undefined;
  for (const moment of moments) {
    if (moment === undefined) return undefined;
    if (found === undefined || moment < found) found = moment;
  }
  return found;
}
