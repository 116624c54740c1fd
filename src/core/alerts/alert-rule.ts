// An alert as the pipeline definition states it, checked: durations in ms, defaults filled in.

export interface AlertRule {
  readonly name: string;
  readonly on: AlertOn;
  /** Undefined for silence, which has no value. */
  readonly measure: Measure | undefined;
  readonly when: AlertCondition;
  /** How long it must hold in event time before it fires. */
  readonly forMs: number;
  readonly clear: ClearCondition;
  /** After so long without an observation it stands for nothing any more; undefined: it stays. */
  readonly stale: Staleness | undefined;
  readonly severity: Severity;
  readonly filter: AlertFilter;
}

/** When it resolves: what is compared has come back to `bound`, and for so long in event time. */
export interface ClearCondition {
  readonly bound: number;
  readonly forMs: number;
}

export interface Staleness {
  readonly afterMs: number;
  /** What the clock gives beyond that: a window is seen once it has closed. */
  readonly graceMs: number;
}

/** What is watched: one subject a source, or one a combination of tag values. */
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
      /** How far in event time the series must have gone on past a window before that is judged. */
      readonly settleMs: number;
      /** How far behind the latest window of a series one may lie to be judged in its place still. */
      readonly reachMs: number;
      /** The levels watched, by their tags. */
      readonly levels: readonly (readonly string[])[];
    }
  /** The last value of each source, as this aggregation keeps it. */
  | { readonly kind: 'last'; readonly name: string; readonly spec: string }
  /** Whether a source sends anything at all. */
  | { readonly kind: 'source' };

/** Which number of a window: an aggregate of a metric, or the number of events. */
export type Measure =
  | { readonly kind: 'metric'; readonly metric: string; readonly aggregate: string }
  | { readonly kind: 'events' }
  | StateMeasure;

/**
 * Measures a value that is a state. `lasting`, ms: of a source's window how long, within it, the source had been in `state` when it ended, 0: it was in
 * another one; of a rollup's the longest of its sources; of last values how long it has been when it said so, `ELSEWHERE`: it is in another one.
 */
export interface StateMeasure {
  readonly kind: 'state';
  readonly metric: string;
  readonly aggregate: (typeof STATE_AGGREGATES)[number] | 'lasting';
  /** Undefined for `changes`, which are of all. */
  readonly state: string | undefined;
}

/** Less than the state can have lasted. */
export const ELSEWHERE = -1;

/** `share`: of the time of which it is known what the state was. */
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
  /** The source is in a state, or one of the series' is, and stays in it. */
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
 * Windows of a rollup that are kept beyond what lateness can still make final: by the minute 16 hours, about 12 KB. Sources are
 * late one by one, and a device that uploads what it held back is late for none of its own.
 */
export const REACH_WINDOWS = 1_000;

/** Windows a rate of change may look back: each is a value in the alert's item. */
export const MAX_WINDOWS_BACK = 64;
