// Time, as everything here asks for it: of the machine, or virtual.
import type { EpochMs } from './brands.ts';

export interface Clock {
  nowMs(): EpochMs;
  /** Resolves after `ms`, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
