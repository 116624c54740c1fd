// A stream by its shards, for who puts a record into each of them or asks which came from which.
import {
  KinesisClient,
  type KinesisClientConfig,
  ListShardsCommand,
  type ListShardsCommandOutput,
  PutRecordsCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { ShardId } from '../core/brands.ts';
import type { ShardLineage } from '../core/stream-progress.ts';
import { handlerOf, type TimeLimits } from './time-limits.ts';

export interface ShardedStream {
  readonly arn: string;
  /** All that are within retention, closed ones too. Rejects where the stream cannot be reached; with a NoStreamError where there is none. */
  listShards(): Promise<readonly ListedShard[]>;
  /** Puts a record into each of these shards. Gives how many were taken. Rejects where the stream cannot be reached. */
  putIntoEach(shards: readonly ListedShard[], data: string): Promise<number>;
}

export interface ListedShard extends ShardLineage {
  /** The first key that it takes, in decimals. */
  readonly firstHashKey: string;
}

/** There is no stream of this name: it was deleted, or its records come from a recording. */
export class NoStreamError extends Error {
  override readonly name = 'NoStreamError';
}

/** A call of these ends well before a function's time does. */
const LIMITS: TimeLimits = { connectMs: 2_000, answerMs: 5_000 };
/** Limits of the Kinesis API. */
const RECORDS_PER_CALL = 500;

/** Region and endpoint come from the environment. Streams are those of its own account. */
export function createShardedStreams(overrides: KinesisClientConfig = {}): (arn: string) => ShardedStream {
  // Over HTTP/1.1, which local servers speak alone.
  const requestHandler = new NodeHttpHandler(handlerOf(LIMITS));
  const client = new KinesisClient({ maxAttempts: 3, requestHandler, ...overrides });
  return (arn) => ({
    arn,
    listShards: () => listShards(client, nameOf(arn)),
    putIntoEach: (shards, data) => putIntoEach(client, nameOf(arn), { shards, data }),
  });
}

async function listShards(client: KinesisClient, StreamName: string): Promise<readonly ListedShard[]> {
  const found: ListedShard[] = [];
  let NextToken: string | undefined;
  do {
    const page: ListShardsCommandOutput = await client
      .send(new ListShardsCommand(NextToken === undefined ? { StreamName } : { NextToken }))
      .catch((error: Error) => {
        throw error instanceof ResourceNotFoundException
          ? new NoStreamError(error.message, { cause: error })
          : error;
      });
    for (const { ShardId: id = '', ParentShardId, AdjacentParentShardId, HashKeyRange } of page.Shards ??
      []) {
      const parents = [ParentShardId, AdjacentParentShardId].filter((parent) => parent !== undefined);
      const firstHashKey = HashKeyRange?.StartingHashKey ?? '0';
      // the service's own names
      found.push({ id: id as ShardId, parents: parents as ShardId[], firstHashKey });
    }
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return found;
}

async function putIntoEach(
  client: KinesisClient,
  StreamName: string,
  { shards, data }: { readonly shards: readonly ListedShard[]; readonly data: string },
): Promise<number> {
  const Data = Buffer.from(data);
  let taken = 0;
  for (let at = 0; at < shards.length; at += RECORDS_PER_CALL) {
    const Records = shards
      .slice(at, at + RECORDS_PER_CALL)
      .map(({ firstHashKey }) => ({ Data, PartitionKey: 'tick', ExplicitHashKey: firstHashKey }));
    const answer = await client.send(new PutRecordsCommand({ StreamName, Records }));
    taken += (answer.Records ?? []).filter(({ ErrorCode }) => ErrorCode === undefined).length;
  }
  return taken;
}

function nameOf(arn: string): string {
  return arn.slice(arn.indexOf('/') + 1);
}
