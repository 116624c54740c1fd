// An alert as readers get it, by the query API and live alike.
import { SEVERITIES } from '../../core/alerts/alert-rule.ts';
import type { AlertState, Transition } from '../../core/alerts/alert-state.ts';
import { ALERT_STATUSES } from '../../core/alerts/alert-state.ts';
import { parseRollupSeries, parseSourceSeries } from '../../core/series.ts';
import type { TypeOf } from './schema.ts';
import { choice, described, flag, integer, list, named, nullable, number, object, text } from './schema.ts';

const key = {
  rule: text(),
  series: described('What it watches, as the tables name it', text()),
  status: choice(...ALERT_STATUSES),
  sequence: described('Transitions so far', integer({ minimum: 0 })),
};

const subject = {
  source: described('Of a source', text()),
  aggregation: text(),
  rollup: described('Of a rollup', text()),
  values: described(
    'Tag values in the order of the rollup’s tags; null for events without the tag',
    list(nullable(text())),
  ),
};

const latest = {
  from: described('How it stood before', choice(...ALERT_STATUSES)),
  sinceMs: described('Event time: the start of the window that made it stand so', integer()),
  severity: choice(...SEVERITIES),
  reason: described('Why it stands so', text()),
  window: named(
    'AlertWindow',
    object({
      startMs: integer(),
      endMs: described('Exclusive', integer()),
      revision: integer({ minimum: 0 }),
      value: described('What was judged; null where no double holds it', nullable(number())),
    }),
  ),
};

const correction = described('A window was judged in its place behind others, or again', flag());

/** An alert that has made no transition yet does not have the latter. */
export const alertSchema = named('Alert', object(key, { ...subject, ...latest, correction }));

/** An alert after a transition. */
export const standingAlertSchema = object({ ...key, ...latest }, { ...subject, correction });

export type AlertAnswer = TypeOf<typeof alertSchema>;
export type StandingAlertAnswer = TypeOf<typeof standingAlertSchema>;

export function alertAnswer(rule: string, series: string, state: AlertState): AlertAnswer {
  const transition = state.transitions.at(-1);
  if (transition !== undefined) return standingAlertAnswer(rule, series, transition);
  return { rule, series, ...subjectOf(series), status: state.status, sequence: state.sequence };
}

export function standingAlertAnswer(
  rule: string,
  series: string,
  { sequence, from, to, severity, reason, window, correction: isCorrection }: Transition,
): StandingAlertAnswer {
  const { start, end, revision, value } = window;
  return {
    rule,
    series,
    ...subjectOf(series),
    status: to,
    sequence,
    from,
    sinceMs: start,
    severity,
    reason,
    window: { startMs: start, endMs: end, revision, value: Number.isFinite(value) ? value : null },
    ...(isCorrection === true ? { correction: true } : {}),
  };
}

function subjectOf(series: string): Pick<AlertAnswer, 'source' | 'aggregation' | 'rollup' | 'values'> {
  const rollup = parseRollupSeries(series);
  if (rollup !== undefined) return rollup;
  const source = parseSourceSeries(series);
  if (source === undefined) return {};
  return source.aggregation === '' ? { source: source.source } : source;
}
