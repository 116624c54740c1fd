// Compares, shard by shard, the records that were handled with those that the stream carried.
import { type CountedShard, compareShard } from '../../core/audit/compare-stream.ts';
import type { Difference } from '../../core/audit/difference.ts';
import type { ShardId } from '../../core/brands.ts';
import type { ShardLineage } from '../../core/stream-progress.ts';
import { ArchiveError } from '../archive/archive-error.ts';
import type { GivenUpRecords } from '../given-up-records.ts';
import type { StoredRead, StreamProgress } from '../stream-progress.ts';
import type { StreamCounts } from './stream-counts.ts';

/** A stream, and who knows what of it. */
export interface AuditedStream {
  readonly arn: string;
  /** All within retention, closed ones too. Rejects where the stream cannot be reached. */
  readonly listShards: () => Promise<readonly ShardLineage[]>;
}

export interface StreamAuditDeps {
  readonly streams: readonly AuditedStream[];
  readonly progress: StreamProgress;
  readonly givenUp: GivenUpRecords;
  readonly carried: StreamCounts;
}

/** Where a step begins: behind this shard of that stream. */
export interface StreamPlace {
  readonly stream: string;
  readonly shard: ShardId;
}

export interface StreamsReport {
  readonly differences: readonly Difference[];
  readonly shards: number;
  /** undefined: all have been looked at. */
  readonly next: StreamPlace | undefined;
}

/** Shards a step: of each up to a hundred manifests are read. */
const SHARDS_AT_ONCE = 10;

export async function lookAtStreams(
  after: StreamPlace | undefined,
  deps: StreamAuditDeps,
): Promise<StreamsReport> {
  const from = after === undefined ? 0 : deps.streams.findIndex(({ arn }) => arn === after.stream);
  const stream = deps.streams[Math.max(0, from)];
  if (stream === undefined) return { differences: [], shards: 0, next: undefined };
  const shards = await stream.listShards();
  const read = await deps.progress.all(stream.arn);
  const all = [...new Set([...shards.map(({ id }) => id), ...read.keys()])].sort();
  const rest = all.filter((id) => after === undefined || from < 0 || id > after.shard);
  const some = rest.slice(0, SHARDS_AT_ONCE);
  const look = { stream: stream.arn, shards, read };
  const found = await Promise.all(some.map((shard) => lookAtShard(shard, look, deps)));
  return { differences: found.flat(), shards: some.length, next: nextPlace(stream, { rest, some }, deps) };
}

/** The next stream begins in front of its first shard. */
function nextPlace(
  { arn }: AuditedStream,
  { rest, some }: { readonly rest: readonly ShardId[]; readonly some: readonly ShardId[] },
  { streams }: StreamAuditDeps,
): StreamPlace | undefined {
  const last = some.at(-1);
  if (last !== undefined && rest.length > some.length) return { stream: arn, shard: last };
  const following = streams[streams.findIndex((each) => each.arn === arn) + 1];
  return following === undefined ? undefined : { stream: following.arn, shard: '' as ShardId };
}

interface ShardLook {
  readonly stream: string;
  readonly shards: readonly ShardLineage[];
  readonly read: ReadonlyMap<ShardId, StoredRead>;
}

async function lookAtShard(
  shard: ShardId,
  { stream, shards, read }: ShardLook,
  { carried, givenUp }: StreamAuditDeps,
): Promise<readonly Difference[]> {
  const later = descendantsOf(shard, shards);
  try {
    const own = await carried.ofShard(stream, shard);
    const isFirst = shards.every(({ id, parents }) => id !== shard || parents.length === 0);
    return compareShard({
      stream: stream.slice(stream.indexOf('/') + 1),
      shard,
      handled: handledOf(read.get(shard)),
      carried: isFirst ? { ...own, fromHour: beginningOf(own) } : own,
      givenUp: await givenUp.hours(stream, shard),
      isDrained: await isDrained(later, { stream, read, carried }),
    });
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    const where = { stream: stream.slice(stream.indexOf('/') + 1), shard };
    return [{ kind: 'unreadable', where, found: 0, expected: 1, detail: error.message }];
  }
}

function handledOf(read: StoredRead | undefined): CountedShard {
  if (read === undefined) return { hours: new Map(), fromHour: undefined, to: undefined };
  return { hours: read.hours, fromHour: read.fromHour, to: read.readTo };
}

/** Who was switched on in the middle of the stream has a part of its first hour. */
function beginningOf({ hours, fromHour }: CountedShard): number | undefined {
  const first = Math.min(...hours.keys());
  return Number.isFinite(first) ? Math.max(first + 1, fromHour ?? 0) : fromHour;
}

/** A child, which may have had no record, and what came from it in turn. */
function descendantsOf(shard: ShardId, shards: readonly ShardLineage[]): readonly ShardId[] {
  const found = new Set<ShardId>([shard]);
  for (const each of found) for (const { id, parents } of shards) if (parents.includes(each)) found.add(id);
  found.delete(shard);
  return [...found];
}

/** A shard is read when all that it came from has been. */
async function isDrained(
  later: readonly ShardId[],
  { stream, read, carried }: Pick<ShardLook, 'stream' | 'read'> & Pick<StreamAuditDeps, 'carried'>,
): Promise<boolean> {
  if (!later.some((each) => read.get(each)?.readTo !== undefined)) return false;
  for (const each of later) {
    if ((await carried.ofShard(stream, each)).to !== undefined) return true;
  }
  return false;
}
