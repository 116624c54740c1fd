// Quantiles with a bound on their relative error (C. Masson, J. E. Rim, H. K. Lee, "DDSketch: a fast and fully-mergeable
// quantile sketch with relative-error guarantees", PVLDB 12, 2019): counts of values in bins whose bounds grow by a factor.
// The same whatever the order of the values, mergeable, and two of them have a difference.
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

export interface DdSketch {
  readonly relativeError: number;
  /** Count by bin, of values above zero. */
  readonly positive: Bins;
  /** Of values below zero, by their magnitude. */
  readonly negative: Bins;
  zeros: number;
}

export interface Bins {
  readonly counts: Map<number, number>;
  /** The greatest bin there has been; -Infinity where there is none. */
  greatest: number;
}

/**
 * Bins span this many at most: with an error of 1 %, magnitudes 10^17 apart. Values nearer to zero fall in the lowest. What is the lowest
 * depends on the greatest value alone, so that order does not matter.
 */
export const MAX_BINS = 2_048;

export function emptySketch(relativeError: number): DdSketch {
  return { relativeError, positive: emptyBins(), negative: emptyBins(), zeros: 0 };
}

/** Adds one finite value. */
export function addToSketch(sketch: DdSketch, value: number): void {
  if (value > 0) addToBins(sketch.positive, binOf(value, sketch.relativeError), 1);
  else if (value < 0) addToBins(sketch.negative, binOf(-value, sketch.relativeError), 1);
  else sketch.zeros += 1;
}

/** Both must have one relative error. */
export function mergeSketch(into: DdSketch, other: DdSketch): void {
  mergeBins(into.positive, other.positive);
  mergeBins(into.negative, other.negative);
  into.zeros += other.zeros;
}

/** What has to be merged into something that holds `before` so that it holds `after`. */
export function sketchDifference(before: DdSketch, after: DdSketch): DdSketch {
  return {
    relativeError: after.relativeError,
    positive: binsDifference(before.positive, after.positive),
    negative: binsDifference(before.negative, after.negative),
    zeros: after.zeros - before.zeros,
  };
}

export function copySketch(sketch: DdSketch): DdSketch {
  const { positive, negative } = sketch;
  return {
    ...sketch,
    positive: { counts: new Map(positive.counts), greatest: positive.greatest },
    negative: { counts: new Map(negative.counts), greatest: negative.greatest },
  };
}

/**
 * The value of rank `q · (count − 1)`, `q` from 0 to 1, within the relative error of the one a sorted list would have there;
 * undefined of no values.
 */
export function quantileOf(sketch: DdSketch, q: number): number | undefined {
  const count = countOf(sketch);
  if (count === 0) return undefined;
  let left = Math.floor(q * (count - 1));
  for (const [bin, size] of [...sketch.negative.counts].sort(([a], [b]) => b - a)) {
    if (left < size) return -centreOf(bin, sketch.relativeError);
    left -= size;
  }
  if (left < sketch.zeros) return 0;
  left -= sketch.zeros;
  let last = 0;
  for (const [bin, size] of [...sketch.positive.counts].sort(([a], [b]) => a - b)) {
    last = centreOf(bin, sketch.relativeError);
    if (left < size) return last;
    left -= size;
  }
  return last;
}

/** How many bins hold something: what its size goes by. */
export function binCount({ positive, negative }: DdSketch): number {
  return positive.counts.size + negative.counts.size;
}

export function writeSketch(writer: ByteWriter, sketch: DdSketch): void {
  writer.number(sketch.relativeError);
  writer.varint(sketch.zeros);
  writeBins(writer, sketch.positive);
  writeBins(writer, sketch.negative);
}

export function readSketch(reader: ByteReader): DdSketch {
  return {
    relativeError: reader.number(),
    zeros: reader.varint(),
    positive: readBins(reader),
    negative: readBins(reader),
  };
}

function emptyBins(): Bins {
  return { counts: new Map(), greatest: Number.NEGATIVE_INFINITY };
}

/** Bin `i` holds magnitudes in `(γ^(i − 1), γ^i]`, where `γ = (1 + error) / (1 − error)`. */
function binOf(magnitude: number, relativeError: number): number {
  return Math.ceil(Math.log(magnitude) / logGammaOf(relativeError));
}

/** Within the relative error of both bounds of the bin: `2 γ^i / (γ + 1)`. */
function centreOf(bin: number, relativeError: number): number {
  const logGamma = logGammaOf(relativeError);
  // In two steps, since γ^i may be beyond the doubles where the value is not.
  const half = Math.exp((bin * logGamma) / 2);
  return half * (2 / (Math.exp(logGamma) + 1)) * half;
}

let lastError = 0;
let lastLogGamma = 1;

/** The logarithm of γ; a pipeline has one or two errors, and each value asks. */
function logGammaOf(relativeError: number): number {
  if (relativeError !== lastError) {
    lastError = relativeError;
    lastLogGamma = Math.log1p(relativeError) - Math.log1p(-relativeError);
  }
  return lastLogGamma;
}

function addToBins(bins: Bins, bin: number, count: number): void {
  if (bin > bins.greatest) {
    bins.greatest = bin;
    collapse(bins);
  }
  const at = Math.max(bin, lowestOf(bins));
  bins.counts.set(at, (bins.counts.get(at) ?? 0) + count);
}

function mergeBins(into: Bins, other: Bins): void {
  if (other.greatest > into.greatest) {
    into.greatest = other.greatest;
    collapse(into);
  }
  for (const [bin, count] of other.counts) addToBins(into, bin, count);
}

function binsDifference(before: Bins, after: Bins): Bins {
  const left = { counts: new Map(after.counts), greatest: after.greatest };
  const lowest = lowestOf(after);
  for (const [bin, count] of before.counts) {
    const at = Math.max(bin, lowest);
    const rest = (left.counts.get(at) ?? 0) - count;
    if (rest === 0) left.counts.delete(at);
    else left.counts.set(at, rest);
  }
  return left;
}

function lowestOf({ greatest }: Bins): number {
  return greatest - MAX_BINS + 1;
}

/** Moves what is below the lowest bin into it. */
function collapse(bins: Bins): void {
  const { counts } = bins;
  if (counts.size === 0) return;
  const lowest = lowestOf(bins);
  let moved = 0;
  for (const [bin, count] of counts) {
    if (bin >= lowest) continue;
    counts.delete(bin);
    moved += count;
  }
  if (moved > 0) counts.set(lowest, (counts.get(lowest) ?? 0) + moved);
}

function countOf({ positive, negative, zeros }: DdSketch): number {
  let count = zeros;
  for (const size of positive.counts.values()) count += size;
  for (const size of negative.counts.values()) count += size;
  return count;
}

/** The bins from the lowest up, each as its distance to the one before and its count. */
function writeBins(writer: ByteWriter, { counts, greatest }: Bins): void {
  writer.varint(counts.size);
  if (counts.size === 0) return;
  const bins = [...counts].sort(([a], [b]) => a - b);
  let before = bins[0]?.[0] ?? 0;
  writer.signed(before);
  // A difference of two states need not hold the greatest any more.
  writer.varint(greatest - before);
  for (const [bin, count] of bins) {
    // Most bins hold one value and follow the one before: 0, in one byte with the gap.
    writer.varint((bin - before) * 2 + (count === 1 ? 0 : 1));
    if (count !== 1) writer.signed(count);
    before = bin;
  }
}

function readBins(reader: ByteReader): Bins {
  const size = reader.varint();
  const bins = emptyBins();
  if (size === 0) return bins;
  let bin = reader.signed();
  bins.greatest = bin + reader.varint();
  for (let at = 0; at < size; at += 1) {
    const code = reader.varint();
    bin += Math.floor(code / 2);
    bins.counts.set(bin, code % 2 === 0 ? 1 : reader.signed());
  }
  return bins;
}
