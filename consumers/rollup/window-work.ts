// What a batch brings to a rollup window.
import type { Partiality } from '../../src/core/partiality.ts';
import type { Addition } from '../../src/core/rollup.ts';
import type { WindowKey } from '../../src/stores/windows.ts';

/** Whether the time of a window had run out when something arrived for it. */
export function hasExpired({ end }: WindowKey, retentionMs: number | undefined, arrivalMs: number): boolean {
  return retentionMs !== undefined && arrivalMs > end + retentionMs;
}

/** One rollup window's share of a batch. */
export interface WindowWork {
  readonly key: WindowKey;
  readonly additions: Addition[];
  /** How long the window is kept; undefined: for ever. */
  readonly retentionMs: number | undefined;
  /** Over how many parts it is spread, where it is new. */
  readonly parts: number;
  lastArrivalMs: number;
  /** What it lacks of sources that had closed theirs before the rollup began. */
  readonly partial: Partiality | undefined;
}
