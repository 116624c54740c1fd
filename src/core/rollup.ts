// Rollups: folds what changed in a source's windows into windows by tag values. Pure, and exact whatever the order.
import type { EpochMs } from './brands.ts';
import { ROLLUP_PARTS } from './limits.ts';
import type { Metric } from './metric.ts';
import { emptyMetric, mergeMetric, metricDifference } from './metric.ts';
import type { Pipeline } from './pipeline.ts';
import { rollupSeries, sourceSeries } from './series.ts';
import { bucketOf } from './spread.ts';
import type { ChangedWindows } from './state-encoding.ts';
import type { StoredWindow } from './stored-window.ts';
import type { ClosedWindow, WindowGroup } from './window.ts';
import { mergeGroups } from './window.ts';

/** What one change of one source adds to one rollup window. */
export interface Contribution {
  readonly series: string;
  readonly start: EpochMs;
  readonly end: EpochMs;
  readonly events: number;
  readonly metrics: readonly Metric[];
}

/** The windows a change closed, as they are to be stored. */
export function closedSourceWindows(source: string, after: ChangedWindows): StoredWindow[] {
  return after.closed.map((window) => {
    const { events, metrics } = mergeGroups(window);
    return {
      series: sourceSeries(window.aggregation, source),
      start: window.start,
      end: window.start + window.sizeMs,
      part: undefined,
      marks: NO_MARKS,
      final: true,
      events,
      metrics,
    };
  });
}

/** What a change adds to every rollup window it touches. `before` is undefined for a source's first write. */
export function contributionsOf(
  source: string,
  before: ChangedWindows | undefined,
  after: ChangedWindows,
  pipeline: Pipeline,
): Contribution[] {
  if (pipeline.rollups.length === 0) return [];
  const earlier = new Map((before?.open ?? []).map((window) => [windowKey(window), window]));
  const contributions = new Map<string, { contribution: Contribution; metrics: Map<string, Metric> }>();
  for (const window of [...after.closed, ...after.open]) {
    const old = earlier.get(windowKey(window));
    for (const group of window.groups) {
      const change = groupDifference(source, window, old, group);
      if (change.events === 0) continue;
      for (const rollup of pipeline.rollups) {
        if (rollup.of !== window.aggregation) continue;
        const values = rollup.by.map((tag) => group.tags[window.groupBy.indexOf(tag)] ?? null);
        addContribution(contributions, rollupSeries(rollup.name, values), window, change);
      }
    }
  }
  return [...contributions.values()].map(({ contribution, metrics }) => ({
    ...contribution,
    metrics: [...metrics.values()],
  }));
}

/** Folds a contribution into a part, unless its mark says that this change is in it already. */
export function foldContribution(
  part: StoredWindow | undefined,
  contribution: Contribution,
  change: { readonly source: string; readonly version: number },
): StoredWindow {
  if (part !== undefined && change.version <= (part.marks.get(change.source) ?? 0)) return part;
  const metrics = new Map((part?.metrics ?? []).map((metric) => [metric.name, copyMetric(metric)]));
  mergeInto(metrics, contribution.metrics);
  return {
    series: contribution.series,
    start: contribution.start,
    end: contribution.end,
    part: partOf(change.source),
    marks: new Map([...(part?.marks ?? []), [change.source, change.version]]),
    final: false,
    events: (part?.events ?? 0) + contribution.events,
    metrics: [...metrics.values()],
  };
}

/** The part of a rollup window that a source's changes go to. */
export function partOf(source: string): number {
  return bucketOf(source, ROLLUP_PARTS);
}

const NO_MARKS: ReadonlyMap<string, number> = new Map();

/** The parts of a rollup window as one. */
export function mergeParts(parts: readonly StoredWindow[]): StoredWindow | undefined {
  const [first, ...others] = parts;
  if (first === undefined || others.length === 0) return first;
  const metrics = new Map<string, Metric>();
  for (const part of parts) mergeInto(metrics, part.metrics);
  return {
    ...first,
    part: undefined,
    marks: NO_MARKS,
    final: parts.every((part) => part.final),
    events: parts.reduce((events, part) => events + part.events, 0),
    metrics: [...metrics.values()],
  };
}

function groupDifference(
  source: string,
  window: ClosedWindow,
  old: ClosedWindow | undefined,
  group: WindowGroup,
): { readonly events: number; readonly metrics: readonly Metric[] } {
  // Several where the window was kept apart by more tags before: a tag it was not kept apart by is null now.
  const before = (old?.groups ?? []).filter((candidate) =>
    window.groupBy.every(
      (tag, at) => (candidate.tags[old?.groupBy.indexOf(tag) ?? -1] ?? null) === (group.tags[at] ?? null),
    ),
  );
  const metrics = group.metrics
    .map((metric) =>
      before
        .flatMap(({ metrics }) => metrics.filter(({ name }) => name === metric.name))
        .reduce((left, part) => metricDifference(part, left), metricDifference(undefined, metric)),
    )
    .filter((metric) => metric.count > 0)
    .map((metric) => ({ ...metric, first: stamp(metric.first, source), last: stamp(metric.last, source) }));
  return { events: before.reduce((left, { events }) => left - events, group.events), metrics };
}

function stamp(sample: Metric['first'], source: string): Metric['first'] {
  return sample === undefined ? undefined : { ...sample, source };
}

function addContribution(
  contributions: Map<string, { contribution: Contribution; metrics: Map<string, Metric> }>,
  series: string,
  window: ClosedWindow,
  change: { readonly events: number; readonly metrics: readonly Metric[] },
): void {
  const key = `${window.start} ${series}`;
  const known = contributions.get(key);
  const metrics = known?.metrics ?? new Map<string, Metric>();
  mergeInto(metrics, change.metrics);
  const contribution: Contribution = {
    series,
    start: window.start,
    end: window.start + window.sizeMs,
    events: (known?.contribution.events ?? 0) + change.events,
    metrics: [],
  };
  contributions.set(key, { contribution, metrics });
}

function mergeInto(into: Map<string, Metric>, metrics: readonly Metric[]): void {
  for (const metric of metrics) {
    let same = into.get(metric.name);
    if (same === undefined) {
      same = emptyMetric(metric.name);
      into.set(metric.name, same);
    }
    mergeMetric(same, metric);
  }
}

function copyMetric(metric: Metric): Metric {
  return { ...metric, rest: metric.rest === undefined ? undefined : [...metric.rest] };
}

function windowKey(window: ClosedWindow): string {
  return `${window.start} ${window.sizeMs} ${window.aggregation}`;
}
