// Folds an event into every window that is still open for it, in every aggregation that takes it.
import type { EpochMs } from './brands.ts';
import { countSteps, countStepsAcross, mostStepGrowth } from './count-steps.ts';
import { countsTime, countTime, countTimeAcross, enterWindow } from './count-time.ts';
import type { TelemetryEvent } from './event.ts';
import { passesFilter } from './event-filter.ts';
import type { FoldedInto } from './folded-into.ts';
import type { Occasion } from './id-segments.ts';
import type { OpenAggregation, SourceState } from './source-state.ts';
import { addWindow, takeWindow } from './source-state.ts';
import type { SourceWindow } from './source-window.ts';
import { mostTimeGrowth } from './time-growth.ts';
import { emptyWindow, foldIntoWindow, mergeWindow } from './window.ts';
import { windowGrowth } from './window-bytes.ts';
import type { FixedSpec, WindowBounds, WindowSpec } from './window-spec.ts';
import { spanMs, windowAt, windowsAt } from './window-spec.ts';

/** Returned for an event that is late: some aggregation takes it, and no window of any is open for it. */
export const LATE = -1;

/**
 * The aggregations that the event was folded into, one bit each, by their index in the pipeline; or `LATE`. No bit is set if no
 * aggregation takes the event.
 */
export function applyToOpenWindows(
  state: SourceState,
  event: TelemetryEvent,
  maxTimeBefore: EpochMs,
): FoldedInto | typeof LATE {
  let into = 0;
  let late = false;
  let bit = 1;
  for (const open of state.open) {
    const own = bit;
    bit *= 2;
    const { filter, window: spec } = open.aggregation;
    if (filter !== undefined && !passesFilter(filter, event)) continue;
    const folded =
      spec.kind === 'session'
        ? foldSession(state, open, spec.gapMs, event, maxTimeBefore)
        : spec.kind === 'hopping'
          ? foldHopping(state, open, spec, event, maxTimeBefore)
          : foldIntoOne(state, open, spec, event, maxTimeBefore);
    if (folded) {
      into += own;
      if (open.aggregation.keep.increase) countSteps(state, open, event, state.counts.applied);
      if (countsTime(open)) countTime(state, open, event, state.counts.applied);
    } else {
      open.late += 1;
      late = true;
    }
  }
  return into === 0 && late ? LATE : into;
}

/** Whether a window is still open that an event with this time was folded into. */
export function isFoldedOpen(state: SourceState, maxTimeBefore: EpochMs): Occasion {
  return (time, folded) => {
    let left = folded;
    for (const open of state.open) {
      if (left % 2 === 1 && holdsOpen(open, time, maxTimeBefore)) return true;
      left = Math.floor(left / 2);
    }
    return false;
  };
}

/** What was folded into a window while it was open stays in it as long as it is open. */
function holdsOpen(open: OpenAggregation, time: EpochMs, maxTimeBefore: EpochMs): boolean {
  const spec = open.aggregation.window;
  if (spec.kind !== 'session')
    return windowsAt(spec, time).some(({ end }) => isOpen(open, end, maxTimeBefore));
  for (const { start, end } of open.windows.values()) if (start <= time && time < end) return true;
  return false;
}

/** No earlier event is in a window that is open, now or later: the source's windows have closed up to here. */
export function openFrom(state: SourceState): EpochMs {
  let from = Number.POSITIVE_INFINITY;
  for (const { aggregation, windows } of state.open) {
    const { window: spec, allowedLatenessMs } = aggregation;
    if (spec.kind !== 'session') from = Math.min(from, state.maxTime - allowedLatenessMs - spanMs(spec));
    else for (const { start } of windows.values()) from = Math.min(from, start);
  }
  return from;
}

/** The result that `applyToOpenWindows` would have, without folding. */
export function isLate(state: SourceState, event: TelemetryEvent, maxTimeBefore: EpochMs): boolean {
  const places = placesOf(state, event, maxTimeBefore);
  return places.length > 0 && places.every(({ windows }) => windows.length === 0);
}

/** An event that is late for every aggregation that takes it is found late without being folded. */
export function noteLate(state: SourceState, event: TelemetryEvent): void {
  for (const open of state.open) {
    const { filter } = open.aggregation;
    if (filter === undefined || passesFilter(filter, event)) open.late += 1;
  }
}

/** What folding the event would add to the state's windows: at most so many bytes, and so many new windows. */
export function growthOf(
  state: SourceState,
  event: TelemetryEvent,
  maxTimeBefore: EpochMs,
): { readonly bytes: number; readonly windows: number } {
  let bytes = 0;
  let begun = 0;
  for (const { open, windows } of placesOf(state, event, maxTimeBefore)) {
    const own = windows.filter((window) => window === undefined).length;
    if (windows.length > 0) bytes += mostStepGrowth(open, event) + mostTimeGrowth(open, event, own);
    for (const window of windows) {
      bytes += windowGrowth(window, open.aggregation, event);
      if (window === undefined) begun += 1;
    }
  }
  return { bytes, windows: begun };
}

/** For each aggregation that takes the event, the open windows it falls in; undefined stands for a window that it would begin. */
function placesOf(
  state: SourceState,
  event: TelemetryEvent,
  maxTimeBefore: EpochMs,
): { readonly open: OpenAggregation; readonly windows: readonly (SourceWindow | undefined)[] }[] {
  return state.open
    .filter(({ aggregation: { filter } }) => filter === undefined || passesFilter(filter, event))
    .map((open) => ({ open, windows: windowsFor(open, event.time, maxTimeBefore) }));
}

function windowsFor(
  open: OpenAggregation,
  time: EpochMs,
  maxTimeBefore: EpochMs,
): readonly (SourceWindow | undefined)[] {
  const spec = open.aggregation.window;
  if (spec.kind !== 'session') {
    return windowsAt(spec, time)
      .filter(({ end }) => isOpen(open, end, maxTimeBefore))
      .map(({ start }) => open.windows.get(start));
  }
  if (time < open.sessionsEnd) return [];
  // Sessions that merge take no more bytes than they did separately.
  const [session] = touchedSessions(open, spec.gapMs, time);
  return session !== undefined || isOpen(open, time + spec.gapMs, maxTimeBefore) ? [session] : [];
}

/** A window accepts events until the source's event time has passed its end by the allowed lateness. */
function isOpen(open: OpenAggregation, end: EpochMs, maxTimeBefore: EpochMs): boolean {
  return end + open.aggregation.allowedLatenessMs > maxTimeBefore && end > open.closedBefore;
}

function foldIntoOne(
  state: SourceState,
  open: OpenAggregation,
  spec: Exclude<FixedSpec, { kind: 'hopping' }>,
  event: TelemetryEvent,
  maxTimeBefore: EpochMs,
): boolean {
  // Most events fall into the same window as the event before: no division, no look-up.
  const recent = open.recent;
  const time = event.time;
  const again = recent !== undefined && recent.start <= time && time < recent.end;
  const bounds = again ? recent : windowAt(spec, time);
  if (!isOpen(open, bounds.end, maxTimeBefore)) return false;
  const window = again ? recent : findOrOpen(state, open, bounds);
  open.recent = window;
  fold(state, open, window, event);
  return true;
}

function foldHopping(
  state: SourceState,
  open: OpenAggregation,
  spec: WindowSpec & { kind: 'hopping' },
  event: TelemetryEvent,
  maxTimeBefore: EpochMs,
): boolean {
  let folded = false;
  for (const bounds of windowsAt(spec, event.time)) {
    // The windows after it in this list end earlier.
    if (!isOpen(open, bounds.end, maxTimeBefore)) break;
    fold(state, open, findOrOpen(state, open, bounds), event);
    folded = true;
  }
  return folded;
}

/**
 * The event joins every open session it touches, and these merge into one. If it touches none, it begins one, unless it is late.
 * Before the end of a closed session it is late whatever it touches: sessions do not overlap, and what has closed does not change.
 */
function foldSession(
  state: SourceState,
  open: OpenAggregation,
  gapMs: number,
  event: TelemetryEvent,
  maxTimeBefore: EpochMs,
): boolean {
  const { time } = event;
  if (time < open.sessionsEnd) return false;
  const [session, ...others] = touchedSessions(open, gapMs, time);
  if (session === undefined) {
    if (!isOpen(open, time + gapMs, maxTimeBefore)) return false;
    const begun = beginWindow(open, { start: time, end: time + gapMs });
    addWindow(state, open, begun);
    fold(state, open, begun, event);
    return true;
  }
  for (const each of [session, ...others]) takeWindow(state, open, each);
  const borders = others.map(({ start }) => start);
  for (const other of others) mergeWindow(session, other);
  session.start = Math.min(session.start, time);
  session.end = Math.max(session.end, time + gapMs);
  addWindow(state, open, session);
  fold(state, open, session, event);
  for (const border of borders) {
    countStepsAcross(state, open, { window: session, border });
    countTimeAcross(state, open, { window: session, border });
  }
  return true;
}

/** `[first, last + gap)` is touched if `first − gap < time < last + gap`. Ordered by start, so that merging has one order. */
function touchedSessions(open: OpenAggregation, gapMs: number, time: EpochMs): SourceWindow[] {
  const touched: SourceWindow[] = [];
  for (const window of open.windows.values()) {
    if (window.start - gapMs < time && time < window.end) touched.push(window);
  }
  return touched.length < 2 ? touched : touched.sort((a, b) => a.start - b.start);
}

/** An open window keeps the end it began with, even if the calendar's rule has changed since. */
function findOrOpen(state: SourceState, open: OpenAggregation, { start, end }: WindowBounds): SourceWindow {
  const known = open.windows.get(start);
  if (known !== undefined) return known;
  const window = beginWindow(open, { start, end });
  addWindow(state, open, window);
  return window;
}

/** A session also lacks what it would have merged with at its beginning. */
function beginWindow(open: OpenAggregation, { start, end }: WindowBounds): SourceWindow {
  const { aggregation, cut } = open;
  const window = emptyWindow(start, end);
  enterWindow(open, window);
  if (cut === undefined) return window;
  const { window: spec } = aggregation;
  const lacks = spec.kind === 'session' ? start - spec.gapMs < cut.upTo : start <= cut.upTo;
  return lacks ? { ...window, partial: { sinceMs: cut.sinceMs } } : window;
}

function fold(state: SourceState, open: OpenAggregation, window: SourceWindow, event: TelemetryEvent): void {
  const before = window.bytes;
  foldIntoWindow(window, open.aggregation, event, state.counts.applied);
  state.windowBytes += window.bytes - before;
}
