// The pipeline definition: the one file a user edits first, in TypeScript or JSON.
import type { Severity } from '../alerts/alert-rule.ts';
import type { CalendarUnit, WEEKDAYS } from '../calendar.ts';
import type { ShapeDefinition } from '../shape/shape-definition.ts';
import type { AggregateName } from './aggregate-names.ts';

/** What a user writes. Durations are `250ms 10s 5m 1h 2d`. */
export interface PipelineDefinition {
  readonly aggregations: readonly AggregationDefinition[];
  readonly rollups?: readonly RollupDefinition[];
  readonly alerts?: readonly AlertDefinition[];
  readonly dedupe?: {
    /** A repeated id is a duplicate if it is at most this far behind the source's event time. Default `10m`. */
    readonly horizon?: string;
    /** `id+time`: even within the horizon, only if the time is the same too, for counters that restart within it. Default `id`. */
    readonly by?: 'id' | 'id+time';
  };
  /** Other formats that events arrive in: names of built-in shapes, and custom shapes; the first that matches is used. */
  readonly shapes?: readonly (string | ShapeDefinition)[];
  /**
   * Tags of devices that do not send them: the name of a CSV file beside the definition with a column `source`, rows, or `{"table":
   * true}` for the stack's table that `tidemill devices put` fills. A tag that an event itself has takes precedence.
   */
  readonly devices?:
    | string
    | { readonly table: true }
    | readonly (Readonly<Record<string, string>> & { readonly source: string })[];
  /** How far ahead of its arrival an event's time may lie. Default `5m`. */
  readonly maxClockSkew?: string;
  /** Accepts times before 1990 in records that arrived after 2000, for recordings of long ago. Default `false`. */
  readonly allowOldTimes?: boolean;
  /** How long closed windows are kept. Default: forever. */
  readonly retention?: string;
  readonly counters?: CountersDefinition;
}

export interface AggregationDefinition {
  readonly name: string;
  readonly window: /** `offset`: how long after the epoch the first one begins; less than the size. */
    | { readonly tumbling: string; readonly offset?: string }
    | {
        readonly hopping: { readonly size: string; readonly every: string; readonly offset?: string };
        readonly offset?: string;
      }
    /** Days, weeks or months as clocks show them in a zone, `UTC` unless it says otherwise; weeks begin on Monday. */
    | {
        readonly calendar: CalendarUnit;
        readonly timezone?: string;
        readonly weekStart?: (typeof WEEKDAYS)[number];
      }
    | { readonly session: { readonly gap: string } };
  /** Which events the aggregation takes. Default: all. */
  readonly filter?: {
    readonly types?: readonly string[];
    readonly tags?: Readonly<Record<string, readonly string[]>>;
  };
  /** How long after its end a window stays open for late events, in event time. Default `0s`. */
  readonly allowedLateness?: string;
  /** After how long a silent source's windows are closed. Default `10m`. */
  readonly idleTimeout?: string;
  /** How long its closed windows and rollup windows are kept. Default: as the pipeline states. */
  readonly retention?: string;
  /** Value names to aggregate; default all. */
  readonly values?: readonly string[];
  /** Default `["count", "sum", "min", "max", "mean"]`. */
  readonly aggregates?: readonly AggregateName[];
  /** The relative error of quantiles. Default 0.01. */
  readonly relativeError?: number;
  /** How `increase` and `rate` are counted. Default: as the pipeline states. */
  readonly counters?: CountersDefinition;
  /** Values that are states, texts or true and false: how long each lasts, how often they change, which is the last. */
  readonly states?: readonly StateDefinition[];
  /** How long a state, or a value of `timeWeightedMean`, holds if nothing repeats it. Default: until the next one. */
  readonly hold?: string;
  /** Fields whose distinct texts are counted: `source`, `type`, `id`, `tags.NAME`, `values.NAME`. */
  readonly distinct?: readonly string[];
  /** Fields whose most frequent texts are kept with their counts. */
  readonly topK?: readonly { readonly of: string; readonly k: number }[];
}

export interface StateDefinition {
  /** The value's name. */
  readonly of: string;
  /** States that are distinguished; all others together are `other`. Default: any state, at most `max` at a time. */
  readonly among?: readonly string[];
  /** How many states of a source are distinguished at a time if there is no `among`; more are `other`. Default 16, at most 64. */
  readonly max?: number;
}

/** How increases of counters are taken. */
export interface CountersDefinition {
  /** A fall by a smaller share of the value before is not a reset. Default 0: every fall is a reset. */
  readonly dip?: number;
  /** Whether a step across the beginning of a window counts in it. Default true. */
  readonly carry?: boolean;
}

export interface RollupDefinition {
  readonly name: string;
  /** The aggregation that it combines. */
  readonly of: string;
  /** Tags by whose values it groups, together; none for one window over everything. */
  readonly by?: readonly string[];
  /** Instead of `by`: tags from the widest to the narrowest; grouped by the first, by the first two, and so on. */
  readonly levels?: readonly string[];
  /** Items a window is spread over, so that many sources can write it. Default 16. */
  readonly parts?: number;
}

export interface AlertDefinition {
  readonly name: string;
  /** What is watched; omitted for the silence of a source. */
  readonly on?: /** Each source's windows once closed; with `provisional` while they are open too. */
    | { readonly aggregation: string; readonly provisional?: boolean }
    /** A rollup's windows, once every source in them has closed its own; with `by`, those of one level. */
    | {
        readonly rollup: string;
        readonly by?: readonly string[];
        readonly provisional?: boolean;
        /**
         * How far the series, or the clock, must have moved past a window before it is judged: what slower sources add until then
         * needs no correction. Default `0s`.
         */
        readonly settle?: string;
      }
    /** Each source's last value, from an aggregation that keeps `last`. */
    | { readonly last: string };
  /** The watched value, and its aggregate; `events` is the number of events and has no metric. */
  readonly metric?: string;
  readonly aggregate?:
    | Exclude<AggregateName, 'quantiles'>
    | 'p50'
    | 'p90'
    | 'p95'
    | 'p99'
    | 'events'
    /** For a value that is a state; `seconds` and `share` need `state`. */
    | 'changes'
    | 'seconds'
    | 'share';
  /** With `seconds` and `share`: in which state. */
  readonly state?: string;
  readonly when:
    | { readonly above: number }
    | { readonly below: number }
    /** Compared with the window `over` windows earlier, default 1. A ratio of 0.5 is a change by half. */
    | {
        readonly changesBy: (
          | { readonly difference: number; readonly ratio?: undefined }
          | { readonly ratio: number; readonly difference?: undefined }
        ) & { readonly over?: number; readonly direction?: 'up' | 'down' | 'both' };
      }
    /** Each source's value is a state, and equals this one. */
    | { readonly is: string }
    /** Nothing has arrived from a source, or for a series of a rollup, for this long by the clock. */
    | { readonly absent: string }
    /** The deviation from the subject's own earlier windows: docs/alerts.md has the formula. */
    | {
        readonly deviates: {
          /** Default 6. */
          readonly score?: number;
          /** Default `14d`. */
          readonly history?: string;
          /** A seasonal pattern, `1d` or `7d`: compares with the same time in earlier ones. Default: none. */
          readonly season?: string;
          readonly direction?: 'up' | 'down' | 'both';
        };
      };
  /** How long the condition must hold, in event time, before the alert fires. Default `0s`. */
  readonly for?: string;
  /**
   * Resolves only beyond this bound (`below` if the condition is above, a change or a score; `above` if it is below), and after
   * this long beyond it, in event time. Default: as soon as the condition does not hold; for `deviates` at a quarter of the score.
   */
  readonly clear?: { readonly below?: number; readonly above?: number; readonly for?: string };
  /**
   * If there is no window (for silence: no arrival) for this long, a pending alert begins anew, and a firing one resolves as stale.
   * At least a minute. Default: never.
   */
  readonly staleAfter?: string;
  /** Default `warning`. */
  readonly severity?: Severity;
  readonly filter?: {
    /** Prefixes of source names. */
    readonly sources?: readonly string[];
    readonly tags?: Readonly<Record<string, readonly string[]>>;
  };
}

/** Types a definition in a TypeScript module: `export default definePipeline({ … })`. */
export function definePipeline(definition: PipelineDefinition): PipelineDefinition {
  return definition;
}
