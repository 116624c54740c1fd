// How far this function has read each shard: the ticks it has handled, noted where the closer and the alerts' clock look; and the one
// that came before a batch, which says what was silent then.
import type { EpochMs, ShardId } from '../../src/core/brands.ts';
import { type ShardLineage, shardReadMs, withAncestors } from '../../src/core/stream-progress.ts';
import type { StoredTick, StreamProgress } from '../../src/stores/stream-progress.ts';
import type { BatchTick } from './decode-batch.ts';

export interface ShardProgressDeps {
  readonly progress: StreamProgress;
  /** Which shards of a stream, by its ARN, came from which. */
  readonly lineage: (stream: string) => Promise<readonly ShardLineage[]>;
}

interface Place {
  readonly stream: string;
  readonly shard: ShardId;
}

export class ShardProgress {
  readonly #deps: ShardProgressDeps;
  /** By shard, as stored last by this container or seen by it: spares a read where no other writes it. */
  readonly #known = new Map<string, StoredTick>();
  /** For shards without a tick of their own: what their parents' last ticks say, which no longer change. */
  readonly #inherited = new Map<string, EpochMs | undefined>();

  constructor(deps: ShardProgressDeps) {
    this.#deps = deps;
  }

  /**
   * The latest tick before what has not been handled of a shard yet; undefined where there is none. Read anew: another container may have
   * had the batch before. Rejects where it cannot be read.
   */
  async before({ stream, shard }: Place): Promise<EpochMs | undefined> {
    const { progress, lineage } = this.#deps;
    const key = keyOf(stream, shard);
    const own = (await progress.load(stream, [shard])).get(shard);
    if (own !== undefined) {
      this.#remember(key, own);
      return own.tickMs;
    }
    if (this.#inherited.has(key)) return this.#inherited.get(key);
    const shards = await lineage(stream);
    const stored = await progress.load(stream, withAncestors(shard, shards));
    const ticks = new Map([...stored].map(([id, { tickMs }]) => [id, tickMs]));
    const inherited = shardReadMs(shard, shards, ticks);
    if (this.#inherited.size >= MOST_SHARDS) this.#inherited.clear();
    this.#inherited.set(key, inherited);
    return inherited;
  }

  /** Notes the last of these ticks of one shard. Repeating it is safe. Rejects where it cannot be written. */
  async note(ticks: readonly BatchTick[]): Promise<void> {
    const last = ticks.at(-1);
    if (last === undefined) return;
    const tickMs = Math.max(...ticks.map(({ atMs }) => atMs));
    const key = keyOf(last.stream, last.shard);
    const { sequence } = last;
    this.#remember(key, await this.#deps.progress.note(last, { tickMs, sequence }, this.#known.get(key)));
  }

  #remember(key: string, tick: StoredTick): void {
    if (this.#known.size >= MOST_SHARDS) this.#known.clear();
    this.#known.set(key, tick);
  }
}

/** Known at a time: some 100 bytes each. */
const MOST_SHARDS = 10_000;

function keyOf(stream: string, shard: ShardId): string {
  return `${stream} ${shard}`;
}
