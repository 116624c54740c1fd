// Which series of a source a rule watches.
import { sourceSeries } from '../series.ts';
import type { AlertRule } from './alert-rule.ts';
import { watchesSource } from './observe-change.ts';

/** Undefined where the rule does not watch the source. */
export function watchedSeries(rule: AlertRule, source: string): string | undefined {
  if (rule.on.kind === 'rollup' || !watchesSource(rule, source)) return undefined;
  return sourceSeries(rule.on.kind === 'source' ? '' : rule.on.name, source);
}
