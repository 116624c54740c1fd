// What a client says of the keys it has, in a word, so that it need not be sent again what is the same.
import { hashText } from '../../core/text-hash.ts';

/**
 * 64 bits of hash of keys and their versions, in any order. The sum of the versions would not do: a window that has been
 * deleted, and one that began since, can have the same.
 *
 * @example versionsDigest([['0+60000#0', 3]]) === versionsDigest(new Map([['0+60000#0', 3]]))
 * @returns 16 hexadecimal digits
 */
export function versionsDigest(versions: Iterable<readonly [key: string, version: number]>): string {
  let high = 0;
  let low = 0;
  for (const [key, version] of versions) {
    const hash = hashText(`${key} ${version}`);
    high = (high + hash.high) >>> 0;
    low = (low + hash.low) >>> 0;
  }
  return hex(high) + hex(low);
}

function hex(bits: number): string {
  return bits.toString(16).padStart(8, '0');
}
