// Up to when the stream has been read: silence is judged by that alone. Puts the ticks by which it will be known the next time.
import type { EpochMs } from '../../src/core/brands.ts';
import { leastReadMs } from '../../src/core/stream-progress.ts';
import type { Log } from '../../src/platform/observe.ts';
import type { ShardedStream } from '../../src/platform/sharded-stream.ts';
import type { StreamProgress } from '../../src/stores/stream-progress.ts';
import { TICK_DATA } from '../../src/wire/tick.ts';

export interface ReadUpToDeps {
  /** All that events of the sources may come through. */
  readonly streams: readonly ShardedStream[];
  readonly progress: StreamProgress;
  readonly log: Log;
}

export interface ReadUpTo {
  /** Everything that arrived until then has been handled; undefined: it is not known that anything has. */
  readonly readUpToMs: EpochMs | undefined;
  /** Put into shards, to be read. */
  readonly ticks: number;
}

/** What has once been read stays read: where a stream cannot be asked, what was known before holds. Rejects where that cannot be read. */
export async function readUpTo({ streams, progress, log }: ReadUpToDeps): Promise<ReadUpTo> {
  const known = await progress.loadHorizon();
  const found: (EpochMs | undefined)[] = [];
  let ticks = 0;
  for (const stream of streams) {
    try {
      const shards = await stream.listShards();
      const closed = new Set(shards.flatMap(({ parents }) => parents));
      ticks += await stream.putIntoEach(
        shards.filter(({ id }) => !closed.has(id)),
        TICK_DATA,
      );
      found.push(leastReadMs(shards, await progress.list(stream.arn)));
    } catch (error) {
      log.error('stream not asked how far it has been read', { stream: stream.arn, reason: String(error) });
      found.push(undefined);
    }
  }
  const least = Math.min(...found.map((each) => each ?? Number.NEGATIVE_INFINITY));
  if (!Number.isFinite(least) || least <= (known ?? Number.NEGATIVE_INFINITY))
    return { readUpToMs: known, ticks };
  await progress.storeHorizon(least);
  return { readUpToMs: least, ticks };
}
