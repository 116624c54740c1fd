// Everything kept about one source: one item, one write a batch.
import type { EpochMs, SequenceNumber, ShardId } from './brands.ts';
import { type ClosingChain, emptyChain } from './closing-chain.ts';
import type { CounterTrail } from './counter-trail.ts';
import type { Coordinates, TelemetryEvent } from './event.ts';
import type { TimeProblem } from './event-time.ts';
import type { HeldTrail } from './held-trail.ts';
import type { Cut } from './partiality.ts';
import type { Aggregation, Pipeline } from './pipeline/pipeline.ts';
import { RememberedIds } from './remembered-ids.ts';
import type { ClosedWindow, SourceWindow } from './source-window.ts';
import { mostWindowGrowth } from './window-bytes.ts';

/**
 * A fold takes the state it is given and changes it: whoever hands it over keeps nothing of it. Only a state
 * that has been committed may be handed out again.
 */
export interface SourceState {
  readonly source: string;
  /** The last position folded in, of every shard the source has come through; the one of the latest write first. */
  upTo: UpTo[];
  /**
   * Greatest event time shown, none counting for more than its arrival, or the floor a closing by silence has set; -1 before the
   * first event.
   */
  maxTime: EpochMs;
  /** Greatest event time shown, however far it led its arrival; -1 before the first. */
  latestTime: EpochMs;
  /** Latest arrival in the stream among the events folded in; -1 before the first. */
  lastArrivalMs: EpochMs;
  readonly counts: VerdictCounts;
  /** Events that came under a partition key that is not the source: it may come through many shards at a time. */
  strays: number;
  readonly ids: RememberedIds;
  /** Latest arrival of those events that are remembered by their places, since they have no id and were put back; -1 without any. */
  placesUntilMs: EpochMs;
  /** One for each aggregation of the pipeline, in its order. */
  readonly open: OpenAggregation[];
  /** `bytes` of all open windows and trails, and the number of those windows: the bound on a state is applied to them. */
  windowBytes: number;
  windowCount: number;
  /** Windows closed by the latest write: the changelog carries them downstream. */
  closed: ClosedWindow[];
  /** Windows of aggregations that the pipeline no longer has: they are closed by the next write. */
  orphans: ClosedWindow[];
  /** Aggregations the pipeline had once; the latest first. */
  gone: GoneAggregation[];
  /** What holds for aggregations that the pipeline had before those. */
  forgotten: ClosedBorder;
  /** Events the latest write found late or quarantined: the changelog carries them to the dead letters. */
  letters: Letter[];
  /** How many events were handed on as letters, ever: the latest has this number. */
  handedOn: number;
  /** Silences that ended, the latest ones, in order: long enough for some alert to tell of. */
  silences: Silence[];
}

/** Nothing arrived of a source between two arrivals, as a tick between them shows. */
export interface Silence {
  readonly fromMs: EpochMs;
  /** Arrival of the latest tick before the arrival that ended it. */
  readonly knownUntilMs: EpochMs;
  readonly toMs: EpochMs;
}

export interface UpTo {
  /** ARN of the stream; undefined as releases before stored it: the next stream that comes is taken for it. */
  readonly stream: string | undefined;
  readonly shard: ShardId;
  readonly sequence: SequenceNumber;
  /** Index of the last event of the source folded in of that record. */
  readonly index: number;
  /** Whether the record holds more of the source than has been folded in. */
  readonly rest: RecordRest;
}

/**
 * `none`: the record is folded in whole, however it may be cut now. `by-index`: as releases before left it untold; what has a
 * greater index is more. A number: by how records were cut when it was folded in, `RESUMED` where two ways of cutting met in it.
 */
export type RecordRest = 'none' | 'by-index' | number;

/** The persistent ledger of one source. `received` is counted on its own, so that the books can be checked. */
export interface VerdictCounts {
  received: number;
  applied: number;
  duplicate: number;
  late: number;
  /** Events with an impossible time, or without room; what is no event is quarantined before it reaches a source. */
  quarantined: number;
}

export interface OpenAggregation {
  readonly aggregation: Aggregation;
  /** By start. */
  readonly windows: Map<EpochMs, SourceWindow>;
  /** Where windows do not overlap: the one folded into last, or one closed since: then whatever falls in it is late. */
  recent: SourceWindow | undefined;
  /** At most the least end of them; Infinity where there is none. */
  earliestEnd: EpochMs;
  /** By value name, where increases of counters are kept. */
  readonly trails: Map<string, CounterTrail>;
  /** Samples of states and of values weighed by time; see `heldKey`. */
  readonly held: Map<string, HeldTrail>;
  /** The most that one event can add to its windows' bytes. */
  readonly growthMost: number;
  /** Events that were late for this aggregation, though perhaps not for others. */
  late: number;
  /** Windows that end at or before it closed under an earlier pipeline, which may have allowed less lateness. */
  readonly closedBefore: EpochMs;
  /** Greatest end of a session that has closed; 0 where none has. No session reaches behind it. */
  sessionsEnd: EpochMs;
  /** Windows that lack events, since the source had some before it had the aggregation as it is; undefined: none. */
  readonly cut: Cut | undefined;
  readonly chain: ClosingChain;
}

/** What is remembered of an aggregation, so that its windows stay closed if a later pipeline brings it back. */
export interface GoneAggregation extends ClosedBorder {
  readonly name: string;
  readonly spec: string;
}

/** How far windows have closed. */
export interface ClosedBorder {
  readonly closedBefore: EpochMs;
  readonly sessionsEnd: EpochMs;
}

export const NOTHING_CLOSED: ClosedBorder = { closedBefore: 0, sessionsEnd: 0 };

export interface Letter {
  readonly reason: 'late' | 'source-full' | 'shape-changed' | TimeProblem;
  readonly at: Coordinates;
  /** ARN, which `at` is of; undefined: a release before wrote it, or nobody knows. */
  readonly stream?: string;
  readonly arrivalMs: EpochMs;
  readonly event: TelemetryEvent;
  /** Greatest event time before it. */
  readonly maxTime: EpochMs;
  /** Where a clock leads: how far it was allowed to. */
  readonly maxClockSkewMs?: number;
  /** Among the letters of its source, from 1; undefined for one that was put back before, which keeps the place it had. */
  readonly number?: number;
}

export function emptySourceState(source: string, pipeline: Pipeline): SourceState {
  return {
    source,
    upTo: [],
    maxTime: -1,
    latestTime: -1,
    lastArrivalMs: -1,
    counts: { received: 0, applied: 0, duplicate: 0, late: 0, quarantined: 0 },
    strays: 0,
    ids: new RememberedIds(),
    placesUntilMs: -1,
    open: pipeline.aggregations.map((aggregation) => openAggregation(aggregation)),
    windowBytes: 0,
    windowCount: 0,
    closed: [],
    letters: [],
    silences: [],
    handedOn: 0,
    orphans: [],
    gone: [],
    forgotten: NOTHING_CLOSED,
  };
}

export function openAggregation(
  aggregation: Aggregation,
  { late = 0, closedBefore = 0, sessionsEnd = 0, cut, chain = emptyChain() }: Partial<OpenAggregation> = {},
): OpenAggregation {
  return {
    aggregation,
    windows: new Map(),
    trails: new Map(),
    held: new Map(),
    recent: undefined,
    earliestEnd: Number.POSITIVE_INFINITY,
    growthMost: growthMostOf(aggregation),
    late,
    closedBefore,
    sessionsEnd,
    cut,
    chain,
  };
}

function growthMostOf(aggregation: Aggregation): number {
  const { window, keep, weights, states, distinct, topK } = aggregation;
  // What a sketch grows by depends on what it holds.
  if (weights || states.length > 0) return Number.POSITIVE_INFINITY;
  if (keep.quantiles !== undefined || keep.increase || distinct.length > 0 || topK.length > 0)
    return Number.POSITIVE_INFINITY;
  return (
    mostWindowGrowth(aggregation) *
    (window.kind === 'hopping' ? Math.ceil(window.sizeMs / window.everyMs) : 1)
  );
}

/** The open windows of all aggregations in a row, then those that the latest write closed. */
export function windowsOf({ open, closed }: SourceState): readonly SourceWindow[] {
  return [...open.flatMap(({ windows }) => [...windows.values()]), ...closed];
}

/** Opens a window, or one that was kept. */
export function addWindow(state: SourceState, open: OpenAggregation, window: SourceWindow): void {
  open.windows.set(window.start, window);
  if (window.end < open.earliestEnd) open.earliestEnd = window.end;
  state.windowBytes += window.bytes;
  state.windowCount += 1;
}

/** Takes a window out of the open ones: it closes, or becomes part of another. */
export function takeWindow(state: SourceState, open: OpenAggregation, window: SourceWindow): void {
  open.windows.delete(window.start);
  state.windowBytes -= window.bytes;
  state.windowCount -= 1;
}

/** Begins a write: what the latest one carried downstream is done with. */
export function beginWrite(state: SourceState): void {
  state.closed = state.orphans;
  state.orphans = [];
  state.letters = [];
}
