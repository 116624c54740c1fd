// The increase of counters. Each step from one sample of the source to the next, in order of event time whatever their tags,
// belongs to the windows and the tags of its later sample. A late sample splits a step that was already counted: what that step
// added is moved.
import type { EpochMs } from './brands.ts';
import { addStep, subtractStep } from './counter-rules.ts';
import type { CounterSample, CounterTrail } from './counter-trail.ts';
import { emptyTrail, insertSample, mostTrailGrowth, placeIn, setSamples } from './counter-trail.ts';
import type { TelemetryEvent } from './event.ts';
import { MAX_WINDOW_BYTES } from './limits.ts';
import type { OpenAggregation, SourceState } from './source-state.ts';
import type { SourceWindow } from './source-window.ts';
import { extraSumBytes, SUM_GROWTH } from './window-bytes.ts';
import {
  areSameTags,
  earliestStart,
  groupOfTags,
  mayDropIn,
  tagsHeld,
  windowHolds,
  windowsHolding,
} from './window-places.ts';

/** After the event has been folded into its open windows. `order`: how many events of the source were applied before. */
export function countSteps(
  state: SourceState,
  open: OpenAggregation,
  event: TelemetryEvent,
  order: number,
): void {
  const { values: taken, groupBy } = open.aggregation;
  const tags = groupBy.length === 0 ? NO_TAGS : tagsHeld(open, event);
  for (const name in event.values) {
    const value = event.values[name];
    if (value === undefined || (taken !== undefined && !taken.has(name))) continue;
    const sample = { time: event.time, order, value, tags, afterGap: false };
    addToTrail(state, open, name, sample);
  }
}

const NO_TAGS: CounterSample['tags'] = [];

function addToTrail(state: SourceState, open: OpenAggregation, name: string, sample: CounterSample): void {
  const { trails } = open;
  let trail = trails.get(name);
  if (trail === undefined) {
    trail = emptyTrail(name);
    trails.set(name, trail);
    state.windowBytes += trail.bytes;
  }
  const place = placeIn(trail, sample.time);
  const { before, after } = place;
  if (after?.afterGap === true) return;
  if (after !== undefined) {
    for (const window of windowsHolding(open, after.time)) {
      if (before !== undefined)
        changeStep(state, open, { window, name, from: before, to: after }, subtractStep);
      changeStep(state, open, { window, name, from: sample, to: after }, addStep);
      const group = groupOfTags(window, after.tags);
      // Written even if the group got no event: otherwise its change would not be noticed.
      const isOwn = windowHolds(window, sample.time) && areSameTags(after.tags, sample.tags);
      if (group !== undefined && !isOwn) group.moved += 1;
    }
  }
  if (before !== undefined) {
    for (const window of windowsHolding(open, sample.time))
      changeStep(state, open, { window, name, from: before, to: sample }, addStep);
  }
  const bytes = trail.bytes;
  insertSample(trail, sample, place, mayDropIn(open));
  state.windowBytes += trail.bytes - bytes;
}

interface Step {
  readonly window: SourceWindow;
  readonly name: string;
  readonly from: CounterSample;
  readonly to: CounterSample;
}

function changeStep(
  state: SourceState,
  open: OpenAggregation,
  { window, name, from, to }: Step,
  change: typeof addStep,
): void {
  const { counters, window: spec } = open.aggregation;
  const carries = counters.carry && spec.kind !== 'session';
  if (!carries && from.time < window.start) return;
  const metric = groupOfTags(window, to.tags)?.metrics.find((candidate) => candidate.name === name);
  // Begun when increases were not asked for.
  if (metric?.increased === undefined) return;
  const before = extraSumBytes(metric.increased);
  change(metric.increased, from.value, to.value, counters);
  grow(state, window, extraSumBytes(metric.increased) - before);
}

function grow(state: SourceState, window: SourceWindow, bytes: number): void {
  window.bytes += bytes;
  state.windowBytes += bytes;
}

/** What the event can add to the trails, and to sums in the windows of the samples behind it. */
export function mostStepGrowth(
  { aggregation, trails, windows }: Pick<OpenAggregation, 'aggregation' | 'trails' | 'windows'>,
  event: TelemetryEvent,
): number {
  if (!aggregation.keep.increase) return 0;
  const { values: taken, window: spec } = aggregation;
  const held = spec.kind === 'hopping' ? Math.ceil(spec.sizeMs / spec.everyMs) : 1;
  let bytes = 0;
  for (const name in event.values) {
    if (taken !== undefined && !taken.has(name)) continue;
    bytes += mostTrailGrowth(name, trails.get(name)) + held * STEPS_GROWTH;
  }
  // Two sessions that merge also contain the step between them.
  return spec.kind === 'session' && windows.size > 1 ? bytes + trails.size * STEPS_GROWTH : bytes;
}

/** One more step in one window, and one step that becomes two in another: two terms each. */
const STEPS_GROWTH = 4 * SUM_GROWTH;

/** Two sessions have merged: the increase from the first to the second counts. `border`: where the later one began. */
export function countStepsAcross(
  state: SourceState,
  open: OpenAggregation,
  { window, border }: { readonly window: SourceWindow; readonly border: EpochMs },
): void {
  for (const [name, { samples }] of open.trails) {
    const at = samples.findIndex(({ time }) => time >= border);
    const [from, to] = [samples[at - 1], samples[at]];
    if (from === undefined || to === undefined || !windowHolds(window, to.time)) continue;
    changeStep(state, open, { window, name, from, to }, addStep);
  }
}

/** Once windows have closed, deletes samples that no open window can need any more, except the last one before them. */
export function pruneTrails(state: SourceState, open: OpenAggregation): void {
  if (open.trails.size === 0) return;
  const { aggregation } = open;
  const from = earliestStart(state, open);
  const carries = aggregation.counters.carry && aggregation.window.kind !== 'session';
  for (const [name, trail] of open.trails) {
    const bytes = trail.bytes;
    let first = trail.samples.findIndex(({ time }) => time >= from);
    if (first < 0) first = trail.samples.length;
    const carried = carries ? trail.samples[first - 1] : undefined;
    const rest = trail.samples.slice(first);
    const kept = carried === undefined ? rest : [{ ...carried, tags: NO_TAGS, afterGap: true }, ...rest];
    if (kept.length === 0) open.trails.delete(name);
    setSamples(trail, name, kept);
    state.windowBytes += (kept.length === 0 ? 0 : trail.bytes) - bytes;
  }
  forgetOldest(state, open, from);
}

/**
 * If the last samples of counters that are silent since `from` take too many bytes, deletes those that have been silent longest.
 */
function forgetOldest(state: SourceState, open: OpenAggregation, from: EpochMs): void {
  const idle = [...open.trails].filter(([, { samples }]) => (samples.at(-1)?.time ?? 0) < from);
  let bytes = idle.reduce((sum, [, trail]) => sum + trail.bytes, 0);
  const most = MAX_CARRIED_BYTES / state.open.filter(({ aggregation }) => aggregation.keep.increase).length;
  if (bytes <= most) return;
  const latest = (trail: CounterTrail) => trail.samples.at(-1)?.time ?? 0;
  for (const [name, trail] of idle.sort(([a, x], [b, y]) => latest(x) - latest(y) || (a < b ? -1 : 1))) {
    if (bytes <= most) break;
    open.trails.delete(name);
    bytes -= trail.bytes;
    state.windowBytes -= trail.bytes;
  }
}

/**
 * Most bytes, over all aggregations, for last samples of counters without samples in an open window: a share of what a source's
 * windows may take.
 */
const MAX_CARRIED_BYTES = MAX_WINDOW_BYTES / 4;

/**
 * The aggregation's rules differ from those when its samples were noted: later steps are counted by the new rules, earlier ones
 * stay.
 */
export function freezeTrails(open: OpenAggregation): void {
  for (const [name, trail] of open.trails) {
    const last = trail.samples.at(-1);
    if (last !== undefined) setSamples(trail, name, [{ ...last, afterGap: true }]);
  }
}
