// One shard of a stream in memory. Positions are counted from the shard's birth, so that trimming moves none.
import type { EpochMs, SequenceNumber, ShardId } from './brands.ts';
import type { ShardPosition, StreamRecord } from './ports.ts';
import { compareSequenceNumbers } from './sequence-number.ts';

/** Hash keys have 128 bits. */
export const KEY_SPACE = 1n << 128n;

/** Half open: `from` is in, `to` is not. */
export interface KeyRange {
  readonly from: bigint;
  readonly to: bigint;
}

export class MemoryShard {
  readonly id: ShardId;
  readonly parents: readonly ShardId[];
  readonly #range: KeyRange | undefined;
  #records: StreamRecord[] = [];
  /** How many records are past retention. */
  #trimmed = 0;
  #lastTrimmed: SequenceNumber | undefined;
  #closedMs: EpochMs | undefined;

  /** Without a range the shard takes no keys. */
  constructor(id: ShardId, parents: readonly ShardId[], range: KeyRange | undefined) {
    this.id = id;
    this.parents = parents;
    this.#range = range;
  }

  get closedMs(): EpochMs | undefined {
    return this.#closedMs;
  }

  /** The keys the shard takes; undefined once it is closed. */
  get openRange(): KeyRange | undefined {
    return this.#closedMs === undefined ? this.#range : undefined;
  }

  takes(hash: bigint): boolean {
    const range = this.openRange;
    return range !== undefined && hash >= range.from && hash < range.to;
  }

  rangeOrThrow(): KeyRange {
    const range = this.openRange;
    if (range === undefined) {
      throw new Error(`${this.id} is closed or takes no keys: it cannot be split or merged`);
    }
    return range;
  }

  append(record: StreamRecord): void {
    if (this.#closedMs !== undefined) throw new Error(`${this.id} is closed`);
    const last = this.#records.at(-1)?.sequence ?? this.#lastTrimmed;
    if (last !== undefined && compareSequenceNumbers(record.sequence, last) <= 0) {
      throw new Error(
        `${this.id}: found sequence number ${record.sequence} behind ${last}, expected a greater one`,
      );
    }
    this.#records.push(record);
  }

  close(nowMs: EpochMs): void {
    if (this.#closedMs !== undefined) throw new Error(`${this.id} is closed already`);
    this.#closedMs = nowMs;
  }

  /** Records that arrived before the horizon go. */
  trim(horizonMs: EpochMs): void {
    const kept = this.#records.findIndex(({ arrivalMs }) => arrivalMs >= horizonMs);
    this.#drop(kept < 0 ? this.#records.length : kept);
  }

  /** All that are there go. */
  trimAll(): void {
    this.#drop(this.#records.length);
  }

  #drop(gone: number): void {
    if (gone === 0) return;
    this.#lastTrimmed = this.#records[gone - 1]?.sequence;
    this.#records = this.#records.slice(gone);
    this.#trimmed += gone;
  }

  isTrimmed(sequence: SequenceNumber): boolean {
    return this.#lastTrimmed !== undefined && compareSequenceNumbers(sequence, this.#lastTrimmed) <= 0;
  }

  indexOf(position: ShardPosition): number {
    switch (position.at) {
      case 'trim-horizon':
        return this.#trimmed;
      case 'latest':
        return this.#trimmed + this.#records.length;
      case 'timestamp':
        return this.#firstIndex(({ arrivalMs }) => arrivalMs >= position.timestampMs);
      case 'after':
        return this.#firstIndex(({ sequence }) => compareSequenceNumbers(sequence, position.sequence) > 0);
    }
  }

  at(index: number): StreamRecord | undefined {
    return this.#records[Math.max(0, index - this.#trimmed)];
  }

  /** From the index, or from the trim horizon where that is later. */
  read(index: number, limit: number): { readonly records: readonly StreamRecord[]; readonly next: number } {
    const start = Math.max(0, index - this.#trimmed);
    const records = this.#records.slice(start, start + limit);
    return { records, next: this.#trimmed + start + records.length };
  }

  #firstIndex(matches: (record: StreamRecord) => boolean): number {
    const found = this.#records.findIndex(matches);
    return this.#trimmed + (found < 0 ? this.#records.length : found);
  }
}
