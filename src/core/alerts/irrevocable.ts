// Findings about an open window that more events cannot undo: an extreme beyond the threshold, or a count that is large enough.
import type { AlertRule, Measure } from './alert-rule.ts';

/**
 * Whether the condition holds for an open window whatever events follow. Everything else waits until the window closes: a value
 * that only grows may still be below a threshold, and a mean, a sum of values of either sign, or a quantile may come back.
 */
export function holdsForGood({ on, measure, when }: AlertRule, value: number): boolean {
  if (measure === undefined) return false;
  // A source of the series has closed its window in this state. The state at the end of a source's own window is unknown before it
  // closes.
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
