// What a stored state says, whatever form it was stored in and whatever the pipeline is now.
import type { EpochMs } from './brands.ts';
import type { ClosingChain } from './closing-chain.ts';
import type { CounterRules } from './counter-rules.ts';
import type { CounterTrail } from './counter-trail.ts';
import type { HeldTrail } from './held-trail.ts';
import type { Cut } from './partiality.ts';
import type { RememberedIds } from './remembered-ids.ts';
import type { ClosedBorder, GoneAggregation, Letter, Silence, UpTo, VerdictCounts } from './source-state.ts';
import type { ClosedWindow, SourceWindow } from './source-window.ts';

export interface StateImage {
  readonly upTo: readonly UpTo[];
  readonly maxTime: EpochMs;
  readonly latestTime: EpochMs;
  readonly lastArrivalMs: EpochMs;
  readonly counts: VerdictCounts;
  readonly strays: number;
  readonly ids: RememberedIds;
  /** -1 as releases before left it. */
  readonly placesUntilMs: EpochMs;
  readonly aggregations: readonly AggregationImage[];
  readonly gone: readonly GoneAggregation[];
  readonly forgotten: ClosedBorder;
  readonly closed: readonly ClosedWindow[];
  readonly letters: readonly Letter[];
  readonly silences: readonly Silence[];
  /** undefined as releases before left it. */
  readonly handedOn: number | undefined;
}

export interface AggregationImage {
  readonly name: string;
  readonly spec: string;
  readonly groupBy: readonly string[];
  readonly late: number;
  readonly closedBefore: EpochMs;
  readonly sessionsEnd: EpochMs;
  readonly cut: Cut | undefined;
  /** undefined as releases before left it. */
  readonly chain: ClosingChain | undefined;
  /** See `countsAs`; undefined where that was not noted. */
  readonly countedAs: number | undefined;
  /** By what rules the samples were counted. */
  readonly counters: CounterRules;
  readonly trails: ReadonlyMap<string, CounterTrail>;
  /** Samples of states and of values weighed by time, and the rules they were counted by. */
  readonly held: { readonly rules: string; readonly trails: ReadonlyMap<string, HeldTrail> };
  readonly windows: readonly SourceWindow[];
}
