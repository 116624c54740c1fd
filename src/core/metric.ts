// The aggregate of one metric in one window: mergeable, order-free, and able to say what changed since before.
import type { EpochMs } from './brands.ts';
import type { ExactSum } from './exact-sum.ts';
import { addToSum, meanOfSum, mergeSum, roundSum, subtractSum } from './exact-sum.ts';
import type { Aggregation } from './pipeline.ts';

export interface Metric extends ExactSum {
  readonly name: string;
  count: number;
  min: number;
  max: number;
  /** Whether first and last are kept. This and what follows only where the pipeline asks for it. */
  samples: boolean;
  first: Sample | undefined;
  last: Sample | undefined;
}

/** A value with what decides which one is first or last: event time, then stream order. */
export interface Sample {
  readonly time: EpochMs;
  /** How many events of the source were applied before it: its place in the stream's order. */
  readonly order: number;
  readonly value: number;
  /** Breaks ties between sources in a rollup, where there is no stream order. */
  readonly source?: string;
}

/** What users read of a metric; `sum` and `mean` are rounded once, from the exact sum. */
export interface MetricSummary {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly first?: number;
  readonly last?: number;
}

/** What is kept beside count, sum and extremes is decided when a metric begins: it covers all values or is not there. */
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
  };
}

const NOTHING_MORE: Aggregation['keep'] = {
  samples: false,
  squares: false,
  increase: false,
  quantiles: false,
};

/** Adds one finite value. `order`: how many events of the source were applied before. */
export function addValue(metric: Metric, value: number, time: EpochMs, order: number): void {
  metric.count += 1;
  if (value < metric.min) metric.min = value;
  if (value > metric.max) metric.max = value;
  addToSum(metric, value);
  if (metric.samples) noteSample(metric, { time, order, value });
}

/** Folds `other` into `into`: the same as if its values had been added there. */
export function mergeMetric(into: Metric, other: Metric): void {
  if (other.count === 0) return;
  const empty = into.count === 0;
  into.count += other.count;
  if (other.min < into.min) into.min = other.min;
  if (other.max > into.max) into.max = other.max;
  mergeSum(into, other);
  into.samples = other.samples && (empty || into.samples);
  if (!into.samples) into.first = into.last = undefined;
  else {
    if (other.first !== undefined) noteSample(into, other.first);
    if (other.last !== undefined) noteSample(into, other.last);
  }
}

export function copyMetric(metric: Metric): Metric {
  return { ...metric, rest: metric.rest === undefined ? undefined : [...metric.rest] };
}

/**
 * What has to be merged into something that holds `before` so that it holds `after`, where `after` is `before`
 * with values added. Count and sum are differences; minimum, maximum, first and last merge as they are.
 */
export function metricDifference(before: Metric | undefined, after: Metric): Metric {
  const difference = settledMetric(after);
  if (before !== undefined) {
    difference.count -= before.count;
    subtractSum(difference, before);
  }
  return difference;
}

/** A copy as it goes downstream: without what only further values of its window would need. */
export function settledMetric(metric: Metric): Metric {
  return copyMetric(metric);
}

/** About what it takes in an item; see `windowBytes`. */
export function metricBytes(metric: Metric): number {
  return METRIC_BYTES + (metric.samples ? SAMPLES_BYTES : 0);
}

const METRIC_BYTES = 36;
const SAMPLES_BYTES = 36;

/** `lengthMs`: of the window. */
export function summarizeMetric(metric: Metric, _lengthMs: number): MetricSummary {
  return {
    count: metric.count,
    sum: roundSum(metric),
    min: metric.min,
    max: metric.max,
    mean: meanOfSum(metric, metric.count),
    ...(metric.first === undefined ? {} : { first: metric.first.value }),
    ...(metric.last === undefined ? {} : { last: metric.last.value }),
  };
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
