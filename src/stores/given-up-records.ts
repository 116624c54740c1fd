// Records that the reader of the stream gave up and that have become dead letters: how many of each hour, an item a batch, so that the
// audit does not take them for lost. Noting a batch again changes nothing.
import type { EpochMs, SequenceNumber, ShardId } from '../core/brands.ts';
import {
  decodeHourCounts,
  encodeHourCounts,
  type HourCounts,
  hourIndex,
  withArrivals,
} from '../core/hour-counts.ts';
import { compareSequenceNumbers } from '../core/sequence-number.ts';
import { READERS_TABLE } from '../platform/names.ts';
import type { Item, Table } from './table.ts';
import { text, textOf } from './table.ts';

/** All of one shard, in stream order. */
export interface GivenUpBatch {
  /** ARN. */
  readonly stream: string;
  readonly shard: ShardId;
  readonly records: readonly { readonly sequence: SequenceNumber; readonly arrivalMs: EpochMs }[];
}

/** Longer than the hours of which it is known how many were handled. */
const KEPT_MS = 30 * 24 * 3_600_000;

export class GivenUpRecords {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Rejects where it cannot be written. */
  async note({ stream, shard, records }: GivenUpBatch): Promise<void> {
    const [first, last] = [records[0], records.at(-1)];
    if (first === undefined || last === undefined) return;
    const counts = withArrivals({ hours: new Map(), fromHour: undefined }, records);
    await this.#table.putMany([
      {
        [READERS_TABLE.partitionKey]: partitionOf(stream, shard).value,
        [READERS_TABLE.sortKey]: text([first, last].map(({ sequence }) => padded(sequence)).join('|')),
        hours: text(encodeHourCounts(counts.hours)),
      },
    ]);
    await this.#dropBefore(last.arrivalMs - KEPT_MS, { stream, shard });
  }

  async #dropBefore(
    beforeMs: EpochMs,
    { stream, shard }: Pick<GivenUpBatch, 'stream' | 'shard'>,
  ): Promise<void> {
    const old: Item[] = [];
    for await (const item of this.#table.query({ partition: partitionOf(stream, shard) })) {
      const hours = [...readItem(item).hours.keys()];
      if (Math.max(...hours) < hourIndex(beforeMs)) old.push(item);
    }
    await this.#table.deleteMany(old.map(keyOf));
  }

  /** The records given up of a shard, by hour. A batch that lies within another counts once: two mappings gave it up, one after the other. */
  async hours(stream: string, shard: ShardId): Promise<HourCounts> {
    const sums = new Map<number, number>();
    let reached: SequenceNumber | undefined;
    for await (const item of this.#table.query({ partition: partitionOf(stream, shard) })) {
      const { last, hours } = readItem(item);
      if (reached !== undefined && compareSequenceNumbers(last, reached) <= 0) continue;
      reached = last;
      for (const [hour, records] of hours) sums.set(hour, (sums.get(hour) ?? 0) + records);
    }
    return sums;
  }
}

/** So many that padded sequence numbers sort as numbers. */
const DIGITS = 60;

function padded(sequence: SequenceNumber): string {
  return sequence.padStart(DIGITS, '0');
}

function partitionOf(stream: string, shard: ShardId) {
  return { name: READERS_TABLE.partitionKey, value: text(`given-up|${stream}|${shard}`) };
}

function keyOf(item: Item): Item {
  const names: readonly string[] = [READERS_TABLE.partitionKey, READERS_TABLE.sortKey];
  return Object.fromEntries(Object.entries(item).filter(([name]) => names.includes(name)));
}

function readItem(item: Item) {
  const name = textOf(item, READERS_TABLE.sortKey) ?? '';
  const last = name.slice(name.indexOf('|') + 1).replace(/^0+(?=\d)/, '') as SequenceNumber; // as noted
  return { last, hours: decodeHourCounts(textOf(item, 'hours') ?? '') };
}
