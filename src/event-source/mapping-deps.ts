// Everything a mapping gets from outside, in one object.

import type { Backoff } from './backoff.ts';
import type { Clock } from './clock.ts';
import type { MappingObserver } from './mapping-events.ts';
import type { OpenQuestions } from './open-questions.ts';
import type { CheckpointStore, FailureDestination, FunctionInvoker, StreamSource } from './ports.ts';

export interface PollingSettings {
  /** Pause after a read that found nothing (rule 1: AWS polls Kinesis each 1,000 ms, DynamoDB each 250 ms). */
  readonly idlePollMs: number;
  /** What that pause doubles to, read by read, while a shard has nothing new; default: it stays the same. */
  readonly longestIdlePollMs?: number;
  /** How often the shard list is read again, beside each time a shard ends. */
  readonly shardRefreshMs: number;
  /** Records a read asks for: at most 10,000 on Kinesis and 1,000 on DynamoDB Streams. */
  readonly readLimit: number;
}

export interface MappingDeps {
  /** Names the mapping in the checkpoint store. */
  readonly name: string;
  readonly stream: StreamSource;
  readonly invoker: FunctionInvoker;
  readonly checkpoints: CheckpointStore;
  /** Without one, discarded records are only reported to the observer (rule 45). */
  readonly destination: FailureDestination | undefined;
  readonly clock: Clock;
  /** Uniform in [0, 1); for jitter alone. */
  readonly random: () => number;
  readonly observe: MappingObserver;
  /** Between retries of a batch. */
  readonly backoff: Backoff;
  readonly polling: PollingSettings;
  /** Where the documents leave open what happens; default: `USUAL_ANSWERS`. */
  readonly answers?: Partial<OpenQuestions>;
}
