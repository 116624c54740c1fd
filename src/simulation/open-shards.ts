// The open shards of a stream in memory, in the order of their keys: so that a number picks one, or two neighbours.
import type { ShardId } from '../core/brands.ts';
import type { MemoryStream } from '../event-source/memory-stream.ts';

export class OpenShards {
  readonly #stream: MemoryStream;
  #open: readonly ShardId[];

  /** `first`: the stream's shards as it was made. */
  constructor(stream: MemoryStream, first: readonly ShardId[]) {
    this.#stream = stream;
    this.#open = first;
  }

  /** Gives in words what was done. */
  split(pick: number): string {
    const at = pick % this.#open.length;
    const shard = this.#open[at];
    if (shard === undefined) return 'no shard to split';
    const children = this.#stream.split(shard);
    this.#open = this.#open.toSpliced(at, 1, ...children);
    return `${shard} splits into ${children.join(' and ')}`;
  }

  merge(pick: number): string {
    const at = pick % Math.max(1, this.#open.length - 1);
    const [lower, upper] = this.#open.slice(at, at + 2);
    if (lower === undefined || upper === undefined) return 'no two shards to merge';
    const child = this.#stream.merge(lower, upper);
    this.#open = this.#open.toSpliced(at, 2, child);
    return `${lower} and ${upper} merge into ${child}`;
  }
}
