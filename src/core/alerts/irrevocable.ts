// What of an open window more events cannot undo: an extreme that lies beyond the threshold, or a number that is large enough.
import type { AlertRule, Measure } from './alert-rule.ts';

/**
 * Whether the condition holds of an open window whatever more is folded into it. All else waits for the close: what only
 * grows may be below a threshold now, and a mean, a sum of values of either sign or a quantile may come back.
 */
export function holdsForGood({ on, measure, when }: AlertRule, value: number): boolean {
  if (measure === undefined) return false;
  // A source of the series has closed its window in this state. How a source's own window ends is not known before it closes.
  if (when.kind === 'is') return on.kind === 'rollup' && value > 0;
  if (when.kind === 'above') return value > when.threshold && onlyGrows(measure);
  if (when.kind === 'below') return value < when.threshold && onlyShrinks(measure);
  return false;
}

function onlyGrows(measure: Measure): boolean {
  return measure.kind === 'events' || measure.aggregate === 'count' || measure.aggregate === 'max';
}

function onlyShrinks(measure: Measure): boolean {
  return measure.kind === 'metric' && measure.aggregate === 'min';
}
