// How far each shard of the stream has been read, and all of them together: in the table that has no change stream, so that nobody is
// told of it. An item a shard, written once a tick.
import type { EpochMs, SequenceNumber, ShardId } from '../core/brands.ts';
import { compareSequenceNumbers } from '../core/sequence-number.ts';
import type { ReadTicks } from '../core/stream-progress.ts';
import { READERS_TABLE } from '../platform/names.ts';
import { StoreError } from './store-error.ts';
import type { Item, Table } from './table.ts';
import { number, numberOf, text, textOf } from './table.ts';

/** A tick up to which everything in its shard has been handled. */
export interface ReadTick {
  /** The latest arrival of a tick up to here. */
  readonly tickMs: EpochMs;
  readonly sequence: SequenceNumber;
}

export interface StoredTick extends ReadTick {
  readonly version: number;
}

/** How often a refused write is tried again: a shard has one reader, so a second refusal is already rare. */
const MAX_REFUSALS = 5;

export class StreamProgress {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Ticks of the given shards; a shard without a tick yet is left out. A consistent read. */
  async load(stream: string, shards: readonly ShardId[]): Promise<ReadonlyMap<ShardId, StoredTick>> {
    const items = await this.#table.getMany(shards.map((shard) => keyOf(stream, shard)));
    return new Map(items.map(fromItem));
  }

  /** Ticks of all shards, including shards that no longer exist. A consistent read. */
  async list(stream: string): Promise<ReadTicks> {
    const partition = { name: READERS_TABLE.partitionKey, value: text(partitionOf(stream)) };
    const ticks = new Map<ShardId, EpochMs>();
    for await (const item of this.#table.query({ partition })) {
      const [shard, { tickMs }] = fromItem(item);
      ticks.set(shard, tickMs);
    }
    return ticks;
  }

  /**
   * Notes that a shard has been handled up to a tick. What is stored never goes back: a tick at or before it changes nothing. Gives
   * what is stored then. `known`: what the caller believes is stored.
   * @throws StoreError where it could not be written
   */
  async note(
    at: { readonly stream: string; readonly shard: ShardId },
    tick: ReadTick,
    known?: StoredTick,
  ): Promise<StoredTick> {
    let stored = known;
    for (let refusals = 0; refusals <= MAX_REFUSALS; refusals += 1) {
      if (stored !== undefined && compareSequenceNumbers(tick.sequence, stored.sequence) <= 0) return stored;
      const version = (stored?.version ?? 0) + 1;
      const tickMs = Math.max(tick.tickMs, stored?.tickMs ?? tick.tickMs);
      const [outcome] = await this.#table.commit([
        {
          key: keyOf(at.stream, at.shard),
          expectedVersion: stored?.version,
          version,
          attributes: { tickMs: number(tickMs), sequence: text(tick.sequence) },
        },
      ]);
      if (outcome?.kind === 'committed') return { tickMs, sequence: tick.sequence, version };
      if (outcome?.kind !== 'refused') throw notWritten(at.shard, outcome?.reason);
      stored = outcome.stored === undefined ? undefined : fromItem(outcome.stored)[1];
    }
    throw notWritten(at.shard, `refused ${MAX_REFUSALS + 1} times`);
  }

  /** Up to when everything in all shards has been handled, as found last; undefined before the first time. Consistent. */
  async loadHorizon(): Promise<EpochMs | undefined> {
    const [item] = await this.#table.getMany([HORIZON_KEY]);
    return item === undefined ? undefined : numberOf(item, 'readUpToMs');
  }

  /** It stays true whatever comes later; one that is written by a run that hung is true too, and merely older. */
  async storeHorizon(readUpToMs: EpochMs): Promise<void> {
    await this.#table.putMany([{ ...HORIZON_KEY, readUpToMs: number(readUpToMs) }]);
  }
}

const HORIZON_KEY: Item = {
  [READERS_TABLE.partitionKey]: text('progress'),
  [READERS_TABLE.sortKey]: text('horizon'),
};

function partitionOf(stream: string): string {
  return `progress|${stream}`;
}

function keyOf(stream: string, shard: ShardId): Item {
  return {
    [READERS_TABLE.partitionKey]: text(partitionOf(stream)),
    [READERS_TABLE.sortKey]: text(shard),
  };
}

function fromItem(item: Item): readonly [ShardId, StoredTick] {
  const shard = textOf(item, READERS_TABLE.sortKey);
  const sequence = textOf(item, 'sequence');
  const tickMs = numberOf(item, 'tickMs');
  const version = numberOf(item, 'version');
  if (shard === undefined || sequence === undefined || tickMs === undefined || version === undefined) {
    throw new Error(
      `progress of a shard: found an item with ${Object.keys(item).join(', ')}, expected name, sequence, tickMs and version`,
    );
  }
  // as they were noted
  return [shard as ShardId, { tickMs, sequence: sequence as SequenceNumber, version }];
}

function notWritten(shard: ShardId, reason = 'the store gave no outcome'): StoreError {
  return new StoreError('table-unavailable', `the progress of ${shard} could not be noted: ${reason}`, {
    retryable: true,
  });
}
