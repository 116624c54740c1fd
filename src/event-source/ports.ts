// What the event source mapping needs from outside: a stream to read, a function to invoke, a place for its
// checkpoints, a clock and randomness. Real servers and a simulation bring their own.
import type { SequenceNumber, ShardId } from '../core/brands.ts';
import type { StreamEventRecord } from '../wire/stream-records.ts';

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
}

export interface CheckpointStore {
  /** Empty for a mapping that never ran. */
  load(mapping: string): Promise<ReadonlyMap<ShardId, ShardCheckpoint>>;
  /** Writes the first checkpoints of a new mapping, all or none. */
  begin(mapping: string, checkpoints: ReadonlyMap<ShardId, ShardCheckpoint>): Promise<void>;
  /** Durable against the death of the process once resolved. */
  save(mapping: string, shard: ShardId, checkpoint: ShardCheckpoint): Promise<void>;
}

/** Records given up by retry or age limits (rule 41 has the destination's shape; destinations are a place to extend). */
export interface DiscardedBatch {
  readonly shard: ShardId;
  readonly records: readonly StreamRecord[];
  readonly condition: 'RetryAttemptsExhausted' | 'RecordAgeExceeded';
  readonly approximateInvokeCount: number;
  /** null after exhaustion through responses (rule 27); absent for RecordAgeExceeded. */
  readonly functionError?: string | null;
}

export interface FailureDestination {
  /** May be called again with the same batch: after a rejection, and after a crash. */
  deliver(batch: DiscardedBatch): Promise<void>;
}
