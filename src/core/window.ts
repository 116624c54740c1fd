// One window of one source in one aggregation: events folded into metrics, kept apart by the tags rollups ask for.
import type { EpochMs } from './brands.ts';
import type { TelemetryEvent } from './event.ts';
import type { Metric, MetricSummary } from './metric.ts';
import { addValue, emptyMetric, mergeMetric, noteSample, summarizeMetric } from './metric.ts';
import type { Aggregation } from './pipeline.ts';

/** Half open: `[start, start + sizeMs)`, event time. */
export interface SourceWindow {
  readonly start: EpochMs;
  /** Apart by the values of the aggregation's `groupBy` tags; one group where there are none. */
  readonly groups: WindowGroup[];
}

export interface WindowGroup {
  /** The values of the `groupBy` tags, in their order; null where an event does not have the tag. */
  readonly tags: readonly (string | null)[];
  /** Events folded in, whatever values they carried. */
  events: number;
  /** In the order the names first appeared. */
  readonly metrics: Metric[];
}

/** A window that has had its last change, with all that is needed to store it. */
export interface ClosedWindow extends SourceWindow {
  readonly aggregation: string;
  readonly sizeMs: number;
  readonly groupBy: readonly string[];
}

/** Folds an event in. `order` is the number of events of the source applied before. */
export function foldIntoWindow(
  window: SourceWindow,
  aggregation: Aggregation,
  event: TelemetryEvent,
  order: number,
): void {
  const group = groupFor(window, aggregation.groupBy, event);
  group.events += 1;
  const metrics = group.metrics;
  const values = event.values;
  let guess = 0;
  for (const name in values) {
    const value = values[name];
    if (value === undefined || (aggregation.values !== undefined && !aggregation.values.has(name))) continue;
    // Events of one source carry the same names in the same order: look there before searching.
    let metric = metrics[guess];
    if (metric === undefined || metric.name !== name) metric = findOrAddMetric(metrics, name);
    guess += 1;
    addValue(metric, value);
    if (aggregation.keepSamples) noteSample(metric, { time: event.time, order, value });
  }
}

/** All groups of a window as one. */
export function mergeGroups(window: SourceWindow): {
  readonly events: number;
  readonly metrics: readonly Metric[];
} {
  const [only] = window.groups;
  if (window.groups.length === 1 && only !== undefined) return only;
  let events = 0;
  const metrics = new Map<string, Metric>();
  for (const group of window.groups) {
    events += group.events;
    for (const metric of group.metrics) {
      let into = metrics.get(metric.name);
      if (into === undefined) {
        into = emptyMetric(metric.name);
        metrics.set(metric.name, into);
      }
      mergeMetric(into, metric);
    }
  }
  return { events, metrics: [...metrics.values()] };
}

/** What readers see of a window. `revision` rises with every change: it is the number of events folded in. */
export interface WindowSummary {
  readonly start: EpochMs;
  readonly end: EpochMs;
  readonly events: number;
  readonly revision: number;
  /** By metric name; a Map, since a name may be anything. */
  readonly metrics: ReadonlyMap<string, MetricSummary>;
}

export function summarizeWindow(window: SourceWindow, sizeMs: number): WindowSummary {
  const { events, metrics } = mergeGroups(window);
  return {
    start: window.start,
    end: window.start + sizeMs,
    events,
    revision: events,
    metrics: new Map(metrics.map((metric) => [metric.name, summarizeMetric(metric)])),
  };
}

function groupFor(window: SourceWindow, groupBy: readonly string[], event: TelemetryEvent): WindowGroup {
  for (const group of window.groups) if (isGroupOf(group, groupBy, event)) return group;
  const group: WindowGroup = { tags: groupBy.map((tag) => tagOf(event, tag)), events: 0, metrics: [] };
  window.groups.push(group);
  return group;
}

function isGroupOf(group: WindowGroup, groupBy: readonly string[], event: TelemetryEvent): boolean {
  for (let at = 0; at < groupBy.length; at += 1) {
    const tag = groupBy[at];
    if (tag !== undefined && tagOf(event, tag) !== group.tags[at]) return false;
  }
  return true;
}

function tagOf(event: TelemetryEvent, tag: string): string | null {
  return Object.hasOwn(event.tags, tag) ? (event.tags[tag] ?? null) : null;
}

function findOrAddMetric(metrics: Metric[], name: string): Metric {
  for (const metric of metrics) if (metric.name === name) return metric;
  const metric = emptyMetric(name);
  metrics.push(metric);
  return metric;
}
