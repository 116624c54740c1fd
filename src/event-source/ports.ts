// What the event source mapping needs from outside: a stream to read, a function to invoke, a place for its
// checkpoints, a clock and randomness. Real servers and a simulation bring their own.
import type { SequenceNumber, ShardId } from '../core/brands.ts';
import type { StreamEventRecord } from '../wire/stream-records.ts';

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

export type ReadAnswer =
  | {
      readonly kind: 'records';
      readonly records: readonly StreamRecord[];
      readonly next: string | undefined;
      readonly millisBehindLatest?: number;
    }
  /** The iterator is too old; ask for a new one behind the last record read. */
  | { readonly kind: 'iterator-expired' }
  /** Wanted records are past retention: go on from the trim horizon, and say so. */
  | { readonly kind: 'trimmed' }
  /** Throttled or unavailable: try again later. */
  | { readonly kind: 'unavailable'; readonly reason: string };

/** A stream's reading side, Kinesis or DynamoDB Streams. */
export interface StreamSource {
  readonly kind: 'kinesis' | 'dynamodb';
  readonly arn: string;
  /** Every shard not yet past retention, closed ones included. */
  listShards(): Promise<readonly ShardDescription[]>;
  openIterator(shard: ShardId, position: ShardPosition): Promise<string>;
  /** `next` undefined: the shard is closed and read to its end. */
  read(iterator: string, limit: number): Promise<ReadAnswer>;
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
  /** `payload` is the event as JSON. Never rejects. */
  invoke(payload: string): Promise<InvokeOutcome>;
}

export interface Clock {
  nowMs(): number;
  /** Resolves after `ms`, or at once when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** What is kept per mapping and shard. */
export interface ShardCheckpoint {
  /** Last sequence number handled; undefined: nothing yet. */
  readonly sequence: SequenceNumber | undefined;
  /** The shard is closed and everything in it is handled. */
  readonly drained: boolean;
}

export interface CheckpointStore {
  load(mapping: string): Promise<ReadonlyMap<ShardId, ShardCheckpoint>>;
  save(mapping: string, shard: ShardId, checkpoint: ShardCheckpoint): Promise<void>;
}

/** Records given up by retry or age limits (rule 41 has the destination's shape; destinations are a place to extend). */
export interface DiscardedBatch {
  readonly shard: ShardId;
  readonly records: readonly StreamRecord[];
  readonly condition: 'RetryAttemptsExhausted' | 'RecordAgeExceeded';
  readonly approximateInvokeCount: number;
  /** null after exhaustion through partial responses (rule 27); absent for RecordAgeExceeded. */
  readonly functionError?: string | null;
}

export interface FailureDestination {
  deliver(batch: DiscardedBatch): Promise<void>;
}
