// What windows take in their source's item, at most. It depends on what was folded in alone, not on how that was cut into
// batches: the bound on a source's state is drawn by it.
import { binCount } from './dd-sketch.ts';
import type { TelemetryEvent } from './event.ts';
import { fieldOf } from './event-field.ts';
import { EVENT_LIMITS } from './event-limits.ts';
import type { ExactSum } from './exact-sum.ts';
import { fieldsBytes } from './field-counts.ts';
import { findGroup, tagsOfNew } from './group-tags.ts';
import { timesBytes } from './group-times.ts';
import type { Metric } from './metric.ts';
import type { Aggregation } from './pipeline/pipeline.ts';
import type { SourceWindow, WindowGroup } from './source-window.ts';
import { mostTextBytes, signedBytes, textBytes } from './text-bytes.ts';

/** The bytes of all that is in it. A name is counted with each metric that has it, though a state holds it once. */
export function windowBytes({ groups }: Pick<SourceWindow, 'groups'>): number {
  let bytes = WINDOW_BYTES;
  for (const group of groups) {
    const { tags, metrics, fields } = group;
    bytes += GROUP_BYTES;
    for (const tag of tags) bytes += tagBytes(tag) * TAG_TIMES;
    for (const metric of metrics) bytes += metricBytes(metric);
    if (fields !== undefined) bytes += fieldsBytes(fields);
    if (group.states !== undefined || group.weights !== undefined)
      bytes += timesBytes(group, ({ sum }) => extraSumBytes(sum));
  }
  return bytes;
}

/** By how much the event would enlarge the window, or one begun for it. At least what it comes to. */
export function windowGrowth(
  window: Pick<SourceWindow, 'groups'> | undefined,
  aggregation: Aggregation,
  event: TelemetryEvent,
): number {
  const { groupBy, values: taken, distinct, topK } = aggregation;
  const groups = window?.groups ?? [];
  const group = findGroup(groups, groupBy, event);
  let bytes = window === undefined ? WINDOW_BYTES : 0;
  if (group === undefined) {
    bytes += GROUP_BYTES + FIELDS_BYTES * (1 + distinct.length + topK.length);
    for (const tag of tagsOfNew(groups, groupBy, event)) bytes += tagBytes(tag) * TAG_TIMES;
  }
  for (const name in event.values) {
    if (taken === undefined || taken.has(name)) bytes += metricGrowth(group, aggregation, name);
  }
  for (const field of [...distinct, ...topK.map(({ of }) => of)]) {
    const text = fieldOf(event, field);
    if (text !== undefined) bytes += COUNTED_BYTES + textBytes(text);
  }
  return bytes;
}

/** The most that any event can enlarge one window of the aggregation that has no sketches yet. */
export function mostWindowGrowth({ groupBy, values, keep, distinct, topK }: Aggregation): number {
  const names = Math.min(values?.size ?? EVENT_LIMITS.values, EVENT_LIMITS.values);
  const fields = distinct.length + topK.length;
  return (
    WINDOW_BYTES +
    GROUP_BYTES +
    groupBy.length * TAG_TIMES * (1 + mostTextBytes(2 * EVENT_LIMITS.tagLength)) +
    names * (mostTextBytes(2 * EVENT_LIMITS.valueNameLength) + newMetricBytes(keep)) +
    FIELDS_BYTES * (1 + fields) +
    fields * (COUNTED_BYTES + mostTextBytes(2 * EVENT_LIMITS.tagLength))
  );
}

/** Start and end, how many groups, which aggregation. */
const WINDOW_BYTES = 18;
/** How many tags, events, steps moved and metrics. */
const GROUP_BYTES = 14;
/** A state holds them with the window, and once more with samples of counters in it. */
const TAG_TIMES = 2;
/** Index of the name, count, what is kept, least, greatest, and a sum of two parts. */
const METRIC_BYTES = 46;
const SUM_PART_BYTES = 9;
/** Two of time, order and value. */
const SAMPLES_BYTES = 46;
const SQUARES_BYTES = 4;
/** The sum of a counter's steps: a term at most beside each of the values. */
const INCREASED_BYTES = 2 * SUM_PART_BYTES;
const SKETCH_BYTES = 38;
/** For the number of counted fields, and for each of them beside its texts: its name, and how many texts. */
const FIELDS_BYTES = 80;
/** For each counted text, beside the text itself. */
const COUNTED_BYTES = 8;

/** Bytes of a group that is begun without an event of its own. */
export function emptyGroupBytes(
  tags: readonly (string | null)[],
  { distinct, topK }: Pick<Aggregation, 'distinct' | 'topK'>,
): number {
  let bytes = GROUP_BYTES + FIELDS_BYTES * (1 + distinct.length + topK.length);
  for (const tag of tags) bytes += tagBytes(tag) * TAG_TIMES;
  return bytes;
}

function tagBytes(tag: string | null): number {
  return tag === null ? 1 : 1 + textBytes(tag);
}

function metricBytes(metric: Metric): number {
  const { name, count, samples, squares, quantiles, increased } = metric;
  let bytes = METRIC_BYTES + textBytes(name) + extraSumBytes(metric);
  if (samples) bytes += SAMPLES_BYTES;
  if (squares !== undefined) {
    for (const part of [squares.middle, squares.large, squares.small]) {
      if (part !== undefined) bytes += SQUARES_BYTES + 2 * SUM_PART_BYTES + extraSumBytes(part);
    }
  }
  if (quantiles !== undefined) bytes += SKETCH_BYTES + binsBytes(binCount(quantiles), count);
  if (increased !== undefined) bytes += INCREASED_BYTES + extraSumBytes(increased);
  return bytes;
}

function metricGrowth(group: WindowGroup | undefined, { keep }: Aggregation, name: string): number {
  const metric = group?.metrics.find((candidate) => candidate.name === name);
  if (metric === undefined) return textBytes(name) + newMetricBytes(keep);
  let bytes = SUM_GROWTH;
  if (metric.squares !== undefined) bytes += SQUARES_GROWTH;
  const { quantiles, count } = metric;
  // Where counts get longer, all of them may.
  if (quantiles !== undefined)
    bytes += binsBytes(binCount(quantiles) + 1, count + 1) - binsBytes(binCount(quantiles), count);
  return bytes;
}

function newMetricBytes(keep: Aggregation['keep']): number {
  return (
    METRIC_BYTES +
    (keep.samples ? SAMPLES_BYTES : 0) +
    (keep.squares ? SQUARES_GROWTH : 0) +
    (keep.quantiles === undefined ? 0 : SKETCH_BYTES + binsBytes(1, 1)) +
    (keep.increase ? INCREASED_BYTES : 0)
  );
}

/** What an addition can add to a sum: a part, and that it overflowed. */
export const SUM_GROWTH = 2 * SUM_PART_BYTES;
/** A square is added in two terms, to a sum that may have to be begun beside the one there always is. */
const SQUARES_GROWTH = 2 * (SQUARES_BYTES + 2 * SUM_PART_BYTES);

/** Beside the two parts that nearly every sum has at most. */
export function extraSumBytes({ rest, overflow }: ExactSum): number {
  const parts = rest === undefined ? 0 : rest.length;
  if (parts <= 1 && overflow === 0) return 0;
  return SUM_PART_BYTES * (Math.max(1, parts) - 1 + (overflow === 0 ? 0 : 1));
}

/** Distances to the bin before, and counts no greater than that of all values. */
function binsBytes(bins: number, count: number): number {
  return bins * (2 + signedBytes(count)) + Math.min(bins, MOST_WIDE_GAPS);
}

/** No more bins than these are further apart than two bytes say: at an error of 0.1 % all doubles are in 1.5 million. */
const MOST_WIDE_GAPS = 200;
