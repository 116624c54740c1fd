// The states committed last, kept warm between invocations: as bytes, those of them that there is room for also decoded. Dropping any
// of it changes cost, never results.
import type { ShardId } from '../../src/core/brands.ts';
import type { SourceState } from '../../src/core/source-state.ts';
import type { EncodedState } from '../../src/core/state-encoding.ts';

/** Pages of remembered ids that were at hand, as they are stored. */
export type KeptPages = ReadonlyMap<number, Uint8Array>;

/** A state that stands in the table with this version. */
export interface CommittedState {
  readonly state: SourceState;
  readonly version: number;
  /** What the item holds, which is what `state` was decoded from or encoded to. */
  readonly encoded: EncodedState;
  /** See `checkOf`. */
  readonly check: number;
}

/** What the cache has of it: hot with the state, cold with the pages of ids that were at hand, if any. */
export interface CachedState {
  readonly state: SourceState | undefined;
  readonly version: number;
  readonly encoded: EncodedState;
  readonly check: number;
  readonly pages: KeptPages;
}

export interface StateCacheOptions {
  /** What all that is kept may take of memory, about. */
  readonly bytes: number;
  /** How the pages of a state's ids are written: see `RememberedIds.pagesAtHand`. */
  readonly aggregations: readonly string[];
}

export class StateCache {
  readonly #options: StateCacheOptions;
  readonly #bySource = new Map<string, Entry>();
  readonly #all: Entry[] = [];
  readonly #hot: Entry[] = [];
  /** Bytes of all entries, and what the hot entries take in addition. */
  #keptBytes = 0;
  #hotBytes = 0;
  #seed = 1;

  constructor(options: StateCacheOptions) {
    this.#options = options;
  }

  /** How many states there are: decoded, and as bytes alone. */
  get size(): { readonly hot: number; readonly cold: number } {
    return { hot: this.#hot.length, cold: this.#all.length - this.#hot.length };
  }

  /** Hands a state over and forgets it: a fold consumes it, and only a committed state may come back. */
  take(source: string): CachedState | undefined {
    const entry = this.#bySource.get(source);
    if (entry === undefined) return undefined;
    this.#drop(entry);
    return entry;
  }

  /**
   * Forgets what was last folded in from this shard: after a refused write, since whoever wrote meanwhile had the
   * shard's last batches, and each stale state would cost a refused write more than it saves a read.
   */
  forget(shard: ShardId): void {
    for (const entry of this.#bySource.values()) if (entry.shard === shard) this.#drop(entry);
  }

  /** Takes back a state that has been committed with this version. */
  put(source: string, { state, version, encoded, check }: CommittedState): void {
    const kept = typeof encoded === 'string' ? encoded : encoded.slice();
    const entry: Entry = {
      source,
      shard: state.upTo[0]?.shard,
      state,
      version,
      encoded: kept,
      check,
      pages: NO_PAGES,
      bytes: ENTRY_BYTES + 2 * source.length + kept.length,
      hotBytes: DECODED_BYTES + (kept.length + state.ids.pageBytes) * DECODED_PER_BYTE,
      at: this.#all.length,
      hotAt: this.#hot.length,
    };
    const known = this.#bySource.get(source);
    if (known !== undefined) this.#drop(known);
    entry.at = this.#all.push(entry) - 1;
    entry.hotAt = this.#hot.push(entry) - 1;
    this.#bySource.set(source, entry);
    this.#keptBytes += entry.bytes;
    this.#hotBytes += entry.hotBytes;
    this.#shrink();
  }

  /**
   * Which one has to go is left to chance: where all sources report in turn and not all of them fit, forgetting the one not used longest
   * would forget each just before it comes again, and the last source too many would cost as much as if none fitted.
   */
  #shrink(): void {
    const { bytes } = this.#options;
    while (this.#hotBytes > Math.max(bytes * LEAST_HOT, bytes - this.#keptBytes))
      this.#cool(this.#any(this.#hot));
    while (this.#hotBytes + this.#keptBytes > bytes) this.#drop(this.#any(this.#all));
  }

  #any(entries: readonly Entry[]): Entry {
    // Marsaglia's xorshift of 32 bits: the same entries go in every run.
    this.#seed ^= this.#seed << 13;
    this.#seed ^= this.#seed >>> 17;
    this.#seed ^= this.#seed << 5;
    const entry = entries[(this.#seed >>> 0) % entries.length];
    if (entry === undefined) throw new Error('the cache of states holds more bytes than it has entries');
    return entry;
  }

  #cool(entry: Entry): void {
    if (entry.state === undefined) return;
    entry.pages = entry.state.ids.pagesAtHand(this.#options.aggregations);
    this.#leaveHot(entry);
    entry.state = undefined;
    let bytes = 0;
    for (const page of entry.pages.values()) bytes += PAGE_BYTES + page.length;
    entry.bytes += bytes;
    this.#keptBytes += bytes;
  }

  #drop(entry: Entry): void {
    if (entry.state !== undefined) this.#leaveHot(entry);
    this.#bySource.delete(entry.source);
    this.#keptBytes -= entry.bytes;
    const last = this.#all.pop();
    if (last === undefined || last === entry) return;
    this.#all[entry.at] = last;
    last.at = entry.at;
  }

  #leaveHot(entry: Entry): void {
    this.#hotBytes -= entry.hotBytes;
    const last = this.#hot.pop();
    if (last === undefined || last === entry) return;
    this.#hot[entry.hotAt] = last;
    last.hotAt = entry.hotAt;
  }
}

interface Entry {
  readonly source: string;
  /** Where it was last folded in from. */
  readonly shard: ShardId | undefined;
  state: SourceState | undefined;
  readonly version: number;
  readonly encoded: EncodedState;
  readonly check: number;
  pages: KeptPages;
  /** While it is cold. */
  bytes: number;
  /** How many more while it is hot. */
  readonly hotBytes: number;
  at: number;
  hotAt: number;
}

const NO_PAGES: KeptPages = new Map();

/** Share of the room reserved for hot states: sources that report all the time would otherwise be decoded all the time. */
const LEAST_HOT = 1 / 8;

// Measured on the heap of Node 24 with 3,000 sources of four pipelines: 14 to 22 bytes a byte of the encoded state, some 450 for a
// byte array with the name, and as much again for the entry and its places in a map and two lists.
const DECODED_PER_BYTE = 20;
const DECODED_BYTES = 2_000;
const ENTRY_BYTES = 700;
const PAGE_BYTES = 500;

/** Share of the function's memory. The rest is for Node and the SDK (some 100 MB) and for a batch with what it unpacks to. */
const SHARE_OF_MEMORY = 0.4;

/** How much the states of a function of so much memory may take. */
export function stateCacheBytes(memoryMb: number): number {
  return memoryMb * 1_000_000 * SHARE_OF_MEMORY;
}
