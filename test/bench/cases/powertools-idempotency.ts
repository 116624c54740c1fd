// Powertools idempotency around the record handler: what keeps a record from counting twice there, by two writes a record.
import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import type { KinesisEventRecord } from '../../../src/wire/stream-records.ts';
import type { BenchCase } from '../bench-case.ts';
import { parseEvent } from '../window-sums.ts';
import { createWindowSumsCase } from '../window-sums-case.ts';

/** The part of Lambda's context that the library uses: the time left. */
const lambdaContext = { getRemainingTimeInMillis: () => 60_000 };

export function createCase(): BenchCase {
  return createWindowSumsCase((sums, { client }) => {
    const processor = new BatchProcessor(EventType.KinesisDataStreams);
    const handleOnce = makeIdempotent(
      async ({ kinesis }: KinesisEventRecord) => sums.add(parseEvent(kinesis.data)),
      {
        persistenceStore: new DynamoDBPersistenceLayer({ tableName: 'idempotency', awsSdkV3Client: client }),
        config: new IdempotencyConfig({ eventKeyJmesPath: 'eventID', lambdaContext }),
      },
    );
    return ({ Records }) => processPartialResponse({ Records: [...Records] }, handleOnce, processor);
  });
}
