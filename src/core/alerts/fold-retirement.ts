// A source is retired: nothing more is published about it unless it sends again.
import type { AlertFold } from './alert-fold.ts';
import type { AlertRule } from './alert-rule.ts';
import type { AlertState } from './alert-state.ts';
import { current } from './fold-observations.ts';
import { canGoStale } from './machine.ts';
import { numbered } from './transitions.ts';

/**
 * Ends what is pending or firing. Repeating it changes nothing, and what began after the source was retired (because it sent again)
 * stays. `shownMs`: the greatest event time that the source had sent by then, which is later than the time of retirement if its
 * clock is ahead.
 */
export function foldRetirement(
  rule: AlertRule,
  stored: AlertState | undefined,
  { retiredAtMs, shownMs }: { readonly retiredAtMs: number; readonly shownMs: number },
): AlertFold {
  const unchanged: AlertFold = { state: stored, changed: false, more: false, beyond: [] };
  if (stored === undefined || !canGoStale(stored.status)) return unchanged;
  const before = current(rule, stored);
  const startMs = before.transitions.at(-1)?.window.end ?? retiredAtMs;
  if ((before.transitions.at(-1)?.window.start ?? 0) > Math.max(retiredAtMs, shownMs)) return unchanged;
  const to = before.status === 'firing' ? 'resolved' : 'ok';
  const start = Math.min(startMs, retiredAtMs);
  const window = { start, end: retiredAtMs, revision: 0, value: retiredAtMs - start };
  const reachedMs = before.windows.at(-1)?.start ?? before.frontier?.start ?? 0;
  const state: AlertState = {
    ...before,
    status: to,
    since: undefined,
    base: { status: to, since: undefined, observedMs: before.observedMs },
    // What the source had sent stays judged, even if it is delivered later than this: a source that sends again starts afresh.
    frontier: isSilence(rule) ? before.frontier : { start: Math.max(reachedMs, shownMs), revision: LAST },
    windows: [],
    told: [],
    owes: undefined,
    staleAtMs: undefined,
    sequence: before.sequence + 1,
    transitions: numbered(rule, before.sequence, [
      { from: before.status, to, reason: 'the source was retired', window },
    ]),
  };
  return { state, changed: true, more: false, beyond: [] };
}

/** Greater than the revision of any window. */
const LAST = Number.MAX_SAFE_INTEGER;

/** Silence has no windows: its frontier is an arrival. */
function isSilence({ on }: AlertRule): boolean {
  return on.kind === 'source';
}
