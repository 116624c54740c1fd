// Closing, by the source's own event time or by silence. Either moves windows into `closed`, from which they never return.
import type { EpochMs } from './brands.ts';
import { addToChain } from './closing-chain.ts';
import { pruneTrails } from './count-steps.ts';
import { countToEnd, pruneHeld } from './count-time.ts';
import { MAX_OUTGOING_BYTES } from './limits.ts';
import type { Aggregation } from './pipeline/pipeline.ts';
import type { OpenAggregation, SourceState } from './source-state.ts';
import { beginWrite, takeWindow } from './source-state.ts';
import type { ClosedWindow, SourceWindow } from './source-window.ts';
import { specText } from './window-spec.ts';

/** Closes the windows whose end and allowed lateness `maxTime` has reached. Returns their rough size in bytes. */
export function closeByEventTime(state: SourceState, open: OpenAggregation): number {
  const { allowedLatenessMs } = open.aggregation;
  if (open.earliestEnd + allowedLatenessMs > state.maxTime) return 0;
  const due: SourceWindow[] = [];
  open.earliestEnd = Number.POSITIVE_INFINITY;
  for (const window of open.windows.values()) {
    if (window.end + allowedLatenessMs <= state.maxTime) due.push(window);
    else if (window.end < open.earliestEnd) open.earliestEnd = window.end;
  }
  let bytes = 0;
  for (const window of due.sort((a, b) => a.start - b.start)) {
    takeWindow(state, open, window);
    countToEnd(open, window);
    state.closed.push({ ...toClosed(window, open.aggregation), link: addToChain(open.chain, window) });
    if (open.aggregation.window.kind === 'session') open.sessionsEnd = Math.max(open.sessionsEnd, window.end);
    bytes += window.bytes;
  }
  if (due.length > 0) {
    pruneTrails(state, open);
    pruneHeld(state, open);
  }
  return bytes;
}

/**
 * When the closer may have something to close if the source stays silent: the earliest `end + allowedLateness` of its open windows,
 * or its last arrival if that is later, plus the idle timeout; undefined if nothing is open.
 */
export function closesAtMs(state: SourceState): EpochMs | undefined {
  let earliest = Number.POSITIVE_INFINITY;
  for (const open of state.open) {
    const { allowedLatenessMs, idleTimeoutMs } = open.aggregation;
    const floor = earliestEndOf(open) + allowedLatenessMs;
    earliest = Math.min(earliest, Math.max(floor, state.lastArrivalMs) + idleTimeoutMs);
  }
  return earliest === Number.POSITIVE_INFINITY ? undefined : earliest;
}

/** Sessions move their ends, so a noted end may be too early, and the closer would look at the source in vain. */
function earliestEndOf({ aggregation, windows, earliestEnd }: OpenAggregation): EpochMs {
  if (aggregation.window.kind !== 'session') return earliestEnd;
  return Math.min(...[...windows.values()].map(({ end }) => end));
}

/**
 * Closes the windows of a silent source: up to `silentUntilMs`, none of its events arrived in the stream for the idle timeout, and
 * that time has passed `end + allowedLateness + idleTimeout`. Raises the source's `maxTime` to what each closing stands for, so
 * that a closed window never opens again. Returns whether anything closed: then commit the state and call again, because one write
 * carries a bounded number of windows.
 */
export function closeBySilence(state: SourceState, silentUntilMs: EpochMs): boolean {
  const due = silentWindows(state, silentUntilMs);
  if (due.length === 0 && state.orphans.length === 0) return false;
  beginWrite(state);
  closeSilent(state, due, MAX_OUTGOING_BYTES);
  return true;
}

/** A window that will get no more events, and the event time that its closing stands for. */
export interface SilentWindow {
  readonly window: SourceWindow;
  readonly floor: EpochMs;
}

/** The windows to close if nothing of the source has arrived between its last arrival and then. */
export function silentWindows(state: SourceState, silentUntilMs: EpochMs): readonly SilentWindow[] {
  const due: SilentWindow[] = [];
  for (const { aggregation, windows } of state.open) {
    if (state.lastArrivalMs + aggregation.idleTimeoutMs > silentUntilMs) continue;
    for (const window of windows.values()) {
      const floor = window.end + aggregation.allowedLatenessMs;
      if (floor + aggregation.idleTimeoutMs <= silentUntilMs) due.push({ window, floor });
    }
  }
  return due.sort((a, b) => a.floor - b.floor);
}

/**
 * Closes them, earliest due first, while there is room in the write under way, but at least one. Returns the rough size in bytes of
 * what it closed. What is closed in the end does not depend on the number of steps.
 */
export function closeSilent(state: SourceState, due: readonly SilentWindow[], roomBytes: number): number {
  let bytes = 0;
  for (const { window, floor } of due) {
    if (bytes >= roomBytes && floor > state.maxTime) break;
    if (floor > state.maxTime) state.maxTime = floor;
    bytes += window.bytes;
  }
  return state.open.reduce((closed, open) => closed + closeByEventTime(state, open), 0);
}

/** Closes open windows as after an endless silence: this ends a replay. */
export function closeAll(state: SourceState): boolean {
  return closeBySilence(state, Number.POSITIVE_INFINITY);
}

/** A window, and what it belongs to. */
export function toClosed(window: SourceWindow, { name, window: spec, groupBy }: Aggregation): ClosedWindow {
  return { aggregation: name, spec: specText(spec), groupBy, ...window };
}
