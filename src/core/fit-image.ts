// Fits a stored state to the present pipeline: aggregations may be new, gone, or count differently, and windows and samples may
// have been kept apart by other tags.
import type { EpochMs } from './brands.ts';
import { addToChain, type ClosingChain, emptyChain, eventsIn } from './closing-chain.ts';
import { freezeTrails } from './count-steps.ts';
import { countsTime, freezeHeld } from './count-time.ts';
import { countedAs, holdRulesText } from './counted-as.ts';
import { heldBytes } from './held-trail.ts';
import { MAX_GONE_AGGREGATIONS } from './limits.ts';
import type { Cut } from './partiality.ts';
import { mergedPartiality, mergedRegrouping } from './partiality.ts';
import type { Aggregation, Pipeline } from './pipeline/pipeline.ts';
import type { ClosedBorder, OpenAggregation, SourceState } from './source-state.ts';
import { addWindow, emptySourceState, openAggregation } from './source-state.ts';
import type { ClosedWindow, SourceWindow, WindowGroup } from './source-window.ts';
import type { AggregationImage, StateImage } from './state-image.ts';
import { mergeGroup } from './window.ts';
import { windowBytes } from './window-bytes.ts';
import { isSession, specText } from './window-spec.ts';

/**
 * The state of a source for the given pipeline. This closes open windows of an aggregation that the pipeline no longer has, or has
 * with another kind or size of window: they are put into `orphans`, and the next write stores them.
 */
export function fitImage(source: string, image: StateImage, pipeline: Pipeline): SourceState {
  const orphans: ClosedWindow[] = [];
  const state: SourceState = {
    ...emptySourceState(source, pipeline),
    upTo: [...image.upTo],
    maxTime: image.maxTime,
    latestTime: image.latestTime,
    lastArrivalMs: image.lastArrivalMs,
    counts: image.counts,
    strays: image.strays,
    ids: image.ids,
    placesUntilMs: image.placesUntilMs,
    open: pipeline.aggregations.map((aggregation) => openFromImage(image, aggregation)),
    closed: [...image.closed],
    letters: [...image.letters],
    silences: [...image.silences],
    handedOn: image.handedOn ?? 0,
    orphans,
    ...goneFromImage(image, pipeline),
  };
  for (const own of image.aggregations) {
    const { name, spec, groupBy, windows } = own;
    const into = state.open.find(({ aggregation }) => isSame(aggregation, { name, spec }));
    if (into === undefined) orphans.push(...orphansOf(image, own));
    else for (const window of windows) addWindow(state, into, fitted(image, window, { from: groupBy, into }));
  }
  for (const open of state.open) {
    const kept = image.aggregations.find((candidate) => isSame(open.aggregation, candidate));
    if (kept !== undefined && open.aggregation.keep.increase) adoptTrails(state, open, kept);
    if (kept !== undefined && countsTime(open)) adoptHeld(state, open, kept);
  }
  return state;
}

/** Open windows of an aggregation that the pipeline no longer has. */
function orphansOf(image: StateImage, own: AggregationImage): ClosedWindow[] {
  const { name, spec, groupBy, windows } = own;
  const chain = { ...(own.chain ?? chainNow(image, own)) };
  return [...windows]
    .sort((a, b) => a.start - b.start)
    .map((window) => {
      const closed = { aggregation: name, spec, groupBy, ...cutShort(image, window) };
      return { ...closed, link: addToChain(chain, window) };
    });
}

/** Samples are fitted in the same way as windows. */
function adoptTrails(state: SourceState, open: OpenAggregation, kept: AggregationImage): void {
  const { groupBy, counters } = open.aggregation;
  const isFitting =
    kept.groupBy.length === groupBy.length && kept.groupBy.every((tag, at) => tag === groupBy[at]);
  for (const [name, trail] of kept.trails) {
    if (isFitting) {
      open.trails.set(name, trail);
      continue;
    }
    const samples = trail.samples.map((sample) => ({
      ...sample,
      tags: sample.tags.length === 0 ? sample.tags : fittedTags(sample.tags, kept.groupBy, groupBy),
    }));
    open.trails.set(name, { ...trail, samples });
  }
  const isAsBefore = counters.carry === kept.counters.carry && counters.dip === kept.counters.dip;
  if (!isAsBefore) freezeTrails(open);
  for (const { bytes } of open.trails.values()) state.windowBytes += bytes;
}

/** The states and values that are still asked for; if the rules changed, counting continues from the last sample of each. */
function adoptHeld(
  state: SourceState,
  open: OpenAggregation,
  { held, groupBy: from }: AggregationImage,
): void {
  const { groupBy, states, weights } = open.aggregation;
  const isFitting = from.length === groupBy.length && from.every((tag, at) => tag === groupBy[at]);
  for (const [key, each] of held.trails) {
    const isAsked = each.texts === undefined ? weights : states.some(({ of }) => of === each.name);
    if (!isAsked) continue;
    const { samples } = each.trail;
    const fitted = isFitting
      ? samples
      : samples.map((sample) => ({ ...sample, tags: fittedTags(sample.tags, from, groupBy) }));
    open.held.set(key, { ...each, trail: { ...each.trail, samples: fitted } });
  }
  if (held.rules !== holdRulesText(open.aggregation)) freezeHeld(open);
  for (const each of open.held.values()) state.windowBytes += heldBytes(each);
}

/** The tags by which windows are kept apart now; for those by which they were not kept apart before, nothing is known. */
function fittedTags(
  tags: readonly (string | null)[],
  from: readonly string[],
  to: readonly string[],
): readonly (string | null)[] {
  return to.map((tag) => tags[from.indexOf(tag)] ?? null);
}

function isSame(
  { name, window }: Aggregation,
  other: { readonly name: string; readonly spec: string },
): boolean {
  return name === other.name && specText(window) === other.spec;
}

function openFromImage(image: StateImage, aggregation: Aggregation): OpenAggregation {
  const same = image.aggregations.find((candidate) => isSame(aggregation, candidate));
  if (same !== undefined) {
    const { late, closedBefore, sessionsEnd } = same;
    const isOther = isCountedOtherwise(same, aggregation);
    const cut = isOther ? cutNow(image) : same.cut;
    const chain = {
      ...(same.chain ?? chainNow(image, same)),
      ...(isOther ? { offset: offsetNow(image, same) } : {}),
    };
    return openAggregation(aggregation, { late, closedBefore, sessionsEnd, cut, chain });
  }
  const gone = image.gone.find((candidate) => isSame(aggregation, candidate)) ?? image.forgotten;
  const { closedBefore, sessionsEnd } = gone;
  const chain = chainNow(image, { late: 0, windows: [], chain: undefined });
  return openAggregation(aggregation, { closedBefore, sessionsEnd, cut: cutNow(image), chain });
}

/** An aggregation that begins now. */
function chainNow(image: StateImage, own: Chained): ClosingChain {
  return emptyChain({ id: image.counts.received, offset: offsetNow(image, own) });
}

/** See `ClosingChain.offset`. */
function offsetNow({ counts }: StateImage, { late, windows, chain }: Chained): number {
  const held = windows.reduce((sum, window) => sum + eventsIn(window), chain?.events ?? 0);
  return counts.applied + counts.late - late - held;
}

type Chained = Pick<AggregationImage, 'late' | 'windows' | 'chain'>;

/** It counts from here on; events so far are in none of its windows, or are counted differently. */
function cutNow({ lastArrivalMs, latestTime }: StateImage): Cut | undefined {
  return latestTime < 0 ? undefined : { sinceMs: lastArrivalMs, upTo: latestTime };
}

function isCountedOtherwise({ countedAs: before }: AggregationImage, aggregation: Aggregation): boolean {
  return before !== undefined && before !== countedAs(aggregation);
}

/** Closed before its time: later events for it are not counted. */
function cutShort({ lastArrivalMs }: StateImage, window: SourceWindow): SourceWindow {
  return { ...window, partial: mergedPartiality(window.partial, { untilMs: lastArrivalMs }) };
}

/** A window as the present aggregation continues it. */
function fitted(
  image: StateImage,
  window: SourceWindow,
  { from, into }: { readonly from: readonly string[]; readonly into: OpenAggregation },
): SourceWindow {
  const { aggregation } = into;
  const kept = image.aggregations.find((candidate) => isSame(aggregation, candidate));
  const regrouped = regroup(window, from, { to: aggregation.groupBy, sinceMs: image.lastArrivalMs });
  if (kept === undefined || !isCountedOtherwise(kept, aggregation)) return regrouped;
  return { ...regrouped, partial: mergedPartiality(window.partial, { sinceMs: image.lastArrivalMs }) };
}

/** What is kept of removed aggregations. Those removed just now also have their open windows closed. */
function goneFromImage(image: StateImage, pipeline: Pipeline): Pick<SourceState, 'gone' | 'forgotten'> {
  const dropped = image.aggregations.map(({ name, spec, windows, closedBefore, sessionsEnd }) => {
    const latestEnd = windows.reduce((latest, { end }) => Math.max(latest, end), 0);
    return {
      name,
      spec,
      closedBefore: Math.max(closedBefore, latestEnd),
      sessionsEnd: isSession(spec) ? Math.max(sessionsEnd, latestEnd) : 0,
    };
  });
  const gone = [...dropped, ...image.gone].filter(
    (each) => !pipeline.aggregations.some((aggregation) => isSame(aggregation, each)),
  );
  return {
    gone: gone.slice(0, MAX_GONE_AGGREGATIONS),
    forgotten: gone.slice(MAX_GONE_AGGREGATIONS).reduce(further, image.forgotten),
  };
}

function further(a: ClosedBorder, b: ClosedBorder): ClosedBorder {
  return {
    closedBefore: Math.max(a.closedBefore, b.closedBefore),
    sessionsEnd: Math.max(a.sessionsEnd, b.sessionsEnd),
  };
}

/** Fits a window that was kept apart by some tags to an aggregation that uses others: unknown tags are null. */
function regroup(
  window: SourceWindow,
  from: readonly string[],
  { to, sinceMs }: { readonly to: readonly string[]; readonly sinceMs: EpochMs },
): SourceWindow {
  if (from.length === to.length && from.every((tag, at) => tag === to[at])) return window;
  const groups = new Map<string, WindowGroup>();
  for (const group of window.groups) {
    const tags = fittedTags(group.tags, from, to);
    const into = groups.get(JSON.stringify(tags));
    if (into === undefined) groups.set(JSON.stringify(tags), { ...group, tags });
    else mergeGroup(into, group);
  }
  const fitted = [...groups.values()];
  const tags = from.filter((tag) => to.includes(tag));
  const regrouped = mergedRegrouping(window.regrouped, { sinceMs, tags });
  return { ...window, groups: fitted, bytes: windowBytes({ groups: fitted }), regrouped };
}
