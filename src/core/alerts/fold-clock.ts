// What time alone does to an alert on windows: windows that waited for slower sources have waited long enough, and an alert that
// nothing has been observed for goes stale.
import type { AlertFold } from './alert-fold.ts';
import type { AlertRule } from './alert-rule.ts';
import type { AlertState } from './alert-state.ts';
import { foldInPlace } from './fold-in-place.ts';
import { current } from './fold-observations.ts';
import { comesOutOfOrder, settlesAtMs } from './kept-windows.ts';
import { goStale, staleAtMs } from './machine.ts';
import { numbered } from './transitions.ts';

export function foldClock(
  rule: AlertRule,
  stored: AlertState | undefined,
  { nowMs }: { readonly nowMs: number },
): AlertFold {
  if (stored === undefined) return { state: stored, changed: false, more: false, beyond: [] };
  const before = current(rule, stored);
  if (comesOutOfOrder(rule)) return foldInPlace(rule, before, { observations: [], nowMs });
  const dueMs = staleAtMs(rule, before);
  if (dueMs === undefined || nowMs < dueMs) return { state: stored, changed: false, more: false, beyond: [] };
  const { machine, outcomes } = goStale(rule, before);
  const { status, since, observedMs } = machine;
  const state: AlertState = {
    ...before,
    status,
    since,
    base: { status, since, observedMs },
    sequence: before.sequence + outcomes.length,
    transitions: numbered(rule, before.sequence, outcomes),
  };
  return { state, changed: true, more: false, beyond: [] };
}

/** When the clock has to look at an alert on windows; undefined if it never has to. */
export function looksAtMs(rule: AlertRule, state: AlertState): number | undefined {
  const moments = [settlesAtMs(rule, state), staleAtMs(rule, state)].filter((each) => each !== undefined);
  return moments.length === 0 ? undefined : Math.min(...moments);
}
