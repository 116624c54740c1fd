// A source is retired: nothing more is published about it unless it comes back.
import type { AlertFold } from './alert-fold.ts';
import type { AlertRule } from './alert-rule.ts';
import type { AlertState } from './alert-state.ts';
import { current } from './fold-observations.ts';
import { canGoStale } from './machine.ts';
import { numbered } from './transitions.ts';

/**
 * What is pending or firing is so no more. Repeating it changes nothing; what began after the source had been retired, since it
 * came back, stays. `shownMs`: greatest event time it had shown by then, which is later than that where its clock leads.
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
    // What it had shown stays judged, whoever brings it again, and later than this: a source that comes back starts afresh.
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

/** Which has no windows: its frontier is an arrival. */
function isSilence({ on }: AlertRule): boolean {
  return on.kind === 'source';
}
