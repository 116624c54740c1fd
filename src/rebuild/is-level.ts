// When a generation is level with an archive that grows all the time: what is left to fold came a moment ago, into the hour that it has been
// in the midst of. Whoever waited for nothing to be left would wait for the devices to fall silent.
import type { ArchiveHour } from '../core/archive/archive-names.ts';
import type { ManifestEntry } from '../core/archive/manifest.ts';
import type { SequenceNumber } from '../core/brands.ts';
import { compareSequenceNumbers } from '../core/sequence-number.ts';
import type { ChunkProgress } from '../stores/generations.ts';
import type { FoundHour } from './archived-hours.ts';

/** By arrival: what comes within this time is left to catching up with the stream, and to following the archive. */
export const LEVEL_MS = 5 * 60_000;

export interface LeftWork {
  readonly hour: ArchiveHour;
  /** Chunks to fold, as far as they are, and what is archived of them; none: the hour is to be closed. */
  readonly chunks: readonly {
    readonly noted: ChunkProgress | undefined;
    readonly hours: readonly FoundHour[];
  }[];
  /** An hour to be closed up to a time, and up to when it is. */
  readonly close?: { readonly atMs: number; readonly closedMs: number } | undefined;
}

/** `newest`: the archive's last hour. */
export function isLevel(left: readonly LeftWork[], newest: ArchiveHour | undefined): boolean {
  return left.every(
    ({ hour, chunks, close }) =>
      hour === newest &&
      chunks.every(({ noted, hours }) => noted?.done === true && hasJustGrown(hours, noted.upTo)) &&
      (close === undefined || close.atMs - close.closedMs <= LEVEL_MS),
  );
}

function hasJustGrown(hours: readonly FoundHour[], upTo: SequenceNumber | undefined): boolean {
  if (upTo === undefined) return false;
  const since = hours
    .flatMap(({ archived }) => archived.manifest.objects)
    .filter(({ last }) => compareSequenceNumbers(last, upTo) > 0);
  return spanMs(since) <= LEVEL_MS;
}

/** From the first arrival to the last. */
export function spanMs(objects: readonly Pick<ManifestEntry, 'firstArrivalMs' | 'lastArrivalMs'>[]): number {
  const [first, last] = objects.reduce(
    ([least, most], { firstArrivalMs, lastArrivalMs }) => [
      Math.min(least, firstArrivalMs),
      Math.max(most, lastArrivalMs),
    ],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  return Math.max(0, last - first);
}
