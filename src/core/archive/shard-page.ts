// Which hours an archive has of a shard. It is written before the first record of an hour, so that a missing hour is noticed.
import { describeFound } from '../describe-found.ts';
import { isObject } from '../event-rules.ts';
import { type ArchiveHour, hourStartMs, type ShardPlace } from './archive-names.ts';
import { ARCHIVE_MARK, ARCHIVE_VERSION, problemOfVersion } from './archived-object.ts';

export interface ShardPage extends ShardPlace {
  /** In order, each once. */
  readonly hours: readonly ArchiveHour[];
}

const PAGE_KIND = 'archived shard';

export function withHour(page: ShardPage, hour: ArchiveHour): ShardPage {
  return { ...page, hours: [...new Set([...page.hours, hour])].sort() };
}

export function shardPageJson({ stream, shard, hours }: ShardPage): string {
  return `${JSON.stringify({ [ARCHIVE_MARK]: PAGE_KIND, version: ARCHIVE_VERSION, stream, shard, hours })}\n`;
}

/** Returns a text if something is wrong: what was found, what was expected, where. */
export function readShardPage(parsed: unknown, place: ShardPlace): ShardPage | string {
  if (!isObject(parsed) || parsed[ARCHIVE_MARK] !== PAGE_KIND) {
    return `found ${describeFound(parsed)}, expected the page of an archived shard`;
  }
  const newer = problemOfVersion(parsed['version']);
  if (newer !== undefined) return newer;
  for (const name of ['stream', 'shard'] as const) {
    if (parsed[name] !== place[name])
      return `${name}: found ${describeFound(parsed[name])}, expected ${place[name]}, as its name says`;
  }
  const { hours } = parsed;
  if (!Array.isArray(hours)) return `hours: found ${describeFound(hours)}, expected an array`;
  for (const [at, hour] of hours.entries()) {
    if (typeof hour !== 'string' || hourStartMs(hour) === undefined) {
      return `hours[${at}]: found ${describeFound(hour)}, expected an hour such as 2026-11-28T09`;
    }
    if (at > 0 && hours[at - 1] >= hour)
      return `hours[${at}]: found ${hour} behind ${hours[at - 1]}, expected them in order, each once`;
  }
  return { ...place, hours };
}
