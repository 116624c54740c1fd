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
  /** Tags of sources, beside those that events say; empty: none. */
  readonly devices: Devices;
  /** Whether the table of devices has tags too. */
  readonly deviceTable: boolean;
  readonly dedupeHorizonMs: number;
  /** Within the horizon an id makes a duplicate only with the same time. */
  readonly dedupeByTime: boolean;
  readonly maxClockSkewMs: number;
  readonly allowOldTimes: boolean;
  /** How long windows are kept whose aggregation does not say, ms; undefined: for ever. */
  readonly retentionMs: number | undefined;
}

export interface Aggregation {
  readonly name: string;
  readonly window: WindowSpec;
  readonly filter: EventFilter | undefined;
  readonly allowedLatenessMs: number;
  readonly idleTimeoutMs: number;
  /** undefined: for ever. */
  readonly retentionMs: number | undefined;
  readonly values: ReadonlySet<string> | undefined;
  readonly aggregates: readonly AggregateName[];
  /** What is kept of each value beside count, sum, min and max: only what is asked for. */
  readonly keep: {
    readonly samples: boolean;
    readonly squares: boolean;
    readonly increase: boolean;
    /** Their relative error; undefined: none are kept. */
    readonly quantiles: number | undefined;
  };
  /** Whether values are weighed by how long they held. */
  readonly weights: boolean;
  readonly states: readonly StateRule[];
  /** How long a state or value holds that nothing repeats; undefined: until the next one. */
  readonly holdMs: number | undefined;
  readonly counters: CounterRules;
  readonly distinct: readonly EventField[];
  readonly topK: readonly TopKField[];
  /** The tags its windows are kept apart by, for rollups and alerts; sorted. */
  readonly groupBy: readonly string[];
}

/** A value that is a state: a text, or true and false. */
export interface StateRule {
  readonly of: string;
  /** Those that are told apart; undefined: whatever comes, `max` at a time. */
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
  /** The tags of each level; one level where the definition says `by`. */
  readonly levels: readonly (readonly string[])[];
  readonly parts: number;
}

/** What is known of an aggregation before it is known what groups by its tags. */
export type AggregationDraft = Omit<Aggregation, 'groupBy'>;
