// What the clock alone does to an alert on windows: those that waited for slower sources have waited long enough.
import type { AlertFold } from './alert-fold.ts';
import type { AlertRule } from './alert-rule.ts';
import type { AlertState } from './alert-state.ts';
import { foldInPlace } from './fold-in-place.ts';
import { current } from './fold-observations.ts';
import { comesOutOfOrder } from './kept-windows.ts';

export function foldClock(
  rule: AlertRule,
  stored: AlertState | undefined,
  { nowMs }: { readonly nowMs: number },
): AlertFold {
  if (stored === undefined || !comesOutOfOrder(rule)) {
    return { state: stored, changed: false, more: false, beyond: [] };
  }
  return foldInPlace(rule, current(rule, stored), { observations: [], nowMs });
}
