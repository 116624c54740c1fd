// Which alerts a live subscription is to: all, those of a rule, those on a source or on series of a rollup; and the topics
// by which who subscribed is found.
import type { Pipeline } from '../../core/pipeline/pipeline.ts';
import { rollupSeries } from '../../core/series.ts';
import type { StandingAlertAnswer } from '../api/alert-answer.ts';
import type { TagFilter } from './series-filter.ts';
import { seriesFilter } from './series-filter.ts';

/** What an alert must all be of. */
export interface AlertsOf {
  readonly rule?: string;
  readonly source?: string;
  readonly rollup?: string;
  /** With `rollup`: one series of it. */
  readonly values?: readonly (string | null)[];
  /** With `rollup`: every series with these values. */
  readonly tags?: TagFilter;
}

/** What every such topic begins with. */
export const ALERT_TOPICS = 'alert|';
const ALL = `${ALERT_TOPICS}all`;
const ofRule = (rule: string) => `${ALERT_TOPICS}rule|${rule}`;
const ofSource = (source: string) => `${ALERT_TOPICS}source|${source}`;
const ofRollup = (rollup: string) => `${ALERT_TOPICS}rollup|${rollup}`;

/** The narrowest topic; what it has beyond that is passed over by the filter. */
export function alertsTopic({ rule, source, rollup }: AlertsOf): string {
  if (source !== undefined) return ofSource(source);
  if (rollup !== undefined) return ofRollup(rollup);
  return rule === undefined ? ALL : ofRule(rule);
}

/** The topics whose subscribers are to hear of an alert. */
export function topicsOfAlert({ rule, source, rollup }: StandingAlertAnswer): readonly string[] {
  const subject = source === undefined ? [] : [ofSource(source)];
  return [ALL, ofRule(rule), ...subject, ...(rollup === undefined ? [] : [ofRollup(rollup)])];
}

/** `filter` is AlertsOf as JSON; without one every alert fits. */
export function alertFilter(
  pipeline: Pipeline,
): (alert: StandingAlertAnswer, filter: string | undefined) => boolean {
  const hasTags = seriesFilter(pipeline);
  return (alert, filter) => {
    if (filter === undefined) return true;
    const { rule, source, rollup, values, tags }: AlertsOf = JSON.parse(filter);
    return (
      (rule === undefined || alert.rule === rule) &&
      (source === undefined || alert.source === source) &&
      (rollup === undefined || alert.rollup === rollup) &&
      (rollup === undefined || values === undefined || alert.series === rollupSeries(rollup, values)) &&
      (tags === undefined || hasTags(alert.series, JSON.stringify(tags)))
    );
  };
}
