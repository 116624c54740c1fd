// What a mapping tells about itself while it runs: for the terminal, for metrics (rules 47 to 49) and for tests.
import type { SequenceNumber, ShardId } from './brands.ts';
import type { DiscardedBatch, ShardPosition } from './ports.ts';

export type MappingEvent =
  | { readonly kind: 'shard-started'; readonly shard: ShardId; readonly position: ShardPosition }
  | { readonly kind: 'shard-drained'; readonly shard: ShardId }
  /** The shard left the stream before it was read to its end. */
  | { readonly kind: 'shard-gone'; readonly shard: ShardId }
  | {
      readonly kind: 'read';
      readonly shard: ShardId;
      readonly records: number;
      readonly millisBehindLatest: number | undefined;
    }
  | {
      readonly kind: 'invoked';
      readonly shard: ShardId;
      readonly lane: number;
      readonly records: number;
      readonly payloadBytes: number;
      readonly durationMs: number;
      readonly result: 'success' | 'partial' | 'failed' | 'not-invoked';
      /** What went wrong, in words; undefined for a success. */
      readonly message: string | undefined;
      /** Age of the last record of the batch when the invocation ended (rule 47); undefined: it had no records. */
      readonly iteratorAgeMs: number | undefined;
      /** The last invocation of a tumbling window, which has no records (rule 32). */
      readonly finalOfWindow: boolean;
    }
  /** Read and skipped by the mapping's filters (rule 37). */
  | {
      readonly kind: 'filtered';
      readonly shard: ShardId;
      readonly records: number;
      /** Those among `records` whose Kinesis data is not JSON (rule 38). */
      readonly notJson: number;
    }
  /** Everything up to `sequence` is done with and checkpointed. */
  | {
      readonly kind: 'checkpointed';
      readonly shard: ShardId;
      readonly sequence: SequenceNumber;
      /** Age of the last record handled (rule 47). */
      readonly lagMs: number;
    }
  | { readonly kind: 'retry'; readonly shard: ShardId; readonly records: number; readonly delayMs: number }
  | {
      readonly kind: 'discarded';
      readonly batch: DiscardedBatch;
      /** Whether a destination has it, refused it to the last (rule 49), or the mapping has none (rule 45). */
      readonly destination: 'delivered' | 'refused' | 'none';
    }
  /** Records that left the stream's retention while they were being retried: they are sent to no destination (rule 48). */
  | { readonly kind: 'lost-to-retention'; readonly shard: ShardId; readonly records: number }
  /** Unread records left the stream's retention; reading goes on from the trim horizon. */
  | { readonly kind: 'trimmed'; readonly shard: ShardId }
  /** A success by rule 24, but probably a misspelt failure report. */
  | { readonly kind: 'unrecognised-response'; readonly shard: ShardId; readonly found: string }
  | {
      readonly kind: 'unavailable';
      readonly what: 'stream' | 'checkpoints' | 'destination';
      readonly shard: ShardId | undefined;
      readonly reason: string;
      /** undefined: given up. */
      readonly retryMs: number | undefined;
    };

export type MappingObserver = (event: MappingEvent) => void;
