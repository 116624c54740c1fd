// How long states and values hold: from each sample of the source to the next, in order of event time whatever their tags, and at
// most for `hold`. An open window contains the time between its samples, and the time from its beginning to the first of them,
// which the sample before decides. When it closes, the time from its last sample to its end is added. All of it belongs to the tags
// of the sample that reported the value. A late sample splits an interval that was already counted: what that interval added is
// moved.
import type { EpochMs } from './brands.ts';
import type { CounterSample } from './counter-trail.ts';
import { insertSample, placeIn, setSamples } from './counter-trail.ts';
import type { TelemetryEvent } from './event.ts';
import { isOverflow, MAX_GROUPS, OVERFLOW_TAG } from './group-tags.ts';
import { stateTimeOf, timeWeightOf } from './group-times.ts';
import {
  beganMsOf,
  emptyHeldTrail,
  freeStates,
  type HeldTrail,
  heldBytes,
  heldKey,
  numberOfState,
  stateOf,
} from './held-trail.ts';
import { MAX_WINDOW_BYTES } from './limits.ts';
import type { StateRule } from './pipeline/pipeline.ts';
import type { OpenAggregation, SourceState } from './source-state.ts';
import type { SourceWindow, WindowGroup } from './source-window.ts';
import { addStateMs, noteState } from './state-time.ts';
import { addHeldValue } from './time-weight.ts';
import { addGroup } from './window.ts';
import { windowBytes } from './window-bytes.ts';
import {
  earliestStart,
  groupOfTags,
  mayDropIn,
  tagsHeld,
  windowHolds,
  windowsHolding,
} from './window-places.ts';

/** Whether there is anything to count here. */
export function countsTime({ aggregation }: Pick<OpenAggregation, 'aggregation'>): boolean {
  return aggregation.weights || aggregation.states.length > 0;
}

/** After the event has been folded into its open windows. `order`: how many events of the source were applied before. */
export function countTime(
  state: SourceState,
  open: OpenAggregation,
  event: TelemetryEvent,
  order: number,
): void {
  const touched = new Set<SourceWindow>();
  const sample = { time: event.time, order, value: 0, tags: tagsHeld(open, event), afterGap: false };
  const { states, weights, values: taken } = open.aggregation;
  for (const rule of states) {
    const text = stateIn(event, rule);
    if (text === undefined) continue;
    const held = heldOf(state, open, rule.of, 'state');
    const { texts = [] } = held;
    addSample(state, open, held, sample, () => numberOfState(texts, text, rule), touched);
  }
  if (weights) {
    for (const name in event.values) {
      const value = event.values[name];
      if (value === undefined || (taken !== undefined && !taken.has(name))) continue;
      addSample(state, open, heldOf(state, open, name, 'value'), sample, () => value, touched);
    }
  }
  for (const window of touched) measure(state, window);
}

/** What the event says about the state; undefined if it says nothing. */
export function stateIn({ states }: TelemetryEvent, { of }: StateRule): string | undefined {
  return states !== undefined && Object.hasOwn(states, of) ? states[of] : undefined;
}

function heldOf(state: SourceState, open: OpenAggregation, name: string, kind: 'state' | 'value'): HeldTrail {
  const key = heldKey(name, kind);
  const known = open.held.get(key);
  if (known !== undefined) return known;
  const held = emptyHeldTrail(name, kind);
  open.held.set(key, held);
  state.windowBytes += heldBytes(held);
  return held;
}

function addSample(
  state: SourceState,
  open: OpenAggregation,
  held: HeldTrail,
  draft: CounterSample,
  number: () => number,
  touched: Set<SourceWindow>,
): void {
  const place = placeIn(held.trail, draft.time);
  const { before, after } = place;
  if (after?.afterGap === true) return;
  const bytes = heldBytes(held);
  const sample = { ...draft, value: number() };
  if (after !== undefined) splitInterval(open, held, { before, sample, after }, touched);
  for (const window of windowsHolding(open, sample.time)) {
    touched.add(window);
    if (before !== undefined) {
      changeInterval(open, window, { held, from: before, to: sample }, 1);
      tellChange(window, [before.tags], sample);
    }
    noteSample(window, held, sample, sample.tags);
  }
  for (const window of windowsBegunIn(open, sample.time, after?.time)) {
    touched.add(window);
    enter(open, window, held, sample);
  }
  insertSample(held.trail, sample, place, mayDropIn(open));
  state.windowBytes += heldBytes(held) - bytes;
}

function splitInterval(
  open: OpenAggregation,
  held: HeldTrail,
  {
    before,
    sample,
    after,
  }: Record<'sample' | 'after', CounterSample> & { before: CounterSample | undefined },
  touched: Set<SourceWindow>,
): void {
  for (const window of windowsHolding(open, after.time)) {
    touched.add(window);
    if (before !== undefined) changeInterval(open, window, { held, from: before, to: after }, -1);
    changeInterval(open, window, { held, from: sample, to: after }, 1);
    const changed = [before?.tags ?? sample.tags, sample.tags, after.tags];
    tellChange(window, changed, sample);
  }
}

interface Interval {
  readonly held: HeldTrail;
  readonly from: CounterSample;
  readonly to: CounterSample;
}

/** Counts the interval in a window that holds its later sample, or subtracts what it counted. */
function changeInterval(
  open: OpenAggregation,
  window: SourceWindow,
  { held, from, to }: Interval,
  sign: 1 | -1,
): void {
  if (!carries(open) && from.time < window.start) return;
  addMs(open, window, held, from, sign * msWithin(open, window, from, to.time));
  if (held.texts === undefined || from.value === to.value) return;
  stateTimeOf(groupFor(open, window, to.tags), held.name).changes += sign;
}

function addMs(
  open: OpenAggregation,
  window: SourceWindow,
  held: HeldTrail,
  from: CounterSample,
  ms: number,
): void {
  if (held.texts !== undefined)
    addStateMs(stateTimeOf(groupFor(open, window, from.tags), held.name), stateOf(held, from), ms);
  // A value that holds for no time in the window begins no group in it.
  else if (ms !== 0) addHeldValue(timeWeightOf(groupFor(open, window, from.tags), held.name), from.value, ms);
}

/** How much of the time that a sample stands for lies in the window before `until`. */
function msWithin(
  { aggregation: { holdMs = Number.POSITIVE_INFINITY } }: OpenAggregation,
  { start, end }: SourceWindow,
  { time }: CounterSample,
  until: EpochMs,
): number {
  return Math.max(0, Math.min(until, end, time + holdMs) - Math.max(time, start));
}

/** In sessions, a state is unknown before the first sample. */
function carries({ aggregation }: OpenAggregation): boolean {
  return aggregation.window.kind !== 'session';
}

function noteSample(
  window: SourceWindow,
  held: HeldTrail,
  sample: CounterSample,
  tags: CounterSample['tags'],
): void {
  const group = groupOfTags(window, tags);
  if (group === undefined || held.texts === undefined) return;
  const time = stateTimeOf(group, held.name);
  addStateMs(time, stateOf(held, sample), 0);
  noteState(time, { time: sample.time, order: sample.order, state: stateOf(held, sample) });
}

/** Written even if the group got no event: otherwise its change would not be noticed. */
function tellChange(
  window: SourceWindow,
  tags: readonly CounterSample['tags'][],
  sample: CounterSample,
): void {
  const told = new Set<WindowGroup>();
  const own = windowHolds(window, sample.time) ? groupOfTags(window, sample.tags) : undefined;
  for (const each of tags) {
    const group = groupOfTags(window, each);
    if (group === undefined || group === own || told.has(group)) continue;
    told.add(group);
    group.moved += 1;
  }
}

/** Windows that begin after a sample, and not after the next one: the sample's value carries over into them. */
function windowsBegunIn(
  open: OpenAggregation,
  from: EpochMs,
  to: EpochMs | undefined,
): readonly SourceWindow[] {
  if (!carries(open)) return [];
  const found: SourceWindow[] = [];
  for (const window of open.windows.values())
    if (window.start > from && (to === undefined || window.start <= to)) found.push(window);
  return found;
}

/** Reserves room for what carries over into a window: it must fit when the window closes, whatever has come since. */
function enter(open: OpenAggregation, window: SourceWindow, held: HeldTrail, sample: CounterSample): void {
  if (held.texts === undefined || msWithin(open, window, sample, window.end) === 0) return;
  addMs(open, window, held, sample, 0);
}

/** A window begins: room is reserved for each state that carries over into it. */
export function enterWindow(open: OpenAggregation, window: SourceWindow): void {
  if (open.held.size === 0 || !carries(open)) return;
  for (const held of open.held.values()) {
    const carried = held.trail.samples.findLast(({ time }) => time < window.start);
    if (carried !== undefined) enter(open, window, held, carried);
  }
  window.bytes = windowBytes(window);
}

/** Two sessions have merged: the time from the last sample of the first to the first sample of the second. */
export function countTimeAcross(
  state: SourceState,
  open: OpenAggregation,
  { window, border }: { readonly window: SourceWindow; readonly border: EpochMs },
): void {
  for (const held of open.held.values()) {
    const { samples } = held.trail;
    const at = samples.findIndex(({ time }) => time >= border);
    const [from, to] = [samples[at - 1], samples[at]];
    if (from === undefined || to === undefined || !windowHolds(window, to.time)) continue;
    changeInterval(open, window, { held, from, to }, 1);
  }
  measure(state, window);
}

/** The window is about to close: the values of its last samples hold until its end. */
export function countToEnd(open: OpenAggregation, window: SourceWindow): void {
  if (open.held.size === 0) return;
  for (const held of open.held.values()) {
    const last = held.trail.samples.findLast(({ time }) => time < window.end);
    const isCarried = last !== undefined && last.time < window.start;
    if (last === undefined || (isCarried && (held.texts === undefined || !carries(open)))) continue;
    const ms = msWithin(open, window, last, window.end);
    if (ms === 0) continue;
    addMs(open, window, held, last, ms);
    const group = groupFor(open, window, last.tags);
    group.moved += 1;
    if (held.texts === undefined) continue;
    const time = stateTimeOf(group, held.name);
    noteState(time, { time: last.time, order: last.order, state: stateOf(held, last) });
    time.lastingMs = lastingMs(open, window, held, last);
  }
  window.bytes = windowBytes(window);
}

/** How long, before the window's end and within the window, the source had been in its last state without a gap. */
function lastingMs(
  open: OpenAggregation,
  window: SourceWindow,
  held: HeldTrail,
  last: CounterSample,
): number {
  const { holdMs = Number.POSITIVE_INFINITY } = open.aggregation;
  if (last.time + holdMs < window.end) return 0;
  const own = window.groups.flatMap(({ states = [] }) => states.filter(({ name }) => name === held.name));
  const known = own.flatMap(({ ms }) => [...ms.values()]).reduce((sum, ms) => sum + ms, 0);
  const isSteady = own.every(({ changes }) => changes === 0);
  if (isSteady && (known === window.end - window.start || holdMs === Number.POSITIVE_INFINITY)) return known;
  const { samples } = held.trail;
  let at = samples.indexOf(last);
  let from = last.time;
  while (from > window.start) {
    const [own, before] = [samples[at], samples[at - 1]];
    if (own === undefined || own.afterGap || before === undefined || before.value !== last.value) break;
    if (before.time + holdMs < own.time || (!carries(open) && before.time < window.start)) break;
    from = before.time;
    at -= 1;
  }
  return window.end - Math.max(from, window.start);
}

/** Once windows have closed, deletes samples that no open window can need any more, except the last one before them. */
export function pruneHeld(state: SourceState, open: OpenAggregation): void {
  if (open.held.size === 0) return;
  const from = earliestStart(state, open);
  for (const [key, held] of open.held) {
    const bytes = heldBytes(held);
    keepFrom(open, held, from);
    if (held.trail.samples.length === 0) open.held.delete(key);
    else freeStates(held, (text) => isKnown(open, held.name, text));
    state.windowBytes += (open.held.has(key) ? heldBytes(held) : 0) - bytes;
  }
  forgetOldest(state, open, from);
}

/** A sample older than its hold is kept too: the next one counts as a change from it. */
function keepFrom(open: OpenAggregation, held: HeldTrail, from: EpochMs): void {
  const { trail, name } = held;
  let first = trail.samples.findIndex(({ time }) => time >= from);
  if (first < 0) first = trail.samples.length;
  const carried = carries(open) ? trail.samples[first - 1] : undefined;
  const rest = trail.samples.slice(first);
  noteBegan(open, held, carried === undefined ? -1 : first - 1);
  setSamples(trail, name, carried === undefined ? rest : [{ ...carried, afterGap: true }, ...rest]);
}

/** The sample at this index becomes the first. */
function noteBegan({ aggregation }: OpenAggregation, held: HeldTrail, at: number): void {
  if (held.texts !== undefined) held.beganMs = beganMsOf(held, at, aggregation.holdMs);
}

/** Whether an open window holds time of the state. */
function isKnown({ windows }: OpenAggregation, name: string, text: string): boolean {
  for (const { groups } of windows.values()) {
    for (const { states = [] } of groups)
      if (states.some((time) => time.name === name && time.ms.has(text))) return true;
  }
  return false;
}

/**
 * If the last samples of values that are silent since `from` take too many bytes, deletes those silent longest. States are few, and
 * all are kept.
 */
function forgetOldest(state: SourceState, open: OpenAggregation, from: EpochMs): void {
  if (!open.aggregation.weights) return;
  const latest = ({ trail }: HeldTrail) => trail.samples.at(-1)?.time ?? 0;
  const idle = [...open.held].filter(([, held]) => held.texts === undefined && latest(held) < from);
  let bytes = idle.reduce((sum, [, held]) => sum + heldBytes(held), 0);
  const most = MAX_CARRIED_BYTES / state.open.filter(({ aggregation }) => aggregation.weights).length;
  if (bytes <= most) return;
  for (const [key, held] of idle.sort(([a, x], [b, y]) => latest(x) - latest(y) || (a < b ? -1 : 1))) {
    if (bytes <= most) break;
    open.held.delete(key);
    bytes -= heldBytes(held);
    state.windowBytes -= heldBytes(held);
  }
}

/**
 * Most bytes, over all aggregations, for last samples of values without samples in an open window: a share of what a source's
 * windows may take.
 */
const MAX_CARRIED_BYTES = MAX_WINDOW_BYTES / 4;

/** The aggregation's rules differ from those when its samples were noted: from here on, the samples hold by the present rules. */
export function freezeHeld(open: OpenAggregation): void {
  for (const held of open.held.values()) {
    const { trail, name } = held;
    const last = trail.samples.at(-1);
    noteBegan(open, held, trail.samples.length - 1);
    if (last !== undefined) setSamples(trail, name, [{ ...last, afterGap: true }]);
  }
}

function measure(state: SourceState, window: SourceWindow): void {
  const bytes = windowBytes(window);
  state.windowBytes += bytes - window.bytes;
  window.bytes = bytes;
}

/** Also a window without an event of its own: a value reported under other tags carries over into it. */
function groupFor(
  { aggregation }: OpenAggregation,
  window: SourceWindow,
  tags: CounterSample['tags'],
): WindowGroup {
  const known = groupOfTags(window, tags);
  if (known !== undefined) return known;
  const { groupBy } = aggregation;
  const isFull = window.groups.length >= MAX_GROUPS && groupBy.length > 0;
  const overflow = isFull ? window.groups.find((group) => isOverflow(group.tags)) : undefined;
  if (overflow !== undefined) return overflow;
  return addGroup(window, aggregation, isFull ? groupBy.map(() => OVERFLOW_TAG) : tags);
}
