// Exact sums of squares, so that a variance does not depend on the order of its terms, nor suffers where the values are
// large and close together. A square is split into the rounded product and what that lacks (T. J. Dekker, "A floating-point
// technique for extending the available precision", 1971); both are added to an exact sum.
import type { ExactSum } from './exact-sum.ts';
import { addToSum, copySum, emptySum, mergeSum, subtractSum } from './exact-sum.ts';

/**
 * `middle + 2^1400 · large + 2^-1400 · small`. Squares of values beyond ±2^400 and within ±2^-400 would overflow or lose
 * their low parts: they are kept by themselves, scaled.
 */
export interface Squares {
  readonly middle: ExactSum;
  large: ExactSum | undefined;
  small: ExactSum | undefined;
}

export function emptySquares(): Squares {
  return { middle: emptySum(), large: undefined, small: undefined };
}

/** Adds the square of a finite number, exactly. */
export function addSquare(squares: Squares, x: number): void {
  const magnitude = Math.abs(x);
  if (magnitude < MIDDLE_MOST && magnitude > MIDDLE_LEAST) addProduct(squares.middle, x);
  else if (magnitude >= MIDDLE_MOST) {
    squares.large ??= emptySum();
    addProduct(squares.large, x * 2 ** -SCALE_BITS);
  } else if (x !== 0) {
    squares.small ??= emptySum();
    addProduct(squares.small, x * 2 ** SCALE_BITS);
  }
}

export function mergeSquares(into: Squares, other: Squares): void {
  combine(into, other, mergeSum);
}

export function subtractSquares(from: Squares, other: Squares): void {
  combine(from, other, subtractSum);
}

export function copySquares({ middle, large, small }: Squares): Squares {
  return {
    middle: copySum(middle),
    large: large === undefined ? undefined : copySum(large),
    small: small === undefined ? undefined : copySum(small),
  };
}

/**
 * Variance of the population: `Σ(x − mean)² / count`, which is `(count · Σx² − (Σx)²) / count²`, computed exactly and rounded once.
 * Infinity where it is beyond the doubles. `count` is at least 1.
 */
export function varianceOf(count: number, sum: ExactSum, squares: Squares): number {
  const n = BigInt(count);
  const total = toScaled(sum);
  // In units of 2^-2148, which is what the square of the least double is.
  const middle = toScaled(squares.middle) << UNIT_BITS;
  const large =
    squares.large === undefined ? 0n : toScaled(squares.large) << (UNIT_BITS + 2n * BigInt(SCALE_BITS));
  const small =
    squares.small === undefined ? 0n : toScaled(squares.small) >> (2n * BigInt(SCALE_BITS) - UNIT_BITS);
  return toDouble(n * (middle + large + small) - total * total, n * n);
}

const SCALE_BITS = 700;
const MIDDLE_MOST = 2 ** 400;
const MIDDLE_LEAST = 2 ** -400;
/** Every double is a multiple of 2^-1074. */
const UNIT_BITS = 1_074n;

function addProduct(sum: ExactSum, x: number): void {
  const product = x * x;
  const wide = SPLITTER * x;
  const high = wide - (wide - x);
  const low = x - high;
  addToSum(sum, product);
  const lacking = low * low - (product - high * high - 2 * high * low);
  if (lacking !== 0) addToSum(sum, lacking);
}

/** Halves the 53 bits of a double (G. W. Veltkamp). */
const SPLITTER = 2 ** 27 + 1;

function combine(into: Squares, other: Squares, add: (into: ExactSum, other: ExactSum) => void): void {
  add(into.middle, other.middle);
  for (const part of ['large', 'small'] as const) {
    const added = other[part];
    if (added === undefined) continue;
    const sum = into[part] ?? emptySum();
    add(sum, added);
    into[part] = sum;
  }
}

/** The exact value of a sum, as a multiple of 2^-1074. */
function toScaled({ top, rest, overflow }: ExactSum): bigint {
  let scaled = BigInt(overflow) << (1_024n + UNIT_BITS);
  for (const part of [top, ...(rest ?? [])]) scaled += doubleToScaled(part);
  return scaled;
}

function doubleToScaled(x: number): bigint {
  VIEW.setFloat64(0, Math.abs(x));
  const bits = VIEW.getBigUint64(0);
  const exponent = bits >> 52n;
  const fraction = bits & 0xf_ffff_ffff_ffffn;
  const magnitude = exponent === 0n ? fraction : (fraction | 0x10_0000_0000_0000n) << (exponent - 1n);
  return x < 0 ? -magnitude : magnitude;
}

/** Written and read within one call. */
const VIEW = new DataView(new ArrayBuffer(8));

/** `numerator / denominator · 2^-2148`, rounded to the nearest double; neither is negative. */
function toDouble(numerator: bigint, denominator: bigint): number {
  if (numerator <= 0n) return 0;
  const shift = BigInt(Math.max(0, 66 + bitsOf(denominator) - bitsOf(numerator)));
  const quotient = (numerator << shift) / denominator;
  const isExact = quotient * denominator === numerator << shift;
  // A last bit stands for what is cut off, so that the conversion rounds as if it were there. Quotients have 66 bits or more.
  const rounded = Number(isExact ? quotient : quotient | 1n);
  return timesPowerOfTwo(rounded, -2_148 - Number(shift), quotient);
}

/** Where the quotient itself is beyond the doubles its low bits are dropped first. */
function timesPowerOfTwo(x: number, exponent: number, whole: bigint): number {
  if (Number.isFinite(x)) {
    let result = x;
    let left = exponent;
    for (; left < -1_000; left += 1_000) result *= 2 ** -1_000;
    return result * 2 ** left;
  }
  const dropped = bitsOf(whole) - 128;
  return timesPowerOfTwo(Number((whole >> BigInt(dropped)) | 1n), exponent + dropped, 0n);
}

function bitsOf(n: bigint): number {
  return n.toString(16).length * 4;
}
