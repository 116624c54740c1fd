// The place in one shard: opens iterators, follows them, and finds its way back when one expires or is trimmed.
import type { EpochMs, ShardId } from './brands.ts';
import { reasonOf } from './persistence.ts';
import type { ReadAnswer, ShardPosition, StreamRecord, StreamSource } from './ports.ts';

export type CursorAnswer =
  | {
      readonly kind: 'records';
      readonly records: readonly StreamRecord[];
      /** The shard is closed and read to its end. */
      readonly ended: boolean;
      /** As many as one read may give: more is there for the asking. */
      readonly full: boolean;
      readonly millisBehindLatest: number | undefined;
      /** The newest question (`caughtUp`) when the read began. */
      readonly question: number;
      /** When the read began. */
      readonly beganMs: EpochMs;
    }
  | { readonly kind: 'trimmed' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'unavailable'; readonly reason: string };

export interface CursorOptions {
  readonly stream: StreamSource;
  readonly shard: ShardId;
  readonly first: ShardPosition;
  /** Where to go on when `first` is the tip and was tried once: the tip has moved since. */
  readonly resume: ShardPosition;
  readonly limit: number;
  readonly question: () => number;
  readonly nowMs: () => EpochMs;
}

export class ShardCursor {
  readonly #options: CursorOptions;
  #position: ShardPosition;
  #iterator: string | undefined;

  constructor(options: CursorOptions) {
    this.#options = options;
    this.#position = options.first;
  }

  /** The next records. Never rejects: what the stream throws is `unavailable`. */
  async read(): Promise<CursorAnswer> {
    try {
      const first = await this.#follow();
      if (first.kind !== 'iterator-expired') return first;
      this.#iterator = undefined;
      const second = await this.#follow();
      return second.kind === 'iterator-expired'
        ? { kind: 'unavailable', reason: 'iterator expired' }
        : second;
    } catch (error) {
      return { kind: 'unavailable', reason: reasonOf(error) };
    }
  }

  async #follow(): Promise<CursorAnswer | { readonly kind: 'iterator-expired' }> {
    const { stream, shard, limit } = this.#options;
    if (this.#iterator === undefined) {
      const position = this.#position;
      if (position.at === 'latest') this.#position = this.#options.resume;
      const opened = await stream.openIterator(shard, position);
      if (opened.kind === 'trimmed') return this.#trimmed();
      if (opened.kind !== 'open') return opened;
      this.#iterator = opened.iterator;
    }
    const began = { question: this.#options.question(), beganMs: this.#options.nowMs() };
    const answer = await stream.read(shard, this.#iterator, limit);
    if (answer.kind === 'trimmed') return this.#trimmed();
    return answer.kind === 'records' ? this.#moved(answer, began) : answer;
  }

  #moved(
    answer: ReadAnswer & { kind: 'records' },
    began: { readonly question: number; readonly beganMs: EpochMs },
  ): CursorAnswer {
    const last = answer.records.at(-1);
    if (last !== undefined) this.#position = { at: 'after', sequence: last.sequence };
    this.#iterator = answer.next;
    return {
      kind: 'records',
      records: answer.records,
      ended: answer.next === undefined,
      full: answer.records.length >= this.#options.limit,
      millisBehindLatest: answer.millisBehindLatest,
      ...began,
    };
  }

  #trimmed(): CursorAnswer {
    this.#iterator = undefined;
    this.#position = { at: 'trim-horizon' };
    return { kind: 'trimmed' };
  }
}
