// An alert of the pipeline definition after checking: durations in ms, defaults filled in.

export interface AlertRule {
  readonly name: string;
  readonly on: AlertOn;
  /** Undefined for silence, which has no value. */
  readonly measure: Measure | undefined;
  readonly when: AlertCondition;
  /** How long it must hold in event time before it fires. */
  readonly forMs: number;
  readonly clear: ClearCondition;
  /** An observation older than this no longer counts; undefined: it always counts. */
  readonly stale: Staleness | undefined;
  readonly severity: Severity;
  readonly filter: AlertFilter;
}

/** When the alert resolves: the compared value has come back to `bound` and has stayed there for this long in event time. */
export interface ClearCondition {
  readonly bound: number;
  readonly forMs: number;
}

export interface Staleness {
  readonly afterMs: number;
  /** Added to times given by the clock, because a window is seen only after it has closed. */
  readonly graceMs: number;
}

/** What is watched: one subject per source, or one per combination of tag values. */
export type AlertOn =
  | {
      readonly kind: 'aggregation';
      readonly name: string;
      readonly spec: string;
      readonly provisional: boolean;
    }
  | {
      readonly kind: 'rollup';
      readonly name: string;
      readonly spec: string;
      readonly provisional: boolean;
      /** How far in event time the series must have moved past a window before the window is judged. */
      readonly settleMs: number;
      /** How far behind the series' latest window another may lie and still be judged in its place. */
      readonly reachMs: number;
      /** The levels that are watched, by their tags. */
      readonly levels: readonly (readonly string[])[];
    }
  /** The last value of each source, as this aggregation keeps it. */
  | { readonly kind: 'last'; readonly name: string; readonly spec: string }
  /** Whether a source sends anything at all. */
  | { readonly kind: 'source' };

/** Which number of a window is compared: an aggregate of a metric, or the number of events. */
export type Measure =
  | { readonly kind: 'metric'; readonly metric: string; readonly aggregate: string }
  | { readonly kind: 'events' }
  | StateMeasure;

/**
 * Measures a value that is a state. `lasting` is in ms. In a source's window: how long within it the source had been in `state`
 * when it ended (0: it was in another state). In a rollup's window: the longest of its sources. For last values: how long the state
 * had lasted when the source reported it (`ELSEWHERE`: it is in another state).
 */
export interface StateMeasure {
  readonly kind: 'state';
  readonly metric: string;
  readonly aggregate: (typeof STATE_AGGREGATES)[number] | 'lasting';
  /** Undefined for `changes`, which counts the changes of all states. */
  readonly state: string | undefined;
}

/** Smaller than any time that the state can have lasted. */
export const ELSEWHERE = -1;

/** `share`: of the time for which the state is known. */
export const STATE_AGGREGATES = ['changes', 'seconds', 'share'] as const;

export type AlertCondition =
  | { readonly kind: 'above' | 'below'; readonly threshold: number }
  /** Against the window `over` windows before. */
  | {
      readonly kind: 'changes';
      readonly by: 'difference' | 'ratio';
      readonly threshold: number;
      readonly over: number;
      readonly direction: Direction;
    }
  /** The source, or some source of the series, is in a state and stays in it. */
  | { readonly kind: 'is'; readonly state: string }
  /** By the clock, since the source's last arrival in the stream. */
  | { readonly kind: 'absent'; readonly afterMs: number }
  | DeviationCondition;

export interface DeviationCondition {
  readonly kind: 'deviates';
  readonly score: number;
  readonly historyMs: number;
  readonly seasonMs: number | undefined;
  readonly direction: Direction;
}

export type Direction = 'up' | 'down' | 'both';

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface AlertFilter {
  /** Sources whose name begins with one of these; undefined: all. */
  readonly sources: readonly string[] | undefined;
  /** By tag: only events, or rollup windows, with one of these values. */
  readonly tags: ReadonlyMap<string, ReadonlySet<string>> | undefined;
}

/** Aggregates that every aggregation keeps, and those only where it asks for them. */
export const ALWAYS_KEPT = ['count', 'sum', 'min', 'max', 'mean'] as const;
export const QUANTILE_NAMES = ['p50', 'p90', 'p95', 'p99'] as const;

/**
 * Windows of a rollup that are kept in addition to those that lateness can still make final: 16 hours of minutes, about 12 KB.
 * Lateness is judged for each source alone, so a device that uploads stored events is not late for its own windows.
 */
export const REACH_WINDOWS = 1_000;

/** How many windows a rate of change may look back: each is a value in the alert's item. */
export const MAX_WINDOWS_BACK = 64;
