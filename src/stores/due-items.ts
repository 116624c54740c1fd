// What an index by time has due, over all its buckets the longest due first: whoever stops on the way goes on next time with those
// that have waited longest.
import { mergeSorted } from './merge-sorted.ts';
import type { Table } from './table.ts';
import { number, numberOf, textOf } from './table.ts';

export interface TimeIndex {
  readonly index: string;
  /** Attribute with the bucket: number, 0 to `buckets - 1`. */
  readonly bucket: string;
  readonly buckets: number;
  /** Attribute with the time: number, ms since the epoch. */
  readonly time: string;
  /** Attribute to hand out: text. */
  readonly key: string;
}

export async function* dueItems(
  table: Table,
  { index, bucket, buckets, time, key }: TimeIndex,
  nowMs: number,
): AsyncIterable<string> {
  const due = Array.from({ length: buckets }, (_, at) =>
    table.query({
      index,
      partition: { name: bucket, value: number(at) },
      sort: { name: time, from: number(0), to: number(Math.min(nowMs, Number.MAX_SAFE_INTEGER)) },
    }),
  );
  for await (const item of mergeSorted(due, (a, b) => (numberOf(a, time) ?? 0) < (numberOf(b, time) ?? 0))) {
    const name = textOf(item, key);
    if (name !== undefined) yield name;
  }
}
