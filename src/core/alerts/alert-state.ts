// The stored state of one alert on one subject: one item.
import type { AlertRule, Severity } from './alert-rule.ts';
import type { Observation } from './judge.ts';
import type { WindowHistory } from './window-history.ts';

/** `resolved` means: `ok` again after having fired. */
export const ALERT_STATUSES = ['ok', 'pending', 'firing', 'resolved'] as const;
export type AlertStatus = (typeof ALERT_STATUSES)[number];

export interface AlertState {
  /** What the rule compares. If it changes, the stored history is about something else, and begins anew. */
  readonly compares: string;
  /** How the rule judges what it compares. If it changes, what has been judged stays as it was. */
  readonly judgedBy: string;
  readonly status: AlertStatus;
  /** The latest transition's number; 0 before the first. */
  readonly sequence: number;
  /** Start of the first of the consecutive windows in which the condition held (pending) or was back to normal (firing). */
  readonly since: number | undefined;
  /** End of the latest judged window, for a rule whose alerts go stale; undefined before the first. */
  readonly observedMs: number | undefined;
  /** The status before the first of `windows`. */
  readonly base: Standing;
  /** History of the windows before the first of `windows`. */
  readonly history: WindowHistory;
  /** The latest window that has left `windows`: a window at or before it is not judged again. */
  readonly frontier: Pick<Observation, 'start' | 'revision'> | undefined;
  /** Windows, in order, that an earlier window may still precede, or that wait for the series to go on. */
  readonly windows: readonly KeptWindow[];
  /** Windows that end later than this wait; undefined if none has to. */
  readonly settledMs: number | undefined;
  /** When the clock found that nothing had been observed for too long. */
  readonly staleAtMs: number | undefined;
  /** Transitions published for `windows`, in order. */
  readonly told: readonly Step[];
  /**
   * Set if there are more transitions to publish than one write carries. Windows that start after `reachedMs` had not been judged
   * before. Undefined if nothing is owed.
   */
  readonly owes: { readonly reachedMs: number } | undefined;
  /**
   * Transitions of the latest write that made any. The table's change stream carries them on; readers tell them from earlier ones
   * by their sequence.
   */
  readonly transitions: readonly Transition[];
}

export type Standing = Pick<AlertState, 'status' | 'since' | 'observedMs'>;

export interface KeptWindow extends Observation {
  /** Judged before the window closed, because more events cannot undo it. */
  readonly open?: true | undefined;
  /** It says nothing any more, since sources were put back: it is judged as if it had not come. Kept, so that what it held before is known to be older. */
  readonly gone?: true | undefined;
}

/** The effect of one window. */
export interface Step {
  readonly start: number;
  readonly end: number;
  readonly from: AlertStatus;
  readonly to: AlertStatus;
  /** It ended because no observation came. */
  readonly stale?: true | undefined;
}

export interface Transition {
  /** 1, 2, 3 … for each alert and subject. */
  readonly sequence: number;
  readonly from: AlertStatus;
  readonly to: AlertStatus;
  readonly severity: Severity;
  readonly reason: string;
  /**
   * The window that caused it. For silence: the time from the last arrival until the silence was long enough, or until the arrival
   * that ended it.
   */
  readonly window: Observation;
  /**
   * The window was judged in its place behind others, or judged again. This replaces what was published for that window before; if
   * `from` equals `to`, the window turned out to cause no transition.
   */
  readonly correction?: true | undefined;
  /** Nothing was observed for too long: `window` begins at the end of the latest one. */
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
