// The windows that an alert keeps because others may still precede them: in order, each once, as few as possible.
import { isSession } from '../window-spec.ts';
import type { AlertRule } from './alert-rule.ts';
import type { AlertState, KeptWindow } from './alert-state.ts';

/**
 * Most windows in an alert's item, at about a dozen bytes each. Lateness can make more than this final only if windows are much
 * shorter than the allowed lateness.
 */
export const MAX_KEPT_WINDOWS = 10_000;

/** Whether a window may become final behind one that has been judged; all others are judged as they come. */
export function comesOutOfOrder({ on }: AlertRule): boolean {
  return on.kind === 'rollup' || (on.kind === 'aggregation' && on.provisional);
}

export interface Intake {
  readonly windows: readonly KeptWindow[];
  /** Index of the first window that is new; the number of windows if none is. */
  readonly firstNew: number;
  /** Windows older than those that are kept: they are not judged. */
  readonly beyond: readonly KeptWindow[];
}

/** Inserts windows in their places. A window that is already there, in the same or a newer version, stays as it is. */
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

/** A closed window never opens again, and what is found of an open window cannot be undone by more events. */
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

/** Open sessions grow and merge. */
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
 * How many of the first `judged` windows no other window can precede any more. A source's windows close in order; a rollup's are
 * judged in their places as far back as its rule reaches.
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
 * Windows that end by this time are judged: either the series, or the clock (`nowMs`), has moved past them by the time that the
 * rule gives slower sources, or there would be more waiting windows than can be kept. Undefined if none waits.
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

/** When the clock has to look, so that a waiting window is judged by then at the latest; undefined if none waits. */
export function settlesAtMs({ on }: AlertRule, { windows, settledMs }: AlertState): number | undefined {
  const waiting = windows[settledCount(windows, settledMs)];
  return on.kind !== 'rollup' || waiting === undefined ? undefined : waiting.end + on.settleMs;
}
