// The most frequent texts with their counts, in bounded room (J. Misra, D. Gries, "Finding repeated elements", 1982; merged as in
// P. Agarwal et al., "Mergeable summaries", 2013). While there are no more distinct texts than counters, counts are exact
// and order does not matter. Beyond, a count may be too low by up to `missed`, never too high.
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { textBytes } from './text-bytes.ts';

export interface TopK {
  readonly k: number;
  readonly counts: Map<string, number>;
  /** The most that any text's count may lack; 0 while all is exact. */
  missed: number;
}

/** So many counters for each text that is asked for: what comes near the first k is still counted. */
const COUNTERS_PER_PLACE = 8;

export function emptyTopK(k: number): TopK {
  return { k, counts: new Map(), missed: 0 };
}

export function addToTopK(top: TopK, text: string): void {
  top.counts.set(text, (top.counts.get(text) ?? 0) + 1);
  trim(top);
}

/** What is kept has the larger k of both. */
export function mergeTopK(into: TopK, other: TopK): void {
  for (const [text, count] of other.counts) {
    const sum = (into.counts.get(text) ?? 0) + count;
    // A difference takes away what the source itself has let go of since.
    if (sum > 0) into.counts.set(text, sum);
    else into.counts.delete(text);
  }
  into.missed += other.missed;
  trim(into);
}

/** What has to be merged into something that holds `before` so that it holds `after`; counts may be negative. */
export function topKDifference(before: TopK, after: TopK): TopK {
  const counts = new Map(after.counts);
  for (const [text, count] of before.counts) {
    const left = (counts.get(text) ?? 0) - count;
    if (left === 0) counts.delete(text);
    else counts.set(text, left);
  }
  return { k: after.k, counts, missed: after.missed - before.missed };
}

export function copyTopK({ k, counts, missed }: TopK): TopK {
  return { k, counts: new Map(counts), missed };
}

/** The first k, the most frequent first; of equal counts by text. */
export function topEntries({ k, counts }: TopK): readonly (readonly [text: string, count: number])[] {
  return [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, k);
}

export function writeTopK(writer: ByteWriter, { k, counts, missed }: TopK): void {
  writer.varint(k);
  writer.signed(missed);
  writer.varint(counts.size);
  for (const [text, count] of counts) {
    writer.text(text);
    writer.signed(count);
  }
}

export function readTopK(reader: ByteReader): TopK {
  const top = emptyTopK(reader.varint());
  top.missed = reader.signed();
  const size = reader.varint();
  for (let at = 0; at < size; at += 1) top.counts.set(reader.text(), reader.signed());
  return top;
}

/** What it takes in an item, at most. */
export function topKBytes({ counts }: TopK): number {
  let bytes = 12;
  for (const text of counts.keys()) bytes += textBytes(text) + 6;
  return bytes;
}

/** Takes from all counts what the first one too many has: those that have no more go. */
function trim(top: TopK): void {
  const counters = COUNTERS_PER_PLACE * top.k;
  if (top.counts.size <= counters) return;
  const falling = [...top.counts.values()].sort((a, b) => b - a);
  const taken = falling[counters] ?? 0;
  for (const [text, count] of top.counts) {
    if (count > taken) top.counts.set(text, count - taken);
    else top.counts.delete(text);
  }
  top.missed += taken;
}
