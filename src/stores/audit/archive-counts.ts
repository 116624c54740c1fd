// What the archive's manifests say that each shard carried. Objects are not read: a manifest has the number of records in each.
import { hourStartMs, type ShardPlace } from '../../core/archive/archive-names.ts';
import { totalsOf } from '../../core/archive/manifest.ts';
import type { CountedShard, ShardPosition } from '../../core/audit/compare-stream.ts';

import { HOURS_KEPT, hourIndex } from '../../core/hour-counts.ts';
import { compareSequenceNumbers } from '../../core/sequence-number.ts';
import { loadManifest, loadShardPage } from '../archive/archive-pages.ts';
import type { Objects } from '../archive/objects.ts';
import type { StreamCounts } from './stream-counts.ts';

/** Manifests that are read side by side. */
const AT_ONCE = 20;

export function archiveCounts(objects: Objects): StreamCounts {
  return { ofShard: (stream, shard) => countShard(objects, { stream: nameOf(stream), shard }) };
}

/** The latest hours, as many as are kept of those that were handled. */
async function countShard(objects: Objects, place: ShardPlace): Promise<CountedShard> {
  const page = await loadShardPage(objects, place);
  const latest = page.value.hours.slice(-HOURS_KEPT);
  const hours = new Map<number, number>();
  let to: ShardPosition | undefined;
  for (let at = 0; at < latest.length; at += AT_ONCE) {
    const some = latest.slice(at, at + AT_ONCE);
    const manifests = await Promise.all(some.map((hour) => loadManifest(objects, { ...place, hour })));
    for (const { value } of manifests) {
      const { records, last, lastArrivalMs } = totalsOf(value);
      const startMs = hourStartMs(value.hour);
      if (last === undefined || lastArrivalMs === undefined || startMs === undefined) continue;
      hours.set(hourIndex(startMs), records);
      to = later(to, { sequence: last, arrivalMs: lastArrivalMs });
    }
  }
  return { hours, fromHour: undefined, to };
}

/** Arrivals need not go up with the sequence numbers. */
function later(a: ShardPosition | undefined, b: ShardPosition): ShardPosition {
  if (a === undefined) return b;
  const { sequence } = compareSequenceNumbers(a.sequence, b.sequence) > 0 ? a : b;
  return { sequence, arrivalMs: Math.max(a.arrivalMs, b.arrivalMs) };
}

/** As the archive calls a stream. */
function nameOf(arn: string): string {
  return arn.slice(arn.indexOf('/') + 1);
}
