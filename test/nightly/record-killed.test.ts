// By day of a Kinesis stream (integration/record-killed.test.ts).
import { BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, it, onTestFinished } from 'vitest';
import { startDynamoDbServer } from '../../src/local-stack/dynamodb-server.ts';
import { createTable } from '../support/dynamodb-local.ts';
import { localDynamoDb } from '../support/local-clients.ts';
import { recordedKilled } from '../support/recorded-killed.ts';

/** Enough for several objects a shard. */
const LARGE = 'x'.repeat(380_000);
const NUMBERS = Array.from({ length: 24 }, (_, at) => at);

it('of the changes of a DynamoDB table', async () => {
  const outcome = await startDynamoDbServer();
  if (outcome.kind === 'no-java') throw new Error(outcome.advice);
  const { server } = outcome;
  onTestFinished(() => server.stop());
  const client = localDynamoDb(server.endpoint);
  onTestFinished(() => client.destroy());
  await createTable(client, 'items', { partitionKey: 'source' });
  for (let at = 0; at < NUMBERS.length; at += 12) {
    const puts = NUMBERS.slice(at, at + 12).map((number) => ({
      PutRequest: { Item: { source: { S: `d${number}` }, note: { S: LARGE } } },
    }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { items: puts } }));
  }
  const found = await recordedKilled(['--table', 'items'], { AWS_ENDPOINT_URL_DYNAMODB: server.endpoint });
  const keys = found.map(({ change }) => (change as Change).dynamodb.Keys.source.S);
  expect(keys.sort()).toEqual(NUMBERS.map((at) => `d${at}`).sort());
});

/** As the archive keeps it. */
interface Change {
  readonly dynamodb: { readonly Keys: { readonly source: { readonly S: string } } };
}
