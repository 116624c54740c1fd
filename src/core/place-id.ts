// What an event without an id is remembered by where its place in the stream has to tell it from others.
import type { EpochMs } from './brands.ts';
import type { Coordinates } from './event.ts';
import { EVENT_LIMITS } from './event-limits.ts';

/** Longer than any id that an event may have, so that it is never one of those. Another stream of the same shards had other arrivals. */
export function placeId({ shard, sequence, index }: Coordinates, arrivalMs: EpochMs): string {
  return `${sequence.padStart(EVENT_LIMITS.idLength, '0')} ${shard} ${index} ${arrivalMs}`;
}
