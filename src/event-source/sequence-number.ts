import type { SequenceNumber } from './brands.ts';

/**
 * Orders two sequence numbers of one shard as the integers they are (up to 129 bits: more than a
 * double holds, and texts of unequal length do not order as text).
 * Returns a negative number, zero or a positive number.
 */
export function compareSequenceNumbers(a: SequenceNumber, b: SequenceNumber): number {
  if (a.length === b.length) return a < b ? -1 : a > b ? 1 : 0;
  const difference = BigInt(a) - BigInt(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
