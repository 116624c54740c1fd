// Seeded randomness: the same seed gives the same numbers on every machine. A name added to the seed gives each
// device a stream of its own, so that adding a device changes nobody else's.

export interface Random {
  /** In [0, 1), 32 bits. */
  next(): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** In [low, high). */
  between(low: number, high: number): number;
  /** An integer in [low, high], both included. */
  integer(low: number, high: number): number;
  /** One of the list, which must not be empty. */
  pick<T>(list: readonly T[]): T;
  /** Exponential with this mean. */
  exponential(mean: number): number;
  /** Normal, mean 0, deviation 1. */
  normal(): number;
  /** A new list in random order. */
  shuffled<T>(list: readonly T[]): T[];
}

export function createRandom(seed: number | string): Random {
  const next = xoshiro128StarStar(String(seed));
  const integer = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  return {
    next,
    integer,
    chance: (probability) => next() < probability,
    between: (low, high) => low + next() * (high - low),
    exponential: (mean) => -mean * Math.log(1 - next()),
    // Box and Muller (1958).
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    pick(list) {
      const [first] = list.slice(integer(0, list.length - 1));
      if (first === undefined) throw new RangeError('nothing to pick from');
      return first;
    },
    shuffled(list) {
      return list
        .map((each) => ({ each, key: next() }))
        .sort((a, b) => a.key - b.key)
        .map(({ each }) => each);
    },
  };
}

/** xoshiro128** 1.1 by Blackman and Vigna, https://prng.di.unimi.it/xoshiro128starstar.c (public domain). */
function xoshiro128StarStar(seed: string): () => number {
  const word = splitMix32(fnv1a(seed));
  let [a, b, c, d] = [word(), word(), word(), word()];
  return () => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9);
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotateLeft(d, 11);
    return (result >>> 0) / 2 ** 32;
  };
}

function rotateLeft(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}

/** Fills a state from one word: Steele, Lea and Flood's SplitMix with the 32-bit finalizer of MurmurHash3. */
function splitMix32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return z ^ (z >>> 16);
  };
}

/** FNV-1a, 32 bits, over UTF-16 units: http://www.isthe.com/chongo/tech/comp/fnv/ */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}
