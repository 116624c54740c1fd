// A Kinesis stream that a function puts records into.
import { KinesisClient, type KinesisClientConfig, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { handlerOf, type TimeLimits } from './time-limits.ts';

export interface OutgoingRecord {
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

export interface OutgoingStream {
  /** At most 500 records and 5 MB. One answer a record, in order: undefined, or why it was not taken. Rejects where none was. */
  put(records: readonly OutgoingRecord[]): Promise<readonly (string | undefined)[]>;
}

const LIMITS: TimeLimits = { connectMs: 2_000, answerMs: 5_000 };

/** Region and endpoint come from the environment; `overrides` stand before everything. */
export function createOutgoingStream(
  streamName: string,
  overrides: KinesisClientConfig = {},
  limits: TimeLimits = LIMITS,
): OutgoingStream {
  // HTTP/1.1, which local servers speak alone.
  const requestHandler = new NodeHttpHandler(handlerOf(limits));
  const client = new KinesisClient({ maxAttempts: 4, requestHandler, ...overrides });
  return {
    async put(records) {
      const answer = await client.send(
        new PutRecordsCommand({
          StreamName: streamName,
          Records: records.map(({ partitionKey, data }) => ({ PartitionKey: partitionKey, Data: data })),
        }),
      );
      return records.map((_, at) => {
        const result = answer.Records?.[at];
        if (result === undefined) return 'no answer for the record';
        return result.ErrorCode === undefined
          ? undefined
          : `${result.ErrorCode}: ${result.ErrorMessage ?? ''}`;
      });
    },
  };
}
