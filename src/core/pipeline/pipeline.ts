// The checked form of a pipeline definition.
import type { AlertRule } from '../alerts/alert-rule.ts';
import type { CounterRules } from '../counter-rules.ts';
import type { Devices } from '../device-tags.ts';
import type { EventField } from '../event-field.ts';
import type { EventFilter } from '../event-filter.ts';
import type { Shape } from '../shape/shape.ts';
import type { WindowSpec } from '../window-spec.ts';
import type { AggregateName } from './aggregate-names.ts';

/** Durations in ms, defaults filled in. */
export interface Pipeline {
  readonly aggregations: readonly Aggregation[];
  readonly rollups: readonly Rollup[];
  readonly alerts: readonly AlertRule[];
  readonly shapes: readonly Shape[];
  /** Tags of sources, in addition to those in events; empty: none. */
  readonly devices: Devices;
  /** Whether the table of devices is used too. */
  readonly deviceTable: boolean;
  readonly dedupeHorizonMs: number;
  /** Within the horizon, an id makes a duplicate only if the time is the same too. */
  readonly dedupeByTime: boolean;
  readonly maxClockSkewMs: number;
  readonly allowOldTimes: boolean;
  /** How long windows are kept if their aggregation does not say, ms; undefined: forever. */
  readonly retentionMs: number | undefined;
}

export interface Aggregation {
  readonly name: string;
  readonly window: WindowSpec;
  readonly filter: EventFilter | undefined;
  readonly allowedLatenessMs: number;
  readonly idleTimeoutMs: number;
  /** undefined: forever. */
  readonly retentionMs: number | undefined;
  readonly values: ReadonlySet<string> | undefined;
  readonly aggregates: readonly AggregateName[];
  /** What is kept of each value besides count, sum, min and max: only what is asked for. */
  readonly keep: {
    readonly samples: boolean;
    readonly squares: boolean;
    readonly increase: boolean;
    /** Their relative error; undefined: none are kept. */
    readonly quantiles: number | undefined;
  };
  /** Whether values are weighted by how long they held. */
  readonly weights: boolean;
  readonly states: readonly StateRule[];
  /** How long a state or value holds if nothing repeats it; undefined: until the next one. */
  readonly holdMs: number | undefined;
  readonly counters: CounterRules;
  readonly distinct: readonly EventField[];
  readonly topK: readonly TopKField[];
  /** The tags by which its windows are kept apart, for rollups and alerts; sorted. */
  readonly groupBy: readonly string[];
}

/** A value that is a state: a text, or true and false. */
export interface StateRule {
  readonly of: string;
  /** States that are distinguished; undefined: any, at most `max` at a time. */
  readonly among: ReadonlySet<string> | undefined;
  readonly max: number;
}

export interface TopKField {
  readonly of: EventField;
  readonly k: number;
}

export interface Rollup {
  readonly name: string;
  readonly of: string;
  /** The tags of each level; one level if the definition has `by`. */
  readonly levels: readonly (readonly string[])[];
  readonly parts: number;
}

/** What is known of an aggregation before the rollups and alerts that use it have been read. */
export type AggregationDraft = Omit<Aggregation, 'groupBy'>;
