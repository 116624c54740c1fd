// 64 bits of hash of a text, the same on every machine: two lanes of MurmurHash3's 32-bit function (A. Appleby, public
// domain) with seeds of their own over the UTF-16 code units, mixed with each other at the end.

import { mixBits, mixBlock } from './murmur-hash.ts';

export interface TextHash {
  /** Unsigned 32 bits each. */
  readonly high: number;
  readonly low: number;
}

export function hashText(text: string): TextHash {
  let a = 0x9747b28c;
  let b = 0x3c6ef372;
  for (let at = 0; at < text.length; at += 2) {
    const block = text.charCodeAt(at) | ((at + 1 < text.length ? text.charCodeAt(at + 1) : 0) << 16);
    a = mixBlock(a, block);
    b = mixBlock(b, block ^ 0x5bd1e995);
  }
  a = mixBits(a ^ text.length);
  b = mixBits(b ^ Math.imul(text.length, 0x85ebca6b));
  return { high: (a + b) >>> 0, low: mixBits(b ^ Math.imul(a, 0x27d4eb2f)) >>> 0 };
}
