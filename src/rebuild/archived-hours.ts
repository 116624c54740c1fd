// What an archive has of a range, hour by hour of every shard, as a rebuild plans with it.
import { type ArchiveHour, hourStartMs } from '../core/archive/archive-names.ts';
import { totalsOf } from '../core/archive/manifest.ts';
import type { SequenceNumber, ShardId } from '../core/brands.ts';
import type { PlannedHour } from '../core/rebuild/rebuild-steps.ts';
import { compareSequenceNumbers } from '../core/sequence-number.ts';
import type { ArchiveError } from '../stores/archive/archive-error.ts';
import type { ArchivedHour, ArchiveRange, ArchiveReader } from '../stores/archive/archive-reader.ts';

export const HOUR_MS = 3_600_000;

export interface FoundHour extends PlannedHour {
  readonly archived: ArchivedHour;
  /** What its manifest comes to. */
  readonly records: number;
  readonly bytes: number;
  readonly digest: string;
  readonly lastArrivalMs: number | undefined;
}

export interface FoundHours {
  readonly hours: readonly FoundHour[];
  /** What is missing, or cannot be read. */
  readonly gaps: readonly ArchiveError[];
}

/** Whole hours: an hour that the range touches counts. `begunMs`: of a shard, hours before that are left out. */
export async function archivedHours(
  reader: ArchiveReader,
  stream: string,
  { fromMs = 0, toMs = Number.POSITIVE_INFINITY }: ArchiveRange,
  begunMs: ReadonlyMap<ShardId, number> = NOWHERE,
): Promise<FoundHours> {
  const hours: FoundHour[] = [];
  const gaps: ArchiveError[] = [];
  for (const shard of await reader.shards(stream)) {
    const range = {
      fromMs: Math.floor(Math.max(fromMs, begunMs.get(shard) ?? 0) / HOUR_MS) * HOUR_MS,
      toMs: Math.ceil(toMs / HOUR_MS) * HOUR_MS,
    };
    for (const archived of await reader.hours({ stream, shard }, range)) {
      gaps.push(...archived.problems);
      const found = foundHour(archived);
      if (found !== undefined) hours.push(found);
    }
  }
  return { hours, gaps };
}

const NOWHERE: ReadonlyMap<ShardId, number> = new Map();

/** undefined: nothing is in it. */
function foundHour(archived: ArchivedHour): FoundHour | undefined {
  const { place, manifest, unlisted } = archived;
  const { records, bytes, digest, first, last, lastArrivalMs } = totalsOf(manifest);
  const firsts = unlisted.map(firstOf);
  const all = [...(first === undefined ? [] : [first, last ?? first]), ...firsts].sort(
    compareSequenceNumbers,
  );
  const [least] = all;
  const greatest = all.at(-1);
  if (least === undefined || greatest === undefined) return undefined;
  const { shard, hour } = place;
  return {
    ...{ shard, hour, first: least, last: greatest, open: unlisted.length > 0 },
    ...{ archived, records, bytes, digest, lastArrivalMs },
  };
}

/** As the object's name says. */
function firstOf(name: string): SequenceNumber {
  // digits, as its name was found to be
  return name.slice(0, name.indexOf('.')).replace(/^0+(?=\d)/, '') as SequenceNumber;
}

/** An hour of a shard, as a key. */
export function placeText({ shard, hour }: { readonly shard: ShardId; readonly hour: ArchiveHour }): string {
  return `${hour} ${shard}`;
}

export function hourEndMs(hour: string): number {
  return (hourStartMs(hour) ?? 0) + HOUR_MS;
}
