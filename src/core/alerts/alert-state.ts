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
  /** What the rule makes of it: where that changes, what has been judged stays as it was. */
  readonly judgedBy: string;
  readonly status: AlertStatus;
  /** The latest transition's number; 0 before the first. */
  readonly sequence: number;
  /** Start of the first window in a row in which the condition held (pending) or had come back (firing). */
  readonly since: number | undefined;
  /** End of the latest window judged, of a rule that has its alerts go stale; undefined before the first. */
  readonly observedMs: number | undefined;
  /** How it stood before the first of `windows`. */
  readonly base: Standing;
  /** History of the windows before the first of `windows`. */
  readonly history: WindowHistory;
  /** The latest window that is not among `windows` any more: what lies at or before it is not judged again. */
  readonly frontier: Pick<Observation, 'start' | 'revision'> | undefined;
  /** Windows, in order, that others may still come before, or that wait for the series to go on. */
  readonly windows: readonly KeptWindow[];
  /** Windows that end later wait; undefined where none has to. */
  readonly settledMs: number | undefined;
  /** When the clock found that nothing had been observed for too long. */
  readonly staleAtMs: number | undefined;
  /** Transitions published for `windows`, in order. */
  readonly told: readonly Step[];
  /**
   * More is to be told of them than one write carries; those that start later than `reachedMs` had not been judged
   * before. Undefined where nothing is owed.
   */
  readonly owes: { readonly reachedMs: number } | undefined;
  /**
   * Those of the latest write that made any: the table's change stream carries them on, told from those carried
   * before by their sequence.
   */
  readonly transitions: readonly Transition[];
}

export type Standing = Pick<AlertState, 'status' | 'since' | 'observedMs'>;

export interface KeptWindow extends Observation {
  /** Judged before it closed, by what more events cannot undo. */
  readonly open?: true | undefined;
  /** It says nothing any more, since sources were put back: it is judged as if it had not come. Kept, so that what it held before is known to be older. */
  readonly gone?: true | undefined;
}

/** What one window did. */
export interface Step {
  readonly start: number;
  readonly end: number;
  readonly from: AlertStatus;
  readonly to: AlertStatus;
  /** What ended it was that nothing came. */
  readonly stale?: true | undefined;
}

export interface Transition {
  /** 1, 2, 3 … for each alert and subject. */
  readonly sequence: number;
  readonly from: AlertStatus;
  readonly to: AlertStatus;
  readonly severity: Severity;
  readonly reason: string;
  /** What caused it. For silence: from the last arrival until it was long enough, or until the arrival that ended it. */
  readonly window: Observation;
  /**
   * The window was judged in its place behind others, or again. It takes the place of what was told of that window
   * before; with `from` equal to `to` the window has done nothing after all.
   */
  readonly correction?: true | undefined;
  /** Nothing was observed for too long: `window` begins where the latest one ended. */
  readonly stale?: true | undefined;
}

export function emptyAlertState(rule: AlertRule): AlertState {
  return {
    compares: comparesOf(rule),
    judgedBy: judgedByOf(rule),
    status: 'ok',
    sequence: 0,
    since: undefined,
    observedMs: undefined,
    base: { status: 'ok', since: undefined, observedMs: undefined },
    history: [],
    frontier: undefined,
    windows: [],
    settledMs: undefined,
    staleAtMs: undefined,
    told: [],
    owes: undefined,
    transitions: [],
  };
}

export function comparesOf({ on, measure, when, filter }: AlertRule): string {
  const spec = on.kind === 'source' ? '' : on.spec;
  const what =
    measure?.kind === 'metric'
      ? [measure.metric, measure.aggregate]
      : measure?.kind === 'state'
        ? [measure.metric, measure.aggregate, measure.state ?? '']
        : [];
  const tags = [...(filter.tags ?? [])].map(([tag, values]) => [tag, ...values]);
  return JSON.stringify([on.kind, spec, when.kind, ...what, ...(tags.length === 0 ? [] : [tags])]);
}

export function judgedByOf({ when, forMs, clear, stale }: AlertRule): string {
  return JSON.stringify([when, forMs, clear.bound, clear.forMs, stale?.afterMs]);
}
