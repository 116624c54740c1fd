// What the event source mapping needs from outside: a stream to read, a function to invoke, a place for its
// checkpoints, a clock and randomness. Real servers and a simulation bring their own.
import type { EpochMs, SequenceNumber, ShardId } from './brands.ts';
import type { StreamEventRecord } from './stream-records.ts';

export type StreamKind = 'kinesis' | 'dynamodb';

export interface ShardDescription {
  readonly id: ShardId;
  /** No parent for a first shard, one for a split's child, two for a merge's. */
  readonly parents: readonly ShardId[];
}

/** Where reading a shard begins. `after` resumes behind a checkpoint. */
export type ShardPosition =
  | { readonly at: 'trim-horizon' }
  | { readonly at: 'latest' }
  | { readonly at: 'timestamp'; readonly timestampMs: number }
  | { readonly at: 'after'; readonly sequence: SequenceNumber };

/** A record as read from a shard, already in the form the function gets. */
export interface StreamRecord {
  readonly sequence: SequenceNumber;
  /** Arrival (Kinesis) or creation (DynamoDB) time, ms since the epoch. */
  readonly arrivalMs: number;
  /** The record in the function's event. */
  readonly record: StreamEventRecord;
}

export type OpenAnswer =
  | { readonly kind: 'open'; readonly iterator: string }
  /** The shard is not in the stream any more. */
  | { readonly kind: 'gone' }
  /** The wanted position is past retention: go on from the trim horizon, and say so. */
  | { readonly kind: 'trimmed' }
  /** Throttled or unavailable: try again later. */
  | { readonly kind: 'unavailable'; readonly reason: string };

export type ReadAnswer =
  | {
      readonly kind: 'records';
      readonly records: readonly StreamRecord[];
      /** undefined: the shard is closed and read to its end. */
      readonly next: string | undefined;
      readonly millisBehindLatest?: number;
    }
  /** The iterator is too old; ask for a new one behind the last record read. */
  | { readonly kind: 'iterator-expired' }
  /** The shard is not in the stream any more. */
  | { readonly kind: 'gone' }
  /** Wanted records are past retention: go on from the trim horizon, and say so. */
  | { readonly kind: 'trimmed' }
  /** Throttled or unavailable: try again later. */
  | { readonly kind: 'unavailable'; readonly reason: string };

/** A stream's reading side, Kinesis or DynamoDB Streams. What it throws counts as `unavailable`. */
export interface StreamSource {
  readonly kind: StreamKind;
  readonly arn: string;
  /** Records older than this are no longer delivered (rules 15 and 45); undefined: kept for ever. */
  readonly retentionMs?: number;
  /** Every shard not yet past retention, closed ones included. */
  listShards(): Promise<readonly ShardDescription[]>;
  openIterator(shard: ShardId, position: ShardPosition): Promise<OpenAnswer>;
  read(shard: ShardId, iterator: string, limit: number): Promise<ReadAnswer>;
}

export type InvokeOutcome =
  | { readonly kind: 'returned'; readonly payload: string }
  /** Thrown error, timeout, failed init, killed process. */
  | { readonly kind: 'function-error'; readonly errorType: string; readonly message: string }
  /** Nothing ran (rule 16): does not count as an attempt. */
  | {
      readonly kind: 'not-invoked';
      readonly reason: 'throttled' | 'service-error';
      readonly message: string;
    };

export interface FunctionInvoker {
  /**
   * `payload` is the event as JSON. Never rejects. `affinity`: the shard it comes from. Nothing is documented about which
   * execution environment gets a shard's next batch; an invoker may prefer the one that had its last.
   */
  invoke(payload: string, affinity?: string): Promise<InvokeOutcome>;
}

/** What is kept per mapping and shard. */
export interface ShardCheckpoint {
  /** Last sequence number handled; undefined: nothing yet. */
  readonly sequence: SequenceNumber | undefined;
  /** Where the shard is read from while `sequence` is undefined. */
  readonly start: ShardPosition;
  /** The shard is closed and everything in it is handled. */
  readonly drained: boolean;
  /** Lanes that are ahead of `sequence`; absent when none is. */
  readonly lanes?: LanesAhead;
  /** The tumbling window that is open, with the state the function returned last. */
  readonly window?: OpenWindow;
  /** End of the last tumbling window that was closed: windows never go back behind it. */
  readonly windowsClosedMs?: EpochMs;
}

/** By lane number, up to where the lane has handled its records. Means nothing to another number of lanes. */
export interface LanesAhead {
  readonly factor: number;
  readonly through: Readonly<Record<string, SequenceNumber>>;
}

/** What a function makes of a window, handed back to it with its next batch (rule 31). */
export type WindowState = Readonly<Record<string, unknown>>;

export interface RecordMark {
  readonly sequence: SequenceNumber;
  readonly arrivalMs: EpochMs;
}

/** A tumbling window of a shard with records handled in it (rules 29 to 33). Half open: `endMs` is the next one's start. */
export interface OpenWindow {
  readonly startMs: EpochMs;
  readonly endMs: EpochMs;
  readonly state: WindowState;
  readonly first: RecordMark;
  readonly last: RecordMark;
  /** The state outgrew its limit: the window is to be closed before anything else is invoked (rule 33). */
  readonly early: boolean;
}

export interface CheckpointStore {
  /** Empty for a mapping that never ran. */
  load(mapping: string): Promise<ReadonlyMap<ShardId, ShardCheckpoint>>;
  /** Writes the first checkpoints of a new mapping, all or none. */
  begin(mapping: string, checkpoints: ReadonlyMap<ShardId, ShardCheckpoint>): Promise<void>;
  /** Durable against the death of the process once resolved. */
  save(mapping: string, shard: ShardId, checkpoint: ShardCheckpoint): Promise<void>;
  /** Drops everything kept of a mapping that was deleted. */
  forget?(mapping: string): Promise<void>;
}

/** Records given up by retry or age limits; what a destination makes of them is in failure-record.ts. */
export interface DiscardedBatch {
  readonly shard: ShardId;
  readonly records: readonly StreamRecord[];
  readonly condition: 'RetryAttemptsExhausted' | 'RecordAgeExceeded';
  readonly approximateInvokeCount: number;
  /** null after exhaustion through responses (rule 27); absent for RecordAgeExceeded. */
  readonly functionError?: string | null;
  /** With tumbling windows: what the function was to get beside the records. A final invocation has no records. */
  readonly window?: WindowFields;
  /** Beside `window`: the first and the last record that went into the state. */
  readonly aggregated?: { readonly first: RecordMark; readonly last: RecordMark };
}

/** What a function's event has beside its records when the mapping has tumbling windows (rule 30). */
export interface WindowFields {
  readonly window: { readonly start: string; readonly end: string };
  readonly state: WindowState;
  readonly shardId: ShardId;
  readonly eventSourceARN: string;
  readonly isFinalInvokeForWindow: boolean;
  readonly isWindowTerminatedEarly: boolean;
}

export interface FailureDestination {
  /** May be called again with the same batch: after a rejection, and after a crash. */
  deliver(batch: DiscardedBatch): Promise<void>;
}
