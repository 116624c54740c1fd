// Where sources were put back: in the end an alert on a rollup tells what its rule makes of the rollup's windows as they stand then, whatever
// they held before.
import type { AlertRule } from '../core/alerts/alert-rule.ts';
import type { SeriesWindow, StoredWindow } from '../core/stored-window.ts';
import { summarizeStored } from '../core/stored-window.ts';
import { holdsAnything } from './holds-anything.ts';
import { ReferenceAlert, type ReferenceTransition } from './reference-alert.ts';

/**
 * The episodes that a rule makes of the windows of one series, in order of time; undefined where that cannot be said, since one of them
 * never becomes final.
 */
export function episodesOnStored(
  rule: AlertRule,
  windows: readonly StoredWindow[],
  measured: (rule: AlertRule, window: SeriesWindow) => number | undefined,
): readonly ReferenceTransition[] | undefined {
  const reference = new ReferenceAlert(rule);
  for (const window of [...windows].sort((a, b) => a.start - b.start)) {
    if (window.partial !== undefined) continue;
    if (!window.final) return undefined;
    const summary = summarizeStored(window);
    const value = measured(rule, summary);
    const { start, end, revision } = summary;
    if (value !== undefined && holdsAnything(window)) reference.see({ start, end, revision, value });
  }
  return reference.atEnd();
}
