// Closing: by the source's own event time, or by silence. Either moves windows into `closed`, for good.
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
 * When the closer may close something if the source stays silent: the earliest `end + allowedLateness` of its open
 * windows, or its last arrival if that is later, and the idle timeout; undefined when nothing is open.
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

/** Sessions move their ends: what is noted of theirs may be too early, and the closer would look at the source in vain. */
function earliestEndOf({ aggregation, windows, earliestEnd }: OpenAggregation): EpochMs {
  if (aggregation.window.kind !== 'session') return earliestEnd;
  return Math.min(...[...windows.values()].map(({ end }) => end));
}

/**
 * Closes the windows of a silent source: none of its events is among all that arrived in the stream
 * up to `silentUntilMs` for the idle timeout, and that has passed `end + allowedLateness + idleTimeout`. Raises the source's `maxTime` to what each closing stands for, so that a
 * closed window never comes back. Returns whether anything closed: then the state must be committed, and asked again,
 * since one write carries a bounded number of windows.
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

/** The windows that are due for closing if nothing has come of the source from its last arrival until then. */
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
 * Closes them, those that are due first as long as there is room for them in the write under way: one at least. Returns the rough size
 * of what it closed, in bytes. In how many steps a silence is judged makes no difference to what is closed in the end.
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

/** Closes open windows as if silence had lasted for ever, which is what a finished replay ends with. */
export function closeAll(state: SourceState): boolean {
  return closeBySilence(state, Number.POSITIVE_INFINITY);
}

/** A window with what it is of. */
export function toClosed(window: SourceWindow, { name, window: spec, groupBy }: Aggregation): ClosedWindow {
  return { aggregation: name, spec: specText(spec), groupBy, ...window };
}
