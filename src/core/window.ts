// One window of one source in one aggregation: events folded into metrics, kept apart by the tags rollups ask for.
import type { EpochMs } from './brands.ts';
import type { TelemetryEvent } from './event.ts';
import type { FieldCounts } from './field-counts.ts';
import { addToFields, copyFields, emptyFields, mergedFields } from './field-counts.ts';
import { findGroup, tagsOfNew } from './group-tags.ts';
import { copyTimes, mergeTimes } from './group-times.ts';
import type { Metric } from './metric.ts';
import { addValue, copyMetric, emptyMetric, mergeMetric } from './metric.ts';
import { mergedPartiality, mergedRegrouping } from './partiality.ts';
import type { Aggregation } from './pipeline/pipeline.ts';
import type { GroupContents, SourceWindow, WindowGroup } from './source-window.ts';
import { extraSumBytes, windowBytes } from './window-bytes.ts';

export const EMPTY_GROUP: GroupContents = { events: 0, moved: 0, metrics: [], fields: undefined };

export function emptyWindow(start: EpochMs, end: EpochMs): SourceWindow {
  return { start, end, groups: [], bytes: windowBytes({ groups: [] }) };
}

/** Folds an event in. `order` is the number of events of the source applied before. */
export function foldIntoWindow(
  window: SourceWindow,
  aggregation: Aggregation,
  event: TelemetryEvent,
  order: number,
): void {
  const taken = aggregation.values;
  const groupsBefore = window.groups.length;
  const group = groupFor(window, aggregation, event);
  const metrics = group.metrics;
  const metricsBefore = metrics.length;
  group.events += 1;
  const values = event.values;
  let guess = 0;
  let longerSums = 0;
  for (const name in values) {
    const value = values[name];
    if (value === undefined || (taken !== undefined && !taken.has(name))) continue;
    // Events of one source carry the same names in the same order: look there before searching.
    let metric = metrics[guess];
    if (metric === undefined || metric.name !== name) metric = findOrAddMetric(metrics, name, aggregation);
    guess += 1;
    const before = extraSumBytes(metric);
    addValue(metric, value, event.time, order);
    longerSums += extraSumBytes(metric) - before;
  }
  if (group.fields !== undefined) addToFields(group.fields, event);
  const isNew = metrics.length !== metricsBefore || window.groups.length !== groupsBefore;
  // Mostly nothing but sums has grown, and those are known without measuring all there is.
  if (isNew || grows(aggregation)) window.bytes = windowBytes(window);
  else window.bytes += longerSums;
}

/** Takes all of `other` into `into`, as if its events had been folded there: two sessions become one. */
export function mergeWindow(into: SourceWindow, other: SourceWindow): void {
  into.start = Math.min(into.start, other.start);
  into.end = Math.max(into.end, other.end);
  for (const group of other.groups) {
    const same = into.groups.find(({ tags }) => tags.every((tag, at) => tag === group.tags[at]));
    if (same === undefined) into.groups.push(group);
    else mergeGroup(same, group);
  }
  into.bytes = windowBytes(into);
  const partial = mergedPartiality(into.partial, other.partial);
  if (partial !== undefined) into.partial = partial;
  const regrouped = mergedRegrouping(into.regrouped, other.regrouped);
  if (regrouped !== undefined) into.regrouped = regrouped;
}

/** Rises with every change of what they hold. */
export function revisionOf(groups: readonly Pick<GroupContents, 'events' | 'moved'>[]): number {
  return groups.reduce((sum, { events, moved }) => sum + events + moved, 0);
}

/** All groups of a window as one. */
export function mergeGroups({ groups }: { readonly groups: readonly GroupContents[] }): GroupContents {
  const [first = EMPTY_GROUP, ...others] = groups;
  if (others.length === 0) return first;
  const merged = copyGroup(first);
  for (const group of others) mergeGroup(merged, group);
  return merged;
}

export function mergeGroup(into: WindowGroup, group: GroupContents): void {
  into.fields = fieldsOfBoth(into, group);
  into.events += group.events;
  into.moved += group.moved;
  for (const metric of group.metrics) {
    const same = into.metrics.find(({ name }) => name === metric.name);
    if (same === undefined) into.metrics.push(copyMetric(metric));
    else mergeMetric(same, metric);
  }
  mergeTimes(into, group);
}

/** Counts of all the events, or none: what was not counted from the first event on is not known. */
function fieldsOfBoth(into: GroupContents, group: GroupContents): FieldCounts | undefined {
  if (group.events === 0) return into.fields;
  if (into.events === 0) return group.fields === undefined ? undefined : copyFields(group.fields);
  if (into.fields === undefined || group.fields === undefined) return undefined;
  return mergedFields(into.fields, group.fields);
}

/** Whether an event may make a window larger that has its metrics already. */
function grows({ keep, distinct, topK }: Aggregation): boolean {
  return keep.squares || keep.quantiles !== undefined || distinct.length > 0 || topK.length > 0;
}

/** A copy that may be changed, of no tags. */
export function copyGroup(group: GroupContents): WindowGroup {
  return {
    tags: [],
    events: group.events,
    moved: group.moved,
    metrics: group.metrics.map(copyMetric),
    fields: group.fields === undefined ? undefined : copyFields(group.fields),
    ...copyTimes(group),
  };
}

function groupFor(window: SourceWindow, aggregation: Aggregation, event: TelemetryEvent): WindowGroup {
  const { groupBy } = aggregation;
  const known = findGroup(window.groups, groupBy, event);
  if (known !== undefined) return known;
  return addGroup(window, aggregation, tagsOfNew(window.groups, groupBy, event));
}

/** Begins a group of a window, with nothing in it. */
export function addGroup(
  window: SourceWindow,
  aggregation: Aggregation,
  tags: WindowGroup['tags'],
): WindowGroup {
  const group: WindowGroup = { tags, events: 0, moved: 0, metrics: [], fields: emptyFields(aggregation) };
  window.groups.push(group);
  return group;
}

function findOrAddMetric(metrics: Metric[], name: string, aggregation: Aggregation): Metric {
  for (const metric of metrics) if (metric.name === name) return metric;
  const metric = emptyMetric(name, aggregation.keep);
  metrics.push(metric);
  return metric;
}
