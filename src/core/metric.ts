// The aggregate of one metric in one window. It merges, is independent of order, and can state the difference to an earlier one.
import type { EpochMs } from './brands.ts';
import type { DdSketch } from './dd-sketch.ts';
import {
  addToSketch,
  copySketch,
  emptySketch,
  errorOf,
  mergeSketch,
  quantileOf,
  sketchDifference,
} from './dd-sketch.ts';
import type { ExactSum } from './exact-sum.ts';
import { addToSum, copySum, emptySum, meanOfSum, mergeSum, roundSum, subtractSum } from './exact-sum.ts';
import type { Aggregation } from './pipeline/pipeline.ts';
import type { Squares } from './squares.ts';
import {
  addSquare,
  copySquares,
  emptySquares,
  mergeSquares,
  subtractSquares,
  varianceOf,
} from './squares.ts';
import { type TimeWeight, timeWeightedMean } from './time-weight.ts';

export interface Metric extends ExactSum {
  readonly name: string;
  count: number;
  min: number;
  max: number;
  /** Whether first and last are kept. This and the following are kept only if the pipeline asks for them. */
  samples: boolean;
  first: Sample | undefined;
  last: Sample | undefined;
  squares: Squares | undefined;
  quantiles: DdSketch | undefined;
  /** The increase of a counter: the steps that end here. The steps come from the source's trail of samples. */
  increased: ExactSum | undefined;
}

/** A value with what decides whether it is the first or the last: event time, then stream order. */
export interface Sample {
  readonly time: EpochMs;
  /** How many events of the source were applied before it: its place in stream order. */
  readonly order: number;
  readonly value: number;
  /** Breaks ties between sources in a rollup, which has no stream order. */
  readonly source?: string;
}

/** What users see of a metric; `sum` and `mean` are rounded once, from the exact sum. */
export interface MetricSummary {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly first?: number;
  readonly last?: number;
  readonly variance?: number;
  readonly stddev?: number;
  readonly increase?: number;
  /** Increase per second of the window. */
  readonly rate?: number;
  /** Mean over the time for which the value is known, weighted by how long each value held. */
  readonly timeWeightedMean?: number;
  readonly p50?: number;
  readonly p90?: number;
  readonly p95?: number;
  readonly p99?: number;
  /** Relative error of the quantiles, if values fell into more bins than are kept: it replaces the requested error. */
  readonly quantileError?: number;
}

/** What is kept besides count, sum and extremes is decided when a metric begins: it covers all values or is absent. */
export function emptyMetric(name: string, keep: Aggregation['keep'] = NOTHING_MORE): Metric {
  return {
    name,
    top: 0,
    rest: undefined,
    overflow: 0,
    count: 0,
    min: Number.POSITIVE_INFINITY,
    max: Number.NEGATIVE_INFINITY,
    samples: keep.samples,
    first: undefined,
    last: undefined,
    squares: keep.squares ? emptySquares() : undefined,
    quantiles: keep.quantiles === undefined ? undefined : emptySketch(keep.quantiles),
    increased: keep.increase ? emptySum() : undefined,
  };
}

const NOTHING_MORE: Aggregation['keep'] = {
  samples: false,
  squares: false,
  increase: false,
  quantiles: undefined,
};

/** Adds one finite value. `order`: how many events of the source were applied before. */
export function addValue(metric: Metric, value: number, time: EpochMs, order: number): void {
  metric.count += 1;
  if (value < metric.min) metric.min = value;
  if (value > metric.max) metric.max = value;
  addToSum(metric, value);
  if (metric.samples) noteSample(metric, { time, order, value });
  if (metric.squares !== undefined) addSquare(metric.squares, value);
  if (metric.quantiles !== undefined) addToSketch(metric.quantiles, value);
}

/**
 * Folds `other` into `into`: the same as if its values had been added there. What one of them does not keep is not known
 * of both.
 */
export function mergeMetric(into: Metric, other: Metric): void {
  if (other.count === 0 || into.count === 0) {
    mergeIntoNothing(into, other);
    return;
  }
  into.count += other.count;
  if (other.min < into.min) into.min = other.min;
  if (other.max > into.max) into.max = other.max;
  mergeSum(into, other);
  into.samples &&= other.samples;
  if (!into.samples) into.first = into.last = undefined;
  if (into.samples && other.first !== undefined) noteSample(into, other.first);
  if (into.samples && other.last !== undefined) noteSample(into, other.last);
  into.squares = both(into.squares, other.squares, mergeSquares);
  const comparable = into.quantiles?.relativeError === other.quantiles?.relativeError;
  into.quantiles = comparable ? both(into.quantiles, other.quantiles, mergeSketch) : undefined;
  into.increased = both(into.increased, other.increased, mergeSum);
}

/** One of the two has no values, but may still have steps that were moved to or from it. */
function mergeIntoNothing(into: Metric, other: Metric): void {
  const { increased } = into;
  if (into.count === 0 && other.count > 0) Object.assign(into, copyMetric(other));
  else if (other.increased !== undefined && into.increased !== undefined)
    mergeSum(into.increased, other.increased);
  if (increased !== undefined && into.increased !== undefined && into.increased !== increased)
    mergeSum(into.increased, increased);
}

export function copyMetric(metric: Metric): Metric {
  const { rest, squares, quantiles, increased } = metric;
  return {
    ...metric,
    rest: rest === undefined ? undefined : [...rest],
    squares: squares === undefined ? undefined : copySquares(squares),
    quantiles: quantiles === undefined ? undefined : copySketch(quantiles),
    increased: increased === undefined ? undefined : copySum(increased),
  };
}

/**
 * What must be merged into something that holds `before` so that it holds `after`, where `after` is `before` with values added.
 * Counts and sums are differences; minimum, maximum, first and last merge as they are.
 */
export function metricDifference(before: Metric | undefined, after: Metric): Metric {
  const difference = copyMetric(after);
  if (before !== undefined) {
    const { squares, quantiles, increased } = before;
    difference.count -= before.count;
    subtractSum(difference, before);
    if (difference.squares !== undefined && squares !== undefined)
      subtractSquares(difference.squares, squares);
    if (difference.increased !== undefined && increased !== undefined) {
      subtractSum(difference.increased, increased);
    }
    if (difference.quantiles !== undefined && quantiles !== undefined) {
      difference.quantiles = sketchDifference(quantiles, difference.quantiles);
    }
  }
  return difference;
}

/** `lengthMs`: length of the window. `weight`: set if values are weighted by the time they held. */
export function summarizeMetric(metric: Metric, lengthMs: number, weight?: TimeWeight): MetricSummary {
  const { squares, quantiles, increased } = metric;
  const variance = squares === undefined ? undefined : varianceOf(metric.count, metric, squares);
  const increase = increased === undefined ? undefined : roundSum(increased);
  const weighted = weight === undefined ? undefined : timeWeightedMean(weight);
  return {
    count: metric.count,
    sum: roundSum(metric),
    min: metric.min,
    max: metric.max,
    mean: meanOfSum(metric, metric.count),
    ...(metric.first === undefined ? {} : { first: metric.first.value }),
    ...(metric.last === undefined ? {} : { last: metric.last.value }),
    ...(variance === undefined ? {} : { variance, stddev: Math.sqrt(variance) }),
    ...(increase === undefined ? {} : { increase, rate: increase / (lengthMs / 1_000) }),
    ...(weighted === undefined ? {} : { timeWeightedMean: weighted }),
    ...(quantiles === undefined
      ? {}
      : Object.fromEntries(SHOWN_QUANTILES.map((q) => [`p${q * 100}`, metricQuantile(metric, q)]))),
    ...(quantiles === undefined || quantiles.level === 0 ? {} : { quantileError: errorOf(quantiles) }),
  };
}

const SHOWN_QUANTILES = [0.5, 0.9, 0.95, 0.99] as const;

/** Within the relative error of the value at that rank, `q` from 0 to 1; undefined if quantiles are not kept. */
export function metricQuantile({ quantiles, min, max }: Metric, q: number): number | undefined {
  const value = quantiles === undefined ? undefined : quantileOf(quantiles, q);
  return value === undefined ? undefined : Math.min(max, Math.max(min, value));
}

function both<T>(
  into: T | undefined,
  other: T | undefined,
  merge: (into: T, other: T) => void,
): T | undefined {
  if (into === undefined || other === undefined) return undefined;
  merge(into, other);
  return into;
}

function noteSample(metric: Metric, sample: Sample): void {
  if (metric.first === undefined || orderSamples(sample, metric.first) < 0) metric.first = sample;
  if (metric.last === undefined || orderSamples(sample, metric.last) > 0) metric.last = sample;
}

function orderSamples(a: Sample, b: Sample): number {
  if (a.time !== b.time) return a.time - b.time;
  if (a.source !== b.source) return (a.source ?? '') < (b.source ?? '') ? -1 : 1;
  return a.order - b.order;
}
