// Exact sums as bytes, to the last bit.
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { ExactSum } from './exact-sum.ts';

/** The number of smaller parts and whether there was an overflow, then those, the top, and the overflow. */
export function writeSum(writer: ByteWriter, { top, rest, overflow }: ExactSum): void {
  writer.varint((rest?.length ?? 0) * 2 + (overflow === 0 ? 0 : 1));
  if (rest !== undefined) for (const part of rest) writer.number(part);
  writer.number(top);
  if (overflow !== 0) writer.signed(overflow);
}

export function readSum(reader: ByteReader, into: ExactSum): void {
  const code = reader.varint();
  const rest = Array.from({ length: code >> 1 }, () => reader.number());
  into.rest = rest.length === 0 ? undefined : rest;
  into.top = reader.number();
  into.overflow = code % 2 === 0 ? 0 : reader.signed();
}
