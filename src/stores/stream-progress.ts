// How far each shard of the stream has been read, and all of them together: in the table that has no change stream, so that nobody is
// told of it. An item a shard, written once a batch: the tick that was read last, the record that was handled last, and how many records
// of each hour were.
import type { EpochMs, SequenceNumber, ShardId } from '../core/brands.ts';
import {
  decodeHourCounts,
  encodeHourCounts,
  hourIndex,
  type KeptCounts,
  withArrivals,
} from '../core/hour-counts.ts';
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

/** A record in its shard. */
export interface RecordPlace {
  readonly sequence: SequenceNumber;
  readonly arrivalMs: EpochMs;
}

/** What has been handled of a shard: everything before `records` has been before. */
export interface Handled {
  /** In stream order. */
  readonly records: readonly RecordPlace[];
  /** The last tick among them. */
  readonly tick: ReadTick | undefined;
}

/** What is known of a shard's reader. */
export interface StoredRead extends KeptCounts {
  readonly tick: ReadTick | undefined;
  /** The last record that was handled and counted, with the latest arrival up to it; undefined: none was counted yet. */
  readonly readTo: RecordPlace | undefined;
  readonly version: number;
}

const NOTHING_READ: StoredRead = {
  tick: undefined,
  readTo: undefined,
  hours: new Map(),
  fromHour: undefined,
  version: 0,
};

/** How often a refused write is tried again: a shard has one reader, so a second refusal is already rare. */
const MAX_REFUSALS = 5;

export class StreamProgress {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** How far the given shards have been read; a shard that has not been read yet is left out. A consistent read. */
  async load(stream: string, shards: readonly ShardId[]): Promise<ReadonlyMap<ShardId, StoredRead>> {
    const items = await this.#table.getMany(shards.map((shard) => keyOf(stream, shard)));
    return new Map(items.map(fromItem));
  }

  /** How far all shards have been read, including shards that no longer exist. A consistent read. */
  async all(stream: string): Promise<ReadonlyMap<ShardId, StoredRead>> {
    const partition = { name: READERS_TABLE.partitionKey, value: text(partitionOf(stream)) };
    const found = new Map<ShardId, StoredRead>();
    for await (const item of this.#table.query({ partition })) found.set(...fromItem(item));
    return found;
  }

  /** Ticks of all shards that have had one. A consistent read. */
  async list(stream: string): Promise<ReadTicks> {
    const ticks = new Map<ShardId, EpochMs>();
    for (const [shard, { tick }] of await this.all(stream)) {
      if (tick !== undefined) ticks.set(shard, tick.tickMs);
    }
    return ticks;
  }

  /**
   * Notes what has been handled of a shard. What is stored never goes back, and no record is counted twice: those at or before the one
   * that was handled last change nothing. Gives what is stored then. `known`: what the caller believes is stored.
   * @throws StoreError where it could not be written
   */
  async note(
    at: { readonly stream: string; readonly shard: ShardId },
    handled: Handled,
    known?: StoredRead,
  ): Promise<StoredRead> {
    let stored = known;
    for (let refusals = 0; refusals <= MAX_REFUSALS; refusals += 1) {
      const next = advanced(stored, handled);
      if (next === undefined) return stored ?? NOTHING_READ;
      const version = (stored?.version ?? 0) + 1;
      const [outcome] = await this.#table.commit([
        {
          key: keyOf(at.stream, at.shard),
          expectedVersion: stored?.version,
          version,
          attributes: toAttributes(next),
        },
      ]);
      if (outcome?.kind === 'committed') return { ...next, version };
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

/** undefined: nothing of it is new. */
function advanced(
  stored: StoredRead | undefined,
  { records, tick }: Handled,
): Omit<StoredRead, 'version'> | undefined {
  const isNew = (
    { sequence }: { readonly sequence: SequenceNumber },
    than: RecordPlace | ReadTick | undefined,
  ) => than === undefined || compareSequenceNumbers(sequence, than.sequence) > 0;
  // In stream order nothing behind a new record is an old one.
  const from = records.findIndex((record) => isNew(record, stored?.readTo));
  const fresh = from < 0 ? [] : from === 0 ? records : records.slice(from);
  const newTick = tick !== undefined && isNew(tick, stored?.tick) ? tick : undefined;
  const last = fresh.at(-1);
  if (last === undefined && newTick === undefined) return undefined;
  const before = stored ?? NOTHING_READ;
  const counts = withArrivals(
    { hours: before.hours, fromHour: before.fromHour ?? beginningOf(stored, fresh) },
    fresh,
  );
  const arrivalMs = latestOf(fresh, before.readTo?.arrivalMs ?? 0);
  return {
    ...counts,
    readTo: last === undefined ? before.readTo : { sequence: last.sequence, arrivalMs },
    tick:
      newTick === undefined
        ? before.tick
        : { ...newTick, tickMs: Math.max(newTick.tickMs, before.tick?.tickMs ?? newTick.tickMs) },
  };
}

function latestOf(records: readonly RecordPlace[], atLeastMs: EpochMs): EpochMs {
  let latestMs = atLeastMs;
  for (const { arrivalMs } of records) if (arrivalMs > latestMs) latestMs = arrivalMs;
  return latestMs;
}

/** A shard that was read before records were counted: the hour in which that began is not whole. */
function beginningOf(stored: StoredRead | undefined, [first]: readonly RecordPlace[]): number | undefined {
  const isUncounted = stored !== undefined && stored.readTo === undefined;
  return isUncounted && first !== undefined ? hourIndex(first.arrivalMs) + 1 : undefined;
}

function toAttributes({ tick, readTo, hours, fromHour }: Omit<StoredRead, 'version'>) {
  return {
    tickMs: tick === undefined ? undefined : number(tick.tickMs),
    sequence: tick === undefined ? undefined : text(tick.sequence),
    readTo: readTo === undefined ? undefined : text(readTo.sequence),
    readToMs: readTo === undefined ? undefined : number(readTo.arrivalMs),
    hours: text(encodeHourCounts(hours)),
    fromHour: fromHour === undefined ? undefined : number(fromHour),
  };
}

function fromItem(item: Item): readonly [ShardId, StoredRead] {
  const shard = textOf(item, READERS_TABLE.sortKey);
  const version = numberOf(item, 'version');
  if (shard === undefined || version === undefined) {
    throw new Error(
      `progress of a shard: found an item with ${Object.keys(item).join(', ')}, expected name and version`,
    );
  }
  const [sequence, tickMs] = [textOf(item, 'sequence'), numberOf(item, 'tickMs')];
  const [readTo, arrivalMs] = [textOf(item, 'readTo'), numberOf(item, 'readToMs')];
  const read = {
    // as they were noted
    tick:
      sequence === undefined || tickMs === undefined
        ? undefined
        : { tickMs, sequence: sequence as SequenceNumber },
    readTo:
      readTo === undefined || arrivalMs === undefined
        ? undefined
        : { sequence: readTo as SequenceNumber, arrivalMs },
    hours: decodeHourCounts(textOf(item, 'hours') ?? ''),
    fromHour: numberOf(item, 'fromHour'),
    version,
  };
  return [shard as ShardId, read];
}

function notWritten(shard: ShardId, reason = 'the store gave no outcome'): StoreError {
  return new StoreError('table-unavailable', `the progress of ${shard} could not be noted: ${reason}`, {
    retryable: true,
  });
}
