// Rollups: folds what changed in a source's windows into windows by tag values. Pure, and exact whatever the order.
import type { EpochMs } from './brands.ts';
import { fieldsDifference } from './field-counts.ts';
import type { Sample } from './metric.ts';
import { metricDifference, settledMetric } from './metric.ts';
import type { Pipeline, Rollup } from './pipeline/pipeline.ts';
import { rollupSeries, sourceSeries } from './series.ts';
import type { ClosedWindow, GroupContents, WindowGroup } from './source-window.ts';
import { bucketOf } from './spread.ts';
import type { ChangedWindows } from './state-changes.ts';
import type { Mark, StoredWindow } from './stored-window.ts';
import { copyGroup, EMPTY_GROUP, mergeGroup, mergeGroups } from './window.ts';

/** What one change of one source adds to one part of a rollup window. */
export interface Contribution extends GroupContents {
  readonly series: string;
  readonly start: EpochMs;
  readonly end: EpochMs;
  readonly part: number;
  /** Whether more may come from this source: its own window is open still. */
  readonly open: boolean;
}

/** A contribution with what tells it from those before: the version of its source's state. */
export interface Addition {
  readonly source: string;
  readonly version: number;
  readonly contribution: Contribution;
}

/** The windows a change closed, as they are to be stored. */
export function closedSourceWindows(source: string, after: ChangedWindows): StoredWindow[] {
  return after.closed.map((window) => sourceWindow(source, window, true));
}

/** A window of a source as readers see it: final once it has closed, and provisional before. */
export function sourceWindow(source: string, window: ClosedWindow, final: boolean): StoredWindow {
  const { events, metrics, fields } = mergeGroups(window);
  return {
    series: sourceSeries(window.aggregation, source),
    start: window.start,
    end: window.end,
    part: undefined,
    marks: NO_MARKS,
    final,
    events,
    metrics: metrics.map(settledMetric),
    fields,
  };
}

/** What a change adds to every rollup window it touches. `before` is undefined for a source's first write. */
export function contributionsOf(
  source: string,
  before: ChangedWindows | undefined,
  after: ChangedWindows,
  pipeline: Pipeline,
): Contribution[] {
  const earlier = new Map((before?.open ?? []).map((window) => [windowKey(window), window]));
  const contributions = new Map<string, Contribution>();
  const rollups = Map.groupBy(pipeline.rollups, ({ of }) => of);
  for (const [windows, open] of [[after.closed, false] as const, [after.open, true] as const]) {
    for (const window of windows) {
      const old = earlier.get(windowKey(window));
      for (const rollup of rollups.get(window.aggregation) ?? []) {
        addContributions(contributions, { source, rollup, window, old, open });
      }
    }
  }
  return [...contributions.values()];
}

/** A part of a rollup window with additions folded in, save those whose change its marks say is in it already. */
export function foldAdditions(
  part: StoredWindow | undefined,
  additions: readonly Addition[],
): StoredWindow | undefined {
  const fresh: Addition[] = [];
  const marks = new Map<string, Mark>(part?.marks);
  for (const addition of additions) {
    const { source, version, contribution } = addition;
    const mark = marks.get(source);
    if (version <= (mark?.version ?? 0)) continue;
    // The rollup is younger than the window that closes: nothing of it is in here.
    if (mark === undefined && contribution.events === 0) continue;
    marks.set(source, { version, open: contribution.open });
    fresh.push(addition);
  }
  const [first] = fresh;
  if (first === undefined) return part;
  const { series, start, end, part: number } = first.contribution;
  const sum = copyGroup(part ?? EMPTY_GROUP);
  for (const { contribution } of fresh) mergeGroup(sum, contribution);
  return {
    series,
    start,
    end,
    part: number,
    marks,
    final: [...marks.values()].every(({ open }) => !open),
    events: sum.events,
    metrics: sum.metrics,
    fields: sum.fields,
  };
}

/** The parts of a rollup window as one. */
export function mergeParts(parts: readonly StoredWindow[]): StoredWindow | undefined {
  const [first, ...others] = parts;
  if (first === undefined || others.length === 0) return first;
  const { events, metrics, fields } = mergeGroups({ groups: parts });
  return {
    ...first,
    part: undefined,
    marks: NO_MARKS,
    final: parts.every((part) => part.final),
    events,
    metrics,
    fields,
  };
}

const NO_MARKS: ReadonlyMap<string, Mark> = new Map();

interface WindowChange {
  readonly source: string;
  readonly rollup: Rollup;
  readonly window: ClosedWindow;
  readonly old: ClosedWindow | undefined;
  readonly open: boolean;
}

function addContributions(into: Map<string, Contribution>, change: WindowChange): void {
  const { source, rollup, window, old, open } = change;
  for (const group of window.groups) {
    const added = groupDifference(source, window, old, group);
    // A window that closes says so, even where nothing came since.
    if (added.events === 0 && open) continue;
    for (const tags of rollup.levels) {
      const values = tags.map((tag) => group.tags[window.groupBy.indexOf(tag)] ?? null);
      const series = rollupSeries(rollup.name, values);
      const key = `${window.start} ${window.end} ${series}`;
      const known = into.get(key);
      if (known !== undefined) into.set(key, withGroup(known, added));
      else {
        const { start, end } = window;
        into.set(key, { series, start, end, part: bucketOf(source, rollup.parts), open, ...added });
      }
    }
  }
}

/** Groups that differ in tags a rollup does not ask for go into one of its windows. */
function withGroup(contribution: Contribution, added: GroupContents): Contribution {
  const { events, metrics, fields } = mergeGroups({ groups: [contribution, added] });
  return { ...contribution, events, metrics, fields };
}

function groupDifference(
  source: string,
  window: ClosedWindow,
  old: ClosedWindow | undefined,
  group: WindowGroup,
): GroupContents {
  // Several where the window was kept apart by more tags before: a tag it was not kept apart by is null now.
  const before = mergeGroups({
    groups: (old?.groups ?? []).filter((candidate) =>
      window.groupBy.every(
        (tag, at) => (candidate.tags[old?.groupBy.indexOf(tag) ?? -1] ?? null) === (group.tags[at] ?? null),
      ),
    ),
  });
  const metrics = group.metrics
    .map((metric) =>
      metricDifference(
        before.metrics.find(({ name }) => name === metric.name),
        metric,
      ),
    )
    .filter(({ count }) => count > 0)
    .map((metric) => ({ ...metric, first: stamp(metric.first, source), last: stamp(metric.last, source) }));
  const events = group.events - before.events;
  return { events, metrics, fields: fieldsDifference(before.fields, group.fields) };
}

function stamp(sample: Sample | undefined, source: string): Sample | undefined {
  return sample === undefined ? undefined : { ...sample, source };
}

function windowKey(window: ClosedWindow): string {
  return `${window.start} ${window.spec} ${window.aggregation}`;
}
