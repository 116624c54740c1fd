// 64 bits of hash of a text, the same on every machine: two lanes of MurmurHash3's 32-bit function (A. Appleby, public
// domain) with seeds of their own over the UTF-16 code units, mixed with each other at the end.

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
    a = step(a, block);
    b = step(b, block ^ 0x5bd1e995);
  }
  a = finish(a ^ text.length);
  b = finish(b ^ Math.imul(text.length, 0x85ebca6b));
  return { high: (a + b) >>> 0, low: finish(b ^ Math.imul(a, 0x27d4eb2f)) >>> 0 };
}

function step(hash: number, block: number): number {
  let k = Math.imul(block, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  const mixed = hash ^ Math.imul(k, 0x1b873593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
