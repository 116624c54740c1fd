// Rollups: folds what changed in a source's windows into windows by tag values. Pure, and exact whatever the order.
import type { EpochMs } from './brands.ts';
import type { ChangePlace } from './change-place.ts';
import { DIGEST_OF_NOTHING, digestOf } from './contents-digest.ts';
import { isZero } from './exact-sum.ts';
import { fieldsDifference } from './field-counts.ts';
import { timesDifference, timesOf } from './group-times.ts';
import type { Sample } from './metric.ts';
import { metricDifference } from './metric.ts';
import type { Partiality } from './partiality.ts';
import { mergedPartiality } from './partiality.ts';
import type { Pipeline, Rollup } from './pipeline/pipeline.ts';
import { rollupSeries, sourceSeries } from './series.ts';
import type { ClosedWindow, GroupContents, WindowGroup } from './source-window.ts';
import type { ChangedWindows } from './state-changes.ts';
import type { Mark, StoredWindow } from './stored-window.ts';
import { isGone } from './stored-window.ts';
import { EMPTY_GROUP, mergeGroups } from './window.ts';

/** What one change of one source adds to one part of a rollup window. */
export interface Contribution extends GroupContents {
  readonly series: string;
  readonly start: EpochMs;
  readonly end: EpochMs;
  /** Over how many parts the rollup spreads a window that is new. */
  readonly parts: number;
  /** Whether more may come from this source: its own window is open still. */
  readonly open: boolean;
  /**
   * All that the source's window holds of the series. It stands in for the difference where nothing of the source is in the
   * rollup's window yet: a rollup that is younger than the window, or that has missed changes, begins with the whole. Where
   * the window was kept apart by other tags before it is the difference: what the window held then is in the series that those made.
   */
  readonly whole: () => GroupContents;
  /**
   * A change of the source before this one could not be read, so that what it brought is missing: `always` from the window, or only
   * `if-known`, where something of the source is in it already.
   */
  readonly missed?: 'always' | 'if-known';
  /**
   * Digests of what the source's window held of the series before the change and holds after it; undefined where they say nothing of
   * what is in the part: of windows that are partial, or that were kept apart by other tags.
   */
  readonly digests?: { readonly before: number; readonly after: number } | undefined;
  /** Somebody put the source back to another state: what it holds does not follow on what it held. */
  readonly isPutBack?: true;
  /** The source has no such window any more: what it had brought goes. */
  readonly isTakenBack?: true;
  /** The source's window holds a part of its events; or not all of them are told apart by the tags that are asked for. */
  readonly partial: Partiality | undefined;
}

/** A contribution with what tells it from those before: the version of its source's state. */
export interface Addition extends ChangePlace {
  readonly source: string;
  readonly version: number;
  readonly contribution: Contribution;
  /** It came when the time of the window had run out: what was in the window may have been deleted. */
  readonly isExpired?: boolean;
}

/** The windows a change closed, as they are to be stored. */
export function closedSourceWindows(source: string, after: ChangedWindows): StoredWindow[] {
  return after.closed.map((window) => sourceWindow(source, window, true));
}

/** A window of a source as readers see it: final once it has closed, and provisional before. */
export function sourceWindow(source: string, window: ClosedWindow, final: boolean): StoredWindow {
  const { events, moved, metrics, fields, ...times } = mergeGroups(window);
  return {
    series: sourceSeries(window.aggregation, source),
    start: window.start,
    end: window.end,
    part: undefined,
    marks: NO_MARKS,
    final,
    ...(window.partial === undefined ? {} : { partial: window.partial }),
    ...(window.link === undefined ? {} : { link: window.link }),
    ...(final && window.groupBy.length > 0
      ? { apart: { groupBy: window.groupBy, groups: window.groups } }
      : {}),
    events,
    moved,
    metrics,
    fields,
    ...timesOf(times),
  };
}

/** What a change adds to every rollup window it touches. `before` is undefined for a source's first write. */
export function contributionsOf(
  source: string,
  before: ChangedWindows | undefined,
  after: ChangedWindows,
  pipeline: Pipeline,
): Contribution[] {
  return gather({ source, before, after, pipeline });
}

/** The same where somebody put the source back to another state, or erased it: `after` is undefined then. */
export function contributionsPutBack(
  source: string,
  before: ChangedWindows | undefined,
  after: ChangedWindows | undefined,
  pipeline: Pipeline,
): Contribution[] {
  const now = after === undefined ? [] : gather({ source, before: undefined, held: before, after, pipeline });
  const then =
    before === undefined
      ? []
      : gather({ source, before: undefined, after: { ...before, closed: [] }, pipeline });
  const kept = new Set(now.map(placeText));
  return [
    ...now.map((each) => ({ ...each, isPutBack: true as const })),
    ...then
      .filter((each) => !kept.has(placeText(each)))
      .map(({ digests, ...each }) => ({
        ...each,
        isTakenBack: true as const,
        digests: digests && { before: digests.after, after: DIGEST_OF_NOTHING },
      })),
  ];
}

/** All that windows of a source hold, for the rollup windows that they are of. */
export function contributionsHeld(source: string, held: Held, pipeline: Pipeline): Contribution[] {
  return gather({ source, before: undefined, after: held, pipeline });
}

/** What goes out of the rollups where a window that a source had closed is replaced by another with its bounds. */
export function contributionsReplaced(
  source: string,
  stored: ClosedWindow,
  now: ClosedWindow,
  pipeline: Pipeline,
): Contribution[] {
  const [had, has] = [stored, now].map((window) =>
    gather({ source, before: undefined, after: { ...NO_WINDOWS, closed: [window] }, pipeline }),
  );
  const kept = new Set((has ?? []).map(placeText));
  return (had ?? [])
    .filter((each) => !kept.has(placeText(each)))
    .map((each) => ({ ...each, isTakenBack: true as const }));
}

const NO_WINDOWS = { open: [], closed: [] };

function placeText({ series, start, end }: Pick<Contribution, 'series' | 'start' | 'end'>): string {
  return `${start} ${end} ${series}`;
}

type Held = Pick<ChangedWindows, 'open' | 'closed'>;

interface StateChange {
  readonly source: string;
  readonly before: Held | undefined;
  /** What the source held before, where `before` is not that. */
  readonly held?: Held | undefined;
  readonly after: Held;
  readonly pipeline: Pipeline;
  /** What the change brought is not known. */
  readonly missed?: 'always' | 'if-known';
}

function gather({ source, before, held = before, after, pipeline, missed }: StateChange): Contribution[] {
  const earlier = new Map((before?.open ?? []).map((window) => [windowKey(window), window]));
  const heldBefore = new Map((held?.open ?? []).map((window) => [windowKey(window), window]));
  const contributions = new Map<string, Gathered>();
  const rollups = Map.groupBy(pipeline.rollups, ({ of }) => of);
  for (const [windows, open] of [[after.closed, false] as const, [after.open, true] as const]) {
    for (const window of windows) {
      const old = earlier.get(windowKey(window));
      const had = heldBefore.get(windowKey(window));
      for (const rollup of rollups.get(window.aggregation) ?? []) {
        addContributions(contributions, { source, rollup, window, old, had, open, missed });
      }
    }
  }
  return [...contributions.values()].map(contributionOf);
}

/** What a change that cannot be read leaves of a source's windows: those open before it lack what it brought. */
export function contributionsMissed(
  source: string,
  before: ChangedWindows,
  pipeline: Pipeline,
): Contribution[] {
  return gather({
    source,
    before: undefined,
    after: { ...before, closed: [] },
    pipeline,
    missed: 'always',
  });
}

/** What the first change after one that could not be read brings: the whole of windows that hold nothing of the source yet. */
export function contributionsAfterMissed(
  source: string,
  after: ChangedWindows,
  pipeline: Pipeline,
): Contribution[] {
  return gather({ source, before: undefined, after, pipeline, missed: 'if-known' });
}

/** The parts of a rollup window as one. */
export function mergeParts(all: readonly StoredWindow[]): StoredWindow | undefined {
  const parts = all.filter((part) => !isVacated(part));
  const [first, ...others] = parts;
  if (first === undefined || others.length === 0) return first;
  const { events, moved, metrics, fields, ...times } = mergeGroups({ groups: parts });
  const { link, told, apart, since, raised: _, ...whole } = first;
  const raised = parts.reduce((sum, part) => sum + (part.raised ?? 0), 0);
  const partial = parts.reduce<Partiality | undefined>(
    (all, each) => mergedPartiality(all, each.partial),
    undefined,
  );
  return {
    ...whole,
    part: undefined,
    marks: NO_MARKS,
    final: parts.every((part) => part.final),
    ...(partial === undefined ? {} : { partial }),
    ...(raised === 0 ? {} : { raised }),
    events,
    moved,
    metrics,
    fields,
    ...timesOf(times),
  };
}

/** All that was in it has been taken back. */
function isVacated({ part, marks, events }: StoredWindow): boolean {
  return part !== undefined && events === 0 && [...marks.values()].every(isGone);
}

const NO_MARKS: ReadonlyMap<string, Mark> = new Map();

/** A contribution while groups and windows are still added to it. */
interface Gathered
  extends Pick<
    Contribution,
    'series' | 'start' | 'end' | 'parts' | 'open' | 'partial' | 'missed' | 'digests'
  > {
  readonly added: GroupContents;
  /** By window: one that was closed before its time and one of another kind may have the same bounds. */
  readonly wholes: Map<string, () => GroupContents>;
}

const NOTHING = { open: false, partial: undefined, added: EMPTY_GROUP };

function contributionOf({ added, wholes, ...rest }: Gathered): Contribution {
  const { events, moved, metrics, fields } = added;
  const whole = () => mergeGroups({ groups: [...wholes.values()].map((each) => each()) });
  return { ...rest, whole, events, moved, metrics, fields, ...timesOf(added) };
}

interface WindowChange {
  readonly source: string;
  readonly rollup: Rollup;
  readonly window: ClosedWindow;
  readonly old: ClosedWindow | undefined;
  /** The window as it was before the change. */
  readonly had: ClosedWindow | undefined;
  readonly open: boolean;
  readonly missed: Contribution['missed'] | undefined;
}

function addContributions(into: Map<string, Gathered>, change: WindowChange): void {
  const { source, rollup, window, old, open, missed } = change;
  for (const group of window.groups) {
    const added = groupDifference(source, window, old, group);
    // A window that closes says so, even where nothing came since.
    if (added.events === 0 && added.moved === 0 && open) continue;
    for (const tags of rollup.levels) {
      // Written under a pipeline that did not tell events apart by them: where they belong is not known.
      if (!tags.every((tag) => window.groupBy.includes(tag))) continue;
      const values = valuesOf(group, tags, window);
      const series = rollupSeries(rollup.name, values);
      const key = `${window.start} ${window.end} ${series}`;
      const { start, end, regrouped } = window;
      const isToldApart = regrouped === undefined || tags.every((tag) => regrouped.tags.includes(tag));
      const since = isToldApart ? undefined : { sinceMs: regrouped.sinceMs };
      const known: Gathered = into.get(key) ?? {
        series,
        start,
        end,
        parts: rollup.parts,
        wholes: new Map(),
        ...NOTHING,
      };
      const digests = known.wholes.size === 0 ? digestsOf(change, tags, values) : known.digests;
      const own = isToldApart
        ? () => wholeOf(source, window, tags, values)
        : bothWholes(known.wholes.get(windowKey(window)), missed === undefined ? added : EMPTY_GROUP);
      known.wholes.set(windowKey(window), own);
      into.set(key, {
        ...known,
        // If two windows have the same bounds, neither is what the part holds.
        digests: known.wholes.size > 1 ? undefined : digests,
        open: known.open || open,
        partial: mergedPartiality(known.partial, mergedPartiality(window.partial, since)),
        // Groups that differ in tags a rollup does not ask for go into one of its windows.
        added: missed === undefined ? mergeGroups({ groups: [known.added, added] }) : EMPTY_GROUP,
        ...missedOf(known, missed, isToldApart),
      });
    }
  }
}

/** Undefined where they would say nothing of what a part holds of the source. */
function digestsOf(
  { rollup, window, had, missed }: WindowChange,
  tags: readonly string[],
  values: readonly (string | null)[],
): Contribution['digests'] {
  const isCertain =
    missed === undefined &&
    window.partial === undefined &&
    window.regrouped === undefined &&
    had?.partial === undefined &&
    had?.regrouped === undefined &&
    // Levels of as many tags may share a series.
    rollup.levels.filter(({ length }) => length === tags.length).length === 1;
  if (!isCertain || had?.groupBy.some((tag) => !window.groupBy.includes(tag)) === true) return undefined;
  const before = had === undefined ? DIGEST_OF_NOTHING : digestOf(groupsOf(had, tags, values));
  return { before, after: digestOf(groupsOf(window, tags, values)) };
}

/** `always` where the window begins with what is new: then it has no whole that could stand in for what was missed. */
function missedOf(
  known: Pick<Gathered, 'missed'>,
  missed: Contribution['missed'] | undefined,
  isToldApart: boolean,
): Pick<Contribution, 'missed'> {
  if (missed === undefined) return {};
  return { missed: known.missed === 'always' || !isToldApart ? 'always' : missed };
}

function valuesOf(
  group: WindowGroup,
  tags: readonly string[],
  { groupBy }: Pick<ClosedWindow, 'groupBy'>,
): readonly (string | null)[] {
  return tags.map((tag) => group.tags[groupBy.indexOf(tag)] ?? null);
}

/** What the source's window holds of one combination of tag values, whenever it came. */
export function wholeOf(
  source: string,
  window: ClosedWindow,
  tags: readonly string[],
  values: readonly (string | null)[],
): GroupContents {
  const groups = groupsOf(window, tags, values);
  return mergeGroups({ groups: groups.map((group) => groupDifference(source, window, undefined, group)) });
}

function groupsOf(
  window: ClosedWindow,
  tags: readonly string[],
  values: readonly (string | null)[],
): WindowGroup[] {
  return window.groups.filter((group) =>
    valuesOf(group, tags, window).every((value, at) => value === values[at]),
  );
}

function bothWholes(known: (() => GroupContents) | undefined, added: GroupContents): () => GroupContents {
  return known === undefined ? () => added : () => mergeGroups({ groups: [known(), added] });
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
    .filter(({ count, increased }) => count > 0 || !isZero(increased))
    .map((metric) => ({ ...metric, first: stamp(metric.first, source), last: stamp(metric.last, source) }));
  const [events, moved] = [group.events - before.events, group.moved - before.moved];
  const fields = fieldsDifference(before.fields, group.fields);
  return { events, moved, metrics, fields, ...timesDifference(before, group, source) };
}

function stamp(sample: Sample | undefined, source: string): Sample | undefined {
  return sample === undefined ? undefined : { ...sample, source };
}

function windowKey(window: ClosedWindow): string {
  return `${window.start} ${window.spec} ${window.aggregation}`;
}
