// What a window of a source is: groups of metrics, apart by the tags that rollups ask for.
import type { EpochMs } from './brands.ts';
import type { ChainLink } from './closing-chain.ts';
import type { FieldCounts } from './field-counts.ts';
import type { Metric } from './metric.ts';
import type { Partiality, Regrouping } from './partiality.ts';
import type { StateTime } from './state-time.ts';
import type { TimeWeight } from './time-weight.ts';

/** Half open: `[start, end)`, event time. A session's bounds move as events join it. */
export interface SourceWindow {
  start: EpochMs;
  end: EpochMs;
  /** Apart by the values of the aggregation's `groupBy` tags; one group where there are none. */
  readonly groups: WindowGroup[];
  /** About what it takes in the source's item: see `windowBytes`. */
  bytes: number;
  /** It holds a part of its events, and which; undefined: all of them. */
  partial?: Partiality | undefined;
  /** Its groups were made by other tags before; undefined: all its events are apart by those there are. */
  regrouped?: Regrouping | undefined;
}

export interface WindowGroup {
  /** The values of the `groupBy` tags, in their order; null where an event does not have the tag. */
  readonly tags: readonly (string | null)[];
  /** Events folded in, whatever values they carried. */
  events: number;
  /** How often the step of a counter that ends here became another one by an event that is not in here. */
  moved: number;
  /** In the order the names first appeared. */
  readonly metrics: Metric[];
  /** Counts of distinct and frequent texts; undefined where the aggregation asks for none. */
  fields: FieldCounts | undefined;
  /** Time in each state that the aggregation asks for; undefined: none is known of any. */
  states?: StateTime[] | undefined;
  /** Values weighed by the time they held, where the aggregation asks for that. */
  weights?: TimeWeight[] | undefined;
}

/** A group whatever its tags, to be read. */
export type GroupContents = Readonly<Omit<WindowGroup, 'tags' | 'metrics' | 'states' | 'weights'>> & {
  readonly metrics: readonly Metric[];
  readonly states?: readonly StateTime[] | undefined;
  readonly weights?: readonly TimeWeight[] | undefined;
};

/** A window of an aggregation, with all that is needed to store it or to say what it is of. */
export interface ClosedWindow extends SourceWindow {
  readonly aggregation: string;
  /** See `specText`. */
  readonly spec: string;
  readonly groupBy: readonly string[];
  /** Its place among those closed before it; undefined as releases before left it. */
  readonly link?: ChainLink | undefined;
}
