// Rollups: folds what changed in a source's windows into windows by tag values. Pure, and exact whatever the order.
import type { EpochMs } from './brands.ts';
import { isZero } from './exact-sum.ts';
import { fieldsDifference } from './field-counts.ts';
import { timesDifference, timesOf } from './group-times.ts';
import type { Sample } from './metric.ts';
import { metricDifference } from './metric.ts';
import { PartRoom } from './part-room.ts';
import type { Partiality } from './partiality.ts';
import { mergedPartiality } from './partiality.ts';
import type { Pipeline, Rollup } from './pipeline/pipeline.ts';
import { PART_CAPACITY } from './rollup-parts.ts';
import { rollupSeries, sourceSeries } from './series.ts';
import type { ClosedWindow, GroupContents, WindowGroup } from './source-window.ts';
import type { ChangedWindows } from './state-changes.ts';
import type { Mark, StoredWindow } from './stored-window.ts';
import { markKey } from './stored-window.ts';
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
  /** The source's window holds a part of its events; or not all of them are told apart by the tags that are asked for. */
  readonly partial: Partiality | undefined;
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

interface StateChange {
  readonly source: string;
  readonly before: ChangedWindows | undefined;
  readonly after: ChangedWindows;
  readonly pipeline: Pipeline;
  /** What the change brought is not known. */
  readonly missed?: 'always' | 'if-known';
}

function gather({ source, before, after, pipeline, missed }: StateChange): Contribution[] {
  const earlier = new Map((before?.open ?? []).map((window) => [windowKey(window), window]));
  const contributions = new Map<string, Gathered>();
  const rollups = Map.groupBy(pipeline.rollups, ({ of }) => of);
  for (const [windows, open] of [[after.closed, false] as const, [after.open, true] as const]) {
    for (const window of windows) {
      const old = earlier.get(windowKey(window));
      for (const rollup of rollups.get(window.aggregation) ?? []) {
        addContributions(contributions, { source, rollup, window, old, open, missed });
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

export interface FoldOptions {
  /** Sources a part takes before it is full. */
  readonly capacity?: number;
  /** Which part it is, where there is none yet. */
  readonly part: number;
  /** The window began with this part alone. */
  readonly alone?: boolean;
  /** The window had been deleted when this came: what is there no more is missing in it. */
  readonly incomplete?: boolean;
  /** Sources that closed theirs before the rollup began are missing in it. */
  readonly partial?: Partiality | undefined;
}

/** What came of folding additions into a part of a rollup window. */
export interface FoldedPart<A> {
  /** The part as it is to be written; the one given where nothing has changed. */
  readonly window: StoredWindow | undefined;
  /** Additions of sources that the part has no room for: they go to its branches, once it is stored as full. */
  readonly beyond: readonly A[];
  /** Values that the part has no room for, by the addition that brought them: it counts for its events and other values. */
  readonly refused: readonly { readonly addition: A; readonly names: readonly string[] }[];
}

/**
 * Folds additions into a part, save those whose change its marks say is in it already. A part takes new sources until it has
 * `capacity` of them. Then it is full, for ever: whoever is in it stays, whoever is not goes to a branch.
 */
export function foldAdditions<A extends Addition>(
  base: StoredWindow | undefined,
  additions: readonly A[],
  { capacity = PART_CAPACITY, part, alone = false, incomplete = false, partial: lacking }: FoldOptions,
): FoldedPart<A> {
  const beyond: A[] = [];
  const marks = new Map<string, Mark>(base?.marks);
  const room = new PartRoom(base ?? EMPTY_GROUP);
  const refused: { readonly addition: A; readonly names: readonly string[] }[] = [];
  let full = base?.full === true;
  let missed = false;
  let first: A | undefined;
  let partial = mergedPartiality(base?.partial, lacking);
  for (const addition of additions) {
    const { source, version, contribution } = addition;
    const key = markKey(source);
    const mark = marks.get(key);
    if (mark === undefined && full) {
      beyond.push(addition);
      continue;
    }
    const begun = mark === undefined ? contribution.whole() : undefined;
    if (begun === undefined ? version <= (mark?.version ?? 0) : beginsNothing(begun, contribution)) continue;
    first ??= addition;
    partial = mergedPartiality(partial, contribution.partial);
    marks.set(key, { version, open: contribution.open });
    missed ||= contribution.missed === 'always' || (contribution.missed === 'if-known' && mark !== undefined);
    const names = room.add(begun ?? contribution);
    if (names.length > 0) refused.push({ addition, names });
    full ||= marks.size >= capacity || room.isFull;
  }
  if (first === undefined) return { window: base, beyond, refused };
  const { sum } = room;
  const { series, start, end } = first.contribution;
  const isIncomplete = missed || (base === undefined ? incomplete : base.incomplete === true);
  const window = {
    series,
    start,
    end,
    part,
    marks,
    final: !isIncomplete && [...marks.values()].every(({ open }) => !open),
    ...(full ? { full } : {}),
    // A full one may have branches.
    ...(alone && !full ? { alone } : {}),
    ...(isIncomplete ? { incomplete: isIncomplete } : {}),
    ...(partial === undefined ? {} : { partial }),
    events: sum.events,
    moved: sum.moved,
    // A step that was moved says nothing where none of the values is known.
    metrics: sum.metrics.filter(({ count }) => count > 0),
    fields: sum.fields,
    ...timesOf(sum),
  };
  return { window, beyond, refused };
}

/** A window that closes ends what has been told under its tags. What was missed is missing though nothing else is known of it. */
function beginsNothing({ events, moved }: GroupContents, { missed }: Contribution): boolean {
  return events + moved === 0 && missed !== 'always';
}

/** The parts of a rollup window as one. */
export function mergeParts(parts: readonly StoredWindow[]): StoredWindow | undefined {
  const [first, ...others] = parts;
  if (first === undefined || others.length === 0) return first;
  const { events, moved, metrics, fields, ...times } = mergeGroups({ groups: parts });
  const { link, told, ...whole } = first;
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
    events,
    moved,
    metrics,
    fields,
    ...timesOf(times),
  };
}

const NO_MARKS: ReadonlyMap<string, Mark> = new Map();

/** A contribution while groups and windows are still added to it. */
interface Gathered
  extends Pick<Contribution, 'series' | 'start' | 'end' | 'parts' | 'open' | 'partial' | 'missed'> {
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
      const own = isToldApart
        ? () => wholeOf(source, window, tags, values)
        : bothWholes(known.wholes.get(windowKey(window)), missed === undefined ? added : EMPTY_GROUP);
      known.wholes.set(windowKey(window), own);
      into.set(key, {
        ...known,
        open: known.open || open,
        partial: mergedPartiality(known.partial, mergedPartiality(window.partial, since)),
        // Groups that differ in tags a rollup does not ask for go into one of its windows.
        added: missed === undefined ? mergeGroups({ groups: [known.added, added] }) : EMPTY_GROUP,
        ...missedOf(known, missed, isToldApart),
      });
    }
  }
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
function wholeOf(
  source: string,
  window: ClosedWindow,
  tags: readonly string[],
  values: readonly (string | null)[],
): GroupContents {
  const groups = window.groups.filter((group) =>
    valuesOf(group, tags, window).every((value, at) => value === values[at]),
  );
  return mergeGroups({ groups: groups.map((group) => groupDifference(source, window, undefined, group)) });
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
