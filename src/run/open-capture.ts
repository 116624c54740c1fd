// The stream that is to be captured, by its name: over the SDK, as the environment says.
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { DescribeStreamSummaryCommand, KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { createDynamoDbSource } from '../event-source/dynamodb-source.ts';
import { createKinesisSource } from '../event-source/kinesis-source.ts';
import type { StreamSource } from '../event-source/ports.ts';
import { createDynamoDbClient } from '../platform/dynamodb-client.ts';
import { handlerOf, LOCAL_LIMITS } from '../platform/time-limits.ts';

export interface OpenCapture {
  readonly source: StreamSource;
  /** Its name in an archive. */
  readonly stream: string;
  close(): void;
}

export async function openCapture(name: string, kind: 'kinesis' | 'dynamodb'): Promise<OpenCapture> {
  return kind === 'kinesis' ? await openKinesis(name) : await openTable(name);
}

async function openKinesis(name: string): Promise<OpenCapture> {
  // HTTP/1.1: local servers speak no other.
  const client = new KinesisClient({ requestHandler: new NodeHttpHandler(handlerOf(LOCAL_LIMITS)) });
  const { StreamDescriptionSummary: found } = await client.send(
    new DescribeStreamSummaryCommand({ StreamName: name }),
  );
  const { StreamARN: streamArn, RetentionPeriodHours: hours } = found ?? {};
  if (streamArn === undefined) throw new Error(`stream ${name}: found no ARN of it`);
  const retentionMs = hours === undefined ? undefined : hours * 3_600_000;
  return {
    source: createKinesisSource({
      client,
      streamName: name,
      streamArn,
      ...(retentionMs === undefined ? {} : { retentionMs }),
    }),
    stream: name,
    close: () => client.destroy(),
  };
}

async function openTable(name: string): Promise<OpenCapture> {
  const tables = createDynamoDbClient({}, LOCAL_LIMITS);
  const { Table: found } = await tables.send(new DescribeTableCommand({ TableName: name }));
  tables.destroy();
  const { LatestStreamArn: streamArn, LatestStreamLabel: label } = found ?? {};
  if (streamArn === undefined || label === undefined)
    throw new Error(`table ${name}: found no stream of its changes, expected one`);
  const endpoint = process.env['AWS_ENDPOINT_URL_DYNAMODB'];
  const client = new DynamoDBStreamsClient({
    requestHandler: handlerOf(LOCAL_LIMITS),
    // A server of this machine has both APIs in one place.
    ...(endpoint === undefined ? {} : { endpoint }),
  });
  return {
    source: createDynamoDbSource({ client, streamArn }),
    stream: `${name}@${label}`,
    close: () => client.destroy(),
  };
}
