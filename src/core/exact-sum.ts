// A sum that does not depend on the order of its terms: the exact value is kept as an expansion of
// non-overlapping doubles (J. R. Shewchuk, "Adaptive Precision Floating-Point Arithmetic and Fast Robust
// Geometric Predicates", 1997), so that adding, merging and subtracting are exact and only reading rounds.

/** `overflow · 2^1024 + Σ rest + top`, exactly. Usually `rest` is undefined or one or two numbers long. */
export interface ExactSum {
  /** The largest part of the expansion. */
  top: number;
  /** The smaller parts, by rising magnitude. */
  rest: number[] | undefined;
  /** How often 2^1024 was taken out, so that intermediate results beyond the doubles stay exact. */
  overflow: number;
}

export function emptySum(): ExactSum {
  return { top: 0, rest: undefined, overflow: 0 };
}

export function copySum({ top, rest, overflow }: ExactSum): ExactSum {
  return { top, rest: rest === undefined ? undefined : [...rest], overflow };
}

/** Whether there is nothing to add. */
export function isZero(sum: ExactSum | undefined): boolean {
  return sum === undefined || (sum.top === 0 && sum.rest === undefined && sum.overflow === 0);
}

/** Adds a finite number, exactly. */
export function addToSum(sum: ExactSum, x: number): void {
  const { top, rest } = sum;
  // If this holds, nothing on the way can overflow: the parts of `rest` are far smaller than `top`.
  if (Math.abs(top) + Math.abs(x) >= HALF_RANGE) growExpansion(sum, x);
  else if (rest !== undefined) growInPlace(sum, rest, x);
  else {
    const total = top + x;
    const error = errorOf(top, x, total);
    sum.top = total;
    if (error !== 0) sum.rest = [error];
  }
}

/** `growExpansion` without allocating arrays: there are never more parts to keep than have been read so far. */
function growInPlace(sum: ExactSum, rest: number[], term: number): void {
  let x = term;
  let kept = 0;
  for (let at = 0; at < rest.length; at += 1) {
    const y = rest[at] ?? 0;
    const total = x + y;
    const error = errorOf(x, y, total);
    if (error !== 0) {
      rest[kept] = error;
      kept += 1;
    }
    x = total;
  }
  const total = x + sum.top;
  const error = errorOf(x, sum.top, total);
  while (rest.length > kept) rest.pop();
  if (error !== 0) rest.push(error);
  sum.top = rest.length > LONG_REST ? compress(rest, total) : total;
  if (rest.length === 0) sum.rest = undefined;
}

/** Adds another sum, exactly. */
export function mergeSum(into: ExactSum, other: ExactSum): void {
  addToSum(into, other.top);
  if (other.rest !== undefined) for (const part of other.rest) addToSum(into, part);
  into.overflow += other.overflow;
}

/** Takes another sum away, exactly. */
export function subtractSum(from: ExactSum, other: ExactSum): void {
  addToSum(from, -other.top);
  if (other.rest !== undefined) for (const part of other.rest) addToSum(from, -part);
  from.overflow -= other.overflow;
}

/** The exact sum, rounded once to the nearest double; ±Infinity where it is beyond the doubles. */
export function roundSum(sum: ExactSum): number {
  if (sum.overflow !== 0) return roundScaled(sum) * SCALE;
  if (sum.rest === undefined) return sum.top;
  return roundParts([...sum.rest, sum.top]);
}

/** The exact sum divided by a positive count, finite whenever the quotient is. */
export function meanOfSum(sum: ExactSum, count: number): number {
  if (sum.overflow !== 0) return (roundScaled(sum) / count) * SCALE;
  return roundSum(sum) / count;
}

const HALF_RANGE = 2 ** 1023;
const SCALE = 2 ** 64;

function growExpansion(sum: ExactSum, term: number): void {
  const parts = sum.rest === undefined ? [sum.top] : [...sum.rest, sum.top];
  const kept: number[] = [];
  let x = term;
  for (const y of parts) {
    let total = x + y;
    if (!Number.isFinite(total)) {
      const sign = total > 0 ? 1 : -1;
      sum.overflow += sign;
      // The larger of the two is at least 2^1023 in magnitude, so taking 2^1024 out of it is exact.
      if (Math.abs(x) >= Math.abs(y)) x = x - sign * HALF_RANGE - sign * HALF_RANGE;
      else {
        const reduced = y - sign * HALF_RANGE - sign * HALF_RANGE;
        total = x + reduced;
        pushError(kept, x, reduced, total);
        x = total;
        continue;
      }
      total = x + y;
    }
    pushError(kept, x, y, total);
    x = total;
  }
  if (kept.length > LONG_REST) x = compress(kept, x);
  sum.top = x;
  sum.rest = kept.length === 0 ? undefined : kept;
}

function pushError(kept: number[], x: number, y: number, total: number): void {
  const error = errorOf(x, y, total);
  if (error !== 0) kept.push(error);
}

/** What `total` lacks to be exactly `x + y`. In this order nothing overflows unless `total` did. */
function errorOf(x: number, y: number, total: number): number {
  return Math.abs(x) >= Math.abs(y) ? y - (total - x) : x - (total - y);
}

/** Longer ones are compressed: sums of very different terms leave parts of a few bits each. */
const LONG_REST = 4;

/** Shewchuk's COMPRESS: the same value in the fewest parts, left in `rest`; returns the top. */
function compress(rest: number[], top: number): number {
  const falling: number[] = [];
  let high = top;
  for (const part of rest.toReversed()) {
    const total = high + part;
    const error = errorOf(high, part, total);
    if (error === 0) high = total;
    else {
      falling.push(total);
      high = error;
    }
  }
  rest.length = 0;
  for (const part of falling.reverse()) {
    const total = part + high;
    pushError(rest, part, high, total);
    high = total;
  }
  return high;
}

/** Rounds `overflow · 2^1024 + parts` after scaling by 2^-64. The sign of what scaling drops is kept, because it breaks ties. */
function roundScaled(sum: ExactSum): number {
  const scaled = emptySum();
  addToSum(scaled, sum.overflow * 2 ** 960);
  for (const part of [sum.top, ...(sum.rest ?? []).toReversed()]) {
    const kept = part / SCALE;
    if (kept * SCALE === part) addToSum(scaled, kept);
    else {
      addToSum(scaled, Math.sign(part) * Number.MIN_VALUE);
      break;
    }
  }
  return scaled.rest === undefined ? scaled.top : roundParts([...scaled.rest, scaled.top]);
}

/** Sums non-overlapping parts from the largest down; a tie is broken by the sign of what is left. */
function roundParts(parts: readonly number[]): number {
  let at = parts.length - 1;
  let high = parts[at] ?? 0;
  let low = 0;
  while (at > 0 && low === 0) {
    at -= 1;
    const part = parts[at] ?? 0;
    const total = high + part;
    low = part - (total - high);
    high = total;
  }
  const below = at > 0 ? (parts[at - 1] ?? 0) : 0;
  if ((low < 0 && below < 0) || (low > 0 && below > 0)) {
    const doubled = low * 2;
    const rounded = high + doubled;
    if (rounded - high === doubled) return rounded;
  }
  return high;
}
