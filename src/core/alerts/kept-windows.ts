// The windows an alert keeps since others may still come before them: in order, each once, as few as will do.
import { isSession } from '../window-spec.ts';
import type { AlertRule } from './alert-rule.ts';
import type { AlertState, KeptWindow } from './alert-state.ts';

/**
 * Windows an alert's item holds at most, of about a dozen bytes each. More than lateness can still make final there are
 * only where windows are much shorter than the time that late events are given.
 */
export const MAX_KEPT_WINDOWS = 10_000;

/** Whether a window may become final behind one that has been judged; all others are judged as they come. */
export function comesOutOfOrder({ on }: AlertRule): boolean {
  return on.kind === 'rollup' || (on.kind === 'aggregation' && on.provisional);
}

export interface Intake {
  readonly windows: readonly KeptWindow[];
  /** Index of the first that was not among them before; their number where there is none. */
  readonly firstNew: number;
  /** Windows that lie further back than windows are kept: they are not judged. */
  readonly beyond: readonly KeptWindow[];
}

/** Takes windows in their places among those kept. A window that is known as it is, or newer, stays so. */
export function takeIn(
  rule: AlertRule,
  { windows, frontier }: AlertState,
  seen: readonly KeptWindow[],
): Intake {
  const kept = [...windows];
  const beyond: KeptWindow[] = [];
  let firstNew = kept.length;
  for (const window of seen) {
    if (frontier !== undefined && window.start <= frontier.start) {
      const isNews = window.start < frontier.start || window.revision > frontier.revision;
      if (isNews && rule.on.kind === 'rollup' && window.open !== true) beyond.push(window);
      continue;
    }
    const at = placeOf(kept, window);
    const known = kept[at];
    if (window.gone === true && (known?.start !== window.start || known.end !== window.end)) continue;
    if (known?.start === window.start && known.end === window.end) {
      if (!isNewer(window, known)) continue;
      kept[at] = window;
      firstNew = Math.min(firstNew, at);
      continue;
    }
    const from = isMerging(rule) ? mergeBefore(kept, at, window) : at;
    kept.splice(from, at - from + (isMerging(rule) ? mergedAfter(kept, at, window) : 0), window);
    firstNew = Math.min(firstNew, from);
  }
  return { windows: kept, firstNew, beyond };
}

/** Once it has closed a window is never open again; and while it is open what more events cannot undo is known. */
function isNewer(window: KeptWindow, known: KeptWindow): boolean {
  // That it holds a part alone is known by no change of its contents.
  if (window.gone === true) return known.gone !== true && window.revision >= known.revision;
  if (known.gone === true) return window.revision > known.revision;
  if (window.open === true) return false;
  return known.open === true || window.revision > known.revision;
}

/** Index of the window itself, or of the first after it. */
function placeOf(windows: readonly KeptWindow[], { start, end }: KeptWindow): number {
  let [low, high] = [0, windows.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = windows[middle];
    if (other !== undefined && (other.start < start || (other.start === start && other.end < end)))
      low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Open sessions grow and become one. */
function isMerging({ on }: AlertRule): boolean {
  return on.kind === 'aggregation' && isSession(on.spec);
}

function mergeBefore(windows: readonly KeptWindow[], at: number, { start }: KeptWindow): number {
  let from = at;
  while ((windows[from - 1]?.end ?? Number.NEGATIVE_INFINITY) > start) from -= 1;
  return from;
}

function mergedAfter(windows: readonly KeptWindow[], at: number, { end }: KeptWindow): number {
  let to = at;
  while ((windows[to]?.start ?? Number.POSITIVE_INFINITY) < end) to += 1;
  return to - at;
}

/**
 * How many of the first `judged` windows nothing is to come before any more. A source's windows close in order; a
 * rollup's are judged in their places as far back as its rule reaches.
 */
export function doneWith({ on }: AlertRule, windows: readonly KeptWindow[], judged: number): number {
  const tooMany = Math.max(0, windows.length - MAX_KEPT_WINDOWS);
  if (on.kind !== 'rollup') {
    const latestClosed = windows.findLastIndex(({ open }) => open !== true);
    return Math.min(judged, Math.max(tooMany, latestClosed + 1));
  }
  const reach = (windows.at(-1)?.start ?? 0) - on.reachMs;
  const within = windows.findIndex(({ start }) => start >= reach);
  return Math.min(judged, Math.max(tooMany, within));
}

/** How many of the windows have waited long enough for slower sources. */
export function settledCount(windows: readonly KeptWindow[], settledMs: number | undefined): number {
  if (settledMs === undefined) return windows.length;
  const waiting = windows.findIndex(({ end }) => end > settledMs);
  return waiting < 0 ? windows.length : waiting;
}

/**
 * Windows that end by this time are judged: the series has gone on past them by what the rule gives slower sources, or the clock
 * has (`nowMs`), or more would wait than can be kept. Undefined where nothing waits.
 */
export function settledUpTo(
  { on }: AlertRule,
  { settledMs }: Pick<AlertState, 'settledMs'>,
  windows: readonly KeptWindow[],
  nowMs: number | undefined,
): number | undefined {
  if (on.kind !== 'rollup' || on.settleMs === 0) return undefined;
  const latestMs = windows.reduce((latest, { end }) => Math.max(latest, end), 0);
  const forced = windows[windows.length - MAX_KEPT_WINDOWS - 1]?.end ?? 0;
  const byClock = nowMs === undefined ? 0 : nowMs - on.settleMs;
  return Math.max(settledMs ?? 0, latestMs - on.settleMs, byClock, forced);
}

/** When the clock is to look, by which a window that waits is judged at the latest; undefined where none waits. */
export function settlesAtMs({ on }: AlertRule, { windows, settledMs }: AlertState): number | undefined {
  const waiting = windows[settledCount(windows, settledMs)];
  return on.kind !== 'rollup' || waiting === undefined ? undefined : waiting.end + on.settleMs;
}
