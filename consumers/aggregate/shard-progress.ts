// How far this function has read each shard: the ticks it has handled, noted where the closer and the alerts' clock look, and the records
// by the hour, noted for the audit; and the tick that came before a batch, which says what was silent then.
import type { EpochMs, SequenceNumber, ShardId } from '../../src/core/brands.ts';
import { compareSequenceNumbers } from '../../src/core/sequence-number.ts';
import { type ShardLineage, shardReadMs, withAncestors } from '../../src/core/stream-progress.ts';
import { NoStreamError } from '../../src/platform/sharded-stream.ts';
import type { RecordPlace, StoredRead, StreamProgress } from '../../src/stores/stream-progress.ts';
import type { BatchTick } from './decode-batch.ts';

export interface ShardProgressDeps {
  readonly progress: StreamProgress;
  /** Which shards of a stream, by its ARN, came from which. */
  readonly lineage: (stream: string) => Promise<readonly ShardLineage[]>;
}

export interface ShardPlace {
  readonly stream: string;
  readonly shard: ShardId;
}

interface RecordAt {
  readonly sequence: SequenceNumber;
}

/** What one batch held, in stream order. */
export interface HandledRecords {
  /** Ticks are among them. */
  readonly records: readonly RecordPlace[];
  readonly ticks: readonly BatchTick[];
}

export class ShardProgress {
  readonly #deps: ShardProgressDeps;
  /** By shard, as stored last by this container or seen by it: spares a read where no other writes it. */
  readonly #known = new Map<string, StoredRead>();
  /** For shards without a tick of their own: what their parents' last ticks say, which no longer change. */
  readonly #inherited = new Map<string, EpochMs | undefined>();

  constructor(deps: ShardProgressDeps) {
    this.#deps = deps;
  }

  /**
   * The latest tick before a record of a shard; undefined where none is known, since there was none, or since the record is handled again
   * and a tick behind it has been too. Read anew: another container may have had the batch before. Rejects where it cannot be read.
   */
  async before({ stream, shard, sequence }: ShardPlace & RecordAt): Promise<EpochMs | undefined> {
    const { progress, lineage } = this.#deps;
    const key = keyOf(stream, shard);
    const own = (await progress.load(stream, [shard])).get(shard);
    if (own !== undefined) this.#remember(key, own);
    if (own?.tick !== undefined)
      return compareSequenceNumbers(own.tick.sequence, sequence) < 0 ? own.tick.tickMs : undefined;
    if (this.#inherited.has(key)) return this.#inherited.get(key);
    const shards = await lineage(stream).catch(noneOfNoStream);
    const stored = await progress.load(stream, withAncestors(shard, shards));
    const ticks = new Map(
      [...stored].flatMap(([id, { tick }]) => (tick === undefined ? [] : [[id, tick.tickMs]])),
    );
    const inherited = shardReadMs(shard, shards, ticks);
    if (this.#inherited.size >= MOST_SHARDS) this.#inherited.clear();
    this.#inherited.set(key, inherited);
    return inherited;
  }

  /** Notes what has been handled of a shard, all that came before it being handled. Repeating it is safe. Rejects where it cannot be written. */
  async note({ stream, shard }: ShardPlace, { records, ticks }: HandledRecords): Promise<void> {
    const last = ticks.at(-1);
    if (last === undefined && records.length === 0) return;
    const key = keyOf(stream, shard);
    const tick =
      last === undefined
        ? undefined
        : { tickMs: Math.max(...ticks.map(({ atMs }) => atMs)), sequence: last.sequence };
    const handled = { records, tick };
    this.#remember(key, await this.#deps.progress.note({ stream, shard }, handled, this.#known.get(key)));
  }

  #remember(key: string, read: StoredRead): void {
    if (this.#known.size >= MOST_SHARDS) this.#known.clear();
    this.#known.set(key, read);
  }
}

/** Records outlive their stream where they are played from a recording, or put back: nobody knows then where its shards came from. */
function noneOfNoStream(error: unknown): readonly ShardLineage[] {
  if (error instanceof NoStreamError) return [];
  throw error;
}

/** Known at a time: some 100 bytes each. */
const MOST_SHARDS = 10_000;

function keyOf(stream: string, shard: ShardId): string {
  return `${stream} ${shard}`;
}
