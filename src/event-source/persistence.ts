// Saving what must not be lost: tried again until it is done, or the mapping stops.

import { exponentialBackoff } from './backoff.ts';
import type { ShardId } from './brands.ts';
import type { MappingDeps } from './mapping-deps.ts';

/** For servers that do not answer: quick, and never far from the moment they are back. */
export const serverBackoff = exponentialBackoff({ baseMs: 200, capMs: 5_000 });

/** A destination that refuses a batch this often loses it, as on AWS (rule 49). */
const MAX_DELIVERIES = 5;

interface Saving {
  readonly what: 'checkpoints' | 'destination';
  readonly shard: ShardId | undefined;
  readonly stopping: AbortSignal;
}

/** `given-up`: by a destination alone. `stopped`: before anything was saved. */
export type Persisted = 'saved' | 'given-up' | 'stopped';

/** Tries until `action` resolves. */
export async function persist(
  deps: Pick<MappingDeps, 'clock' | 'random' | 'observe'>,
  { what, shard, stopping }: Saving,
  action: () => Promise<void>,
): Promise<Persisted> {
  for (let failures = 1; ; failures += 1) {
    try {
      await action();
      return 'saved';
    } catch (error) {
      const givenUp = what === 'destination' && failures === MAX_DELIVERIES;
      const retryMs = givenUp || stopping.aborted ? undefined : serverBackoff(failures, deps.random);
      deps.observe({ kind: 'unavailable', what, shard, reason: reasonOf(error), retryMs });
      if (retryMs === undefined) return givenUp ? 'given-up' : 'stopped';
      await deps.clock.sleep(retryMs, stopping);
    }
  }
}

/** An error in words, its causes included. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.message === '' ? error.name : `${error.name}: ${error.message}`;
  return error.cause === undefined ? own : `${own} (${reasonOf(error.cause)})`;
}
