// What is kept of one alert on one subject: one item.
import type { AlertRule, Severity } from './alert-rule.ts';
import type { Observation } from './judge.ts';
import type { WindowHistory } from './window-history.ts';

/** `resolved` is `ok` again, after having fired. */
export const ALERT_STATUSES = ['ok', 'pending', 'firing', 'resolved'] as const;
export type AlertStatus = (typeof ALERT_STATUSES)[number];

export interface AlertState {
  /** What the rule compares: where that changes, the history is of something else and begins anew. */
  readonly compares: string;
  readonly status: AlertStatus;
  /** Of the latest transition; 0 before the first. */
  readonly sequence: number;
  /** Start of the first window in a row in which the condition held (pending) or had come back (firing). */
  readonly since: number | undefined;
  /** The latest window known to be judged: older ones, and older revisions of it, came again. */
  readonly frontier: Pick<Observation, 'start' | 'revision'> | undefined;
  /** Windows of a rollup, in order, that are judged once the series has gone on far enough. */
  readonly waiting: readonly Observation[];
  readonly history: WindowHistory;
  /**
   * Those of the latest write that made any: the table's change stream carries them on, told from those carried
   * before by their sequence.
   */
  readonly transitions: readonly Transition[];
}

export interface Transition {
  /** 1, 2, 3 … for each alert and subject. */
  readonly sequence: number;
  readonly from: AlertStatus;
  readonly to: AlertStatus;
  readonly severity: Severity;
  readonly reason: string;
  /** What caused it. Of silence: from the last arrival to when it was long enough, or to the arrival that ended it. */
  readonly window: Observation;
}

export function emptyAlertState(rule: AlertRule): AlertState {
  return {
    compares: comparesOf(rule),
    status: 'ok',
    sequence: 0,
    since: undefined,
    frontier: undefined,
    waiting: [],
    history: [],
    transitions: [],
  };
}

export function comparesOf({ on, measure, when, filter }: AlertRule): string {
  const spec = on.kind === 'source' ? '' : on.spec;
  const what = measure?.kind === 'metric' ? [measure.metric, measure.aggregate] : [];
  const tags = [...(filter.tags ?? [])].map(([tag, values]) => [tag, ...values]);
  return JSON.stringify([on.kind, spec, when.kind, ...what, ...(tags.length === 0 ? [] : [tags])]);
}
