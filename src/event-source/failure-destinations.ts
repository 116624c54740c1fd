// Failure destinations, each over the one call it makes: whoever brings the call decides whether it goes to AWS, to a folder
// or into a test.
import { Buffer } from 'node:buffer';
import type { EpochMs } from './brands.ts';
import { failureDocument, failureKey, failureRecord } from './failure-record.ts';
import type { DiscardedBatch, FailureDestination, StreamKind } from './ports.ts';

export interface ObjectStore {
  putObject(key: string, body: string): Promise<void>;
}

export interface MessageSender {
  send(body: string): Promise<void>;
}

export interface DestinationDeps {
  readonly functionArn: string;
  readonly stream: { readonly kind: StreamKind; readonly arn: string };
  readonly clock: { nowMs(): EpochMs };
  /** A UUID, each time another: request ids, and the end of S3 keys. */
  readonly newUuid: () => string;
}

/** Rule 44. */
const MAX_SNS_BYTES = 256 * 1024;

/** Writes batches that were given up to S3, with their records, under a key with mapping, shard and time (rule 43). */
export function createS3Destination(
  deps: DestinationDeps & { readonly store: ObjectStore; readonly mappingUuid: string },
): FailureDestination {
  return {
    async deliver(batch) {
      const { nowMs, ...options } = optionsOf(deps);
      const key = failureKey(batch, { mappingUuid: deps.mappingUuid, nowMs, uuid: deps.newUuid() });
      await deps.store.putObject(key, JSON.stringify(failureDocument(batch, { nowMs, ...options })));
    },
  };
}

/** Sends where the records of a batch are in the stream to SQS, without the records (rule 41). */
export function createSqsDestination(
  deps: DestinationDeps & { readonly queue: MessageSender },
): FailureDestination {
  return { deliver: (batch) => deps.queue.send(bodyOf(batch, deps)) };
}

/** Sends the same to SNS, up to 256 KB (rules 41 and 44). @throws Error (on delivery) for a longer message */
export function createSnsDestination(
  deps: DestinationDeps & { readonly topic: MessageSender },
): FailureDestination {
  return {
    async deliver(batch) {
      const body = bodyOf(batch, deps);
      const bytes = Buffer.byteLength(body);
      if (bytes > MAX_SNS_BYTES) {
        throw new Error(`failure record for SNS: found ${bytes} bytes, expected at most ${MAX_SNS_BYTES}`);
      }
      await deps.topic.send(body);
    },
  };
}

function bodyOf(batch: DiscardedBatch, deps: DestinationDeps): string {
  return JSON.stringify(failureRecord(batch, optionsOf(deps)));
}

function optionsOf({ clock, functionArn, newUuid, stream }: DestinationDeps) {
  return { functionArn, stream, requestId: newUuid(), nowMs: clock.nowMs() };
}
