// A source is retired: nothing more is published about it unless it comes back.
import type { AlertFold } from './alert-fold.ts';
import type { AlertRule } from './alert-rule.ts';
import type { AlertState } from './alert-state.ts';
import { current } from './fold-observations.ts';
import { canGoStale } from './machine.ts';
import { numbered } from './transitions.ts';

/**
 * What is pending or firing is so no more. Repeating it changes nothing; what began after the source had been retired, since it
 * came back, stays.
 */
export function foldRetirement(
  rule: AlertRule,
  stored: AlertState | undefined,
  { retiredAtMs }: { readonly retiredAtMs: number },
): AlertFold {
  const unchanged: AlertFold = { state: stored, changed: false, more: false, beyond: [] };
  if (stored === undefined || !canGoStale(stored.status)) return unchanged;
  const before = current(rule, stored);
  const startMs = before.transitions.at(-1)?.window.end ?? retiredAtMs;
  if (startMs > retiredAtMs && (before.transitions.at(-1)?.window.start ?? 0) > retiredAtMs) return unchanged;
  const to = before.status === 'firing' ? 'resolved' : 'ok';
  const start = Math.min(startMs, retiredAtMs);
  const window = { start, end: retiredAtMs, revision: 0, value: retiredAtMs - start };
  const last = before.windows.at(-1);
  const state: AlertState = {
    ...before,
    status: to,
    since: undefined,
    base: { status: to, since: undefined, observedMs: before.observedMs },
    // What has been judged stays judged: a source that comes back starts afresh.
    frontier: last === undefined ? before.frontier : { start: last.start, revision: last.revision },
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
