// The states committed last, kept warm between invocations. Dropping any of them changes cost, never results.
import type { ShardId } from '../../src/core/brands.ts';
import type { SourceState } from '../../src/core/source-state.ts';

export interface CachedState {
  readonly state: SourceState;
  readonly version: number;
}

export class StateCache {
  readonly #byRecency = new Map<string, CachedState>();
  readonly #limit: number;

  /** `limit`: how many sources; at a few KB each the default fits a function of 512 MB with room to spare. */
  constructor(limit = 10_000) {
    this.#limit = limit;
  }

  /** Hands a state over and forgets it: a fold consumes it, and only a committed state may come back. */
  take(source: string): CachedState | undefined {
    const cached = this.#byRecency.get(source);
    this.#byRecency.delete(source);
    return cached;
  }

  /**
   * Forgets what was last folded in from this shard: after a refused write, since whoever wrote meanwhile had the
   * shard's last batches, and each stale state would cost a refused write more than it saves a read.
   */
  forget(shard: ShardId): void {
    for (const [source, { state }] of this.#byRecency) {
      if (state.upTo[0]?.shard === shard) this.#byRecency.delete(source);
    }
  }

  /** Takes back a state that has been committed with this version. */
  put(source: string, cached: CachedState): void {
    this.#byRecency.set(source, cached);
    if (this.#byRecency.size <= this.#limit) return;
    for (const oldest of this.#byRecency.keys()) {
      this.#byRecency.delete(oldest);
      break;
    }
  }
}
