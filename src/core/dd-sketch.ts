// Quantiles with a bound on their relative error (C. Masson, J. E. Rim, H. K. Lee, "DDSketch: a fast and fully-mergeable
// quantile sketch with relative-error guarantees", PVLDB 12, 2019): counts of values in bins whose bounds grow by a factor.
// The same whatever the order of the values, mergeable, and two of them have a difference. Where there are more bins than there may be, all of them
// become half as many, each of two (I. Epicoco et al., "UDDSketch: accurate tracking of quantiles in data streams", 2020): the error about
// doubles for every value alike, and the sketch knows it.
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

export interface DdSketch {
  /** As the pipeline asks for it. */
  readonly relativeError: number;
  /** How often bins were made half as many. */
  level: number;
  /** Count by bin, of values above zero. */
  positive: Map<number, number>;
  /** Count by bin, of the magnitudes of values below zero. */
  negative: Map<number, number>;
  zeros: number;
}

/**
 * No sketch has more: with an error of 1 % and values of one sign that is magnitudes 10^35 apart, each of its bins in use; with 0.1 % they may fill
 * a range of 3,600 times. How far apart the values lie does not matter, only how many bins they are in.
 */
export const MAX_BINS = 4_096;

export function emptySketch(relativeError: number): DdSketch {
  return { relativeError, level: 0, positive: new Map(), negative: new Map(), zeros: 0 };
}

/** Adds one finite value. */
export function addToSketch(sketch: DdSketch, value: number): void {
  if (value === 0) {
    sketch.zeros += 1;
    return;
  }
  const bins = value > 0 ? sketch.positive : sketch.negative;
  const bin = raised(binOf(Math.abs(value), sketch.relativeError), sketch.level);
  bins.set(bin, (bins.get(bin) ?? 0) + 1);
  if (binCount(sketch) > MAX_BINS) keepBound(sketch);
}

/** Both must have one relative error. */
export function mergeSketch(into: DdSketch, other: DdSketch): void {
  raiseTo(into, other.level);
  addBins(into.positive, other.positive, into.level - other.level);
  addBins(into.negative, other.negative, into.level - other.level);
  into.zeros += other.zeros;
  keepBound(into);
}

/** What has to be merged into something that holds `before` so that it holds `after`, which has been made coarser as often or more. */
export function sketchDifference(before: DdSketch, after: DdSketch): DdSketch {
  const difference = copySketch(after);
  const levels = after.level - before.level;
  subtractBins(difference.positive, before.positive, levels);
  subtractBins(difference.negative, before.negative, levels);
  difference.zeros -= before.zeros;
  return difference;
}

export function copySketch(sketch: DdSketch): DdSketch {
  return { ...sketch, positive: new Map(sketch.positive), negative: new Map(sketch.negative) };
}

/** The relative error that holds for every quantile: what was asked for, while there are no more bins than there may be. */
export function errorOf({ relativeError, level }: DdSketch): number {
  return level === 0 ? relativeError : Math.tanh((logGammaOf(relativeError) * 2 ** level) / 2);
}

/**
 * The value of rank `q · (count − 1)`, `q` from 0 to 1, within `errorOf` of the one a sorted list would have there;
 * undefined of no values.
 */
export function quantileOf(sketch: DdSketch, q: number): number | undefined {
  const count = countOf(sketch);
  if (count === 0) return undefined;
  let left = Math.floor(q * (count - 1));
  for (const [bin, size] of [...sketch.negative].sort(([a], [b]) => b - a)) {
    if (left < size) return -centreOf(bin, sketch);
    left -= size;
  }
  if (left < sketch.zeros) return 0;
  left -= sketch.zeros;
  let last = 0;
  for (const [bin, size] of [...sketch.positive].sort(([a], [b]) => a - b)) {
    last = centreOf(bin, sketch);
    if (left < size) return last;
    left -= size;
  }
  return last;
}

/** How many bins hold something: what its size goes by. */
export function binCount({ positive, negative }: DdSketch): number {
  return positive.size + negative.size;
}

export function writeSketch(writer: ByteWriter, sketch: DdSketch): void {
  writer.number(sketch.relativeError);
  writer.varint(sketch.level);
  writer.varint(sketch.zeros);
  writeBins(writer, sketch.positive);
  writeBins(writer, sketch.negative);
}

export function readSketch(reader: ByteReader): DdSketch {
  return {
    relativeError: reader.number(),
    level: reader.varint(),
    zeros: reader.varint(),
    positive: readBins(reader),
    negative: readBins(reader),
  };
}

/** As the second form had it: with the greatest bin there had been, by which values nearer to zero had lost theirs. */
export function readSketchV2(reader: ByteReader): DdSketch {
  return {
    relativeError: reader.number(),
    level: 0,
    zeros: reader.varint(),
    positive: readBins(reader, true),
    negative: readBins(reader, true),
  };
}

/** Bin `i` holds magnitudes in `(γ^(i − 1), γ^i]`, where `γ = (1 + error) / (1 − error)`. */
function binOf(magnitude: number, relativeError: number): number {
  return Math.ceil(Math.log(magnitude) / logGammaOf(relativeError));
}

/** The bin that holds it after so many times that bins were made half as many. */
function raised(bin: number, levels: number): number {
  return levels === 0 ? bin : Math.ceil(bin / 2 ** levels) + 0;
}

/** Within the error of both bounds of the bin: `2 γ^i / (γ + 1)`. */
function centreOf(bin: number, { relativeError, level }: DdSketch): number {
  const logGamma = logGammaOf(relativeError) * 2 ** level;
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

function addBins(into: Map<number, number>, other: ReadonlyMap<number, number>, levels: number): void {
  for (const [bin, count] of other) {
    const at = raised(bin, levels);
    into.set(at, (into.get(at) ?? 0) + count);
  }
}

function subtractBins(from: Map<number, number>, other: ReadonlyMap<number, number>, levels: number): void {
  for (const [bin, count] of other) {
    const at = raised(bin, levels);
    const left = (from.get(at) ?? 0) - count;
    if (left === 0) from.delete(at);
    else from.set(at, left);
  }
}

function raiseTo(sketch: DdSketch, level: number): void {
  if (level <= sketch.level) return;
  const levels = level - sketch.level;
  const { positive, negative } = sketch;
  sketch.positive = new Map();
  sketch.negative = new Map();
  addBins(sketch.positive, positive, levels);
  addBins(sketch.negative, negative, levels);
  sketch.level = level;
}

/** How often depends on the values alone, not on their order: fewer of them are in no more bins. */
function keepBound(sketch: DdSketch): void {
  while (binCount(sketch) > MAX_BINS) raiseTo(sketch, sketch.level + 1);
}

function countOf({ positive, negative, zeros }: DdSketch): number {
  let count = zeros;
  for (const size of positive.values()) count += size;
  for (const size of negative.values()) count += size;
  return count;
}

/** The bins from the lowest up, each as its distance to the one before and its count. */
function writeBins(writer: ByteWriter, counts: ReadonlyMap<number, number>): void {
  writer.varint(counts.size);
  if (counts.size === 0) return;
  const bins = [...counts].sort(([a], [b]) => a - b);
  let before = bins[0]?.[0] ?? 0;
  writer.signed(before);
  for (const [bin, count] of bins) {
    // Most bins hold one value and follow the one before: 0, in one byte with the gap.
    writer.varint((bin - before) * 2 + (count === 1 ? 0 : 1));
    if (count !== 1) writer.signed(count);
    before = bin;
  }
}

function readBins(reader: ByteReader, withGreatest = false): Map<number, number> {
  const size = reader.varint();
  const counts = new Map<number, number>();
  if (size === 0) return counts;
  let bin = reader.signed();
  if (withGreatest) reader.varint();
  for (let at = 0; at < size; at += 1) {
    const code = reader.varint();
    bin += Math.floor(code / 2);
    counts.set(bin, code % 2 === 0 ? 1 : reader.signed());
  }
  return counts;
}
