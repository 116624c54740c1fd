// DynamoDB Local for the integration tests, and tables on it in the shape of the contract suites.
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { CreateTableCommand, DeleteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { _Record } from '@aws-sdk/client-dynamodb-streams';
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams';
import { type DynamoDbServerOptions, startDynamoDbServer } from '../../src/local-stack/dynamodb-server.ts';
import { findJava } from '../../src/local-stack/java-version.ts';
import { DynamoTable } from '../../src/stores/dynamo-table.ts';
import type { TableChange, TableSchema } from '../../src/stores/memory-table.ts';
import type { Item } from '../../src/stores/table.ts';
import type { MakeTable } from './table-under-test.ts';

export interface DynamoDbLocal {
  readonly endpoint: string;
  /** Id of the server's process. */
  readonly pid: number | undefined;
  readonly makeTable: (schema: TableSchema) => Promise<RemovableTable>;
  stop(): Promise<void>;
}

export interface RemovableTable extends Awaited<ReturnType<MakeTable>> {
  readonly name: string;
  readonly streamArn: string;
  /** Takes an item away, if it is there, as a user or TTL would. */
  remove(key: Item): Promise<void>;
}

/** Why DynamoDB Local cannot be started here, or undefined when it can. */
export async function javaMissing(): Promise<string | undefined> {
  const java = await findJava();
  return java.kind === 'found' ? undefined : `DynamoDB Local needs Java 17 or later: ${java.kind}`;
}

export async function startDynamoDbLocal(options: DynamoDbServerOptions = {}): Promise<DynamoDbLocal> {
  const outcome = await startDynamoDbServer(options);
  if (outcome.kind === 'no-java') throw new Error(outcome.advice);
  const { server } = outcome;
  const config = {
    region: 'us-east-1',
    endpoint: server.endpoint,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
  const client = new DynamoDBClient(config);
  const streams = new DynamoDBStreamsClient(config);
  let tables = 0;
  return {
    endpoint: server.endpoint,
    pid: server.pid,
    makeTable: async (schema) => {
      tables += 1;
      const name = `contract-${tables}`;
      const streamArn = await createTable(client, name, schema);
      return {
        name,
        table: new DynamoTable(client, name),
        streamArn,
        changes: (count) => readChanges(streams, streamArn, count),
        remove: async (key) => {
          await client.send(new DeleteItemCommand({ TableName: name, Key: { ...key } }));
        },
      };
    },
    stop: async () => {
      client.destroy();
      streams.destroy();
      await server.stop();
    },
  };
}

const NUMBERS = new Set([
  'letterNumber',
  'bucket',
  'at',
  'closingBucket',
  'closesAt',
  'checkingBucket',
  'checkAt',
]);

/** Gives the ARN of its stream. */
export async function createTable(
  client: DynamoDBClient,
  name: string,
  schema: TableSchema,
): Promise<string> {
  const indexes = Object.entries(schema.indexes ?? {});
  const keys = [schema, ...indexes.map(([, index]) => index)].flatMap(({ partitionKey, sortKey }) =>
    sortKey === undefined ? [partitionKey] : [partitionKey, sortKey],
  );
  const answer = await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      // An index may share a key with the table.
      AttributeDefinitions: [...new Set(keys)].map((key) => ({
        AttributeName: key,
        AttributeType: NUMBERS.has(key) ? 'N' : 'S',
      })),
      KeySchema: keySchema(schema),
      ...(indexes.length === 0
        ? {}
        : {
            GlobalSecondaryIndexes: indexes.map(([IndexName, index]) => ({
              IndexName,
              KeySchema: keySchema(index),
              Projection: { ProjectionType: 'KEYS_ONLY' as const },
            })),
          }),
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    }),
  );
  const arn = answer.TableDescription?.LatestStreamArn;
  if (arn === undefined) throw new Error(`table ${name} was created without a stream`);
  return arn;
}

function keySchema({ partitionKey, sortKey }: { readonly partitionKey: string; readonly sortKey?: string }) {
  const hash = { AttributeName: partitionKey, KeyType: 'HASH' as const };
  return sortKey === undefined ? [hash] : [hash, { AttributeName: sortKey, KeyType: 'RANGE' as const }];
}

/** Reads on until `count` changes are there: a change is visible some milliseconds after its write. */
async function readChanges(
  streams: DynamoDBStreamsClient,
  streamArn: string,
  count: number,
): Promise<readonly TableChange[]> {
  const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn: streamArn }));
  const ShardId = StreamDescription?.Shards?.[0]?.ShardId;
  const opened = await streams.send(
    new GetShardIteratorCommand({ StreamArn: streamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
  );
  const records: _Record[] = [];
  let iterator = opened.ShardIterator;
  for (let read = 0; read < 500 && records.length < count && iterator !== undefined; read += 1) {
    const answer = await streams.send(new GetRecordsCommand({ ShardIterator: iterator }));
    records.push(...(answer.Records ?? []));
    iterator = answer.NextShardIterator;
  }
  return records.map(({ eventName, dynamodb }) => {
    if (eventName === undefined) throw new Error('a stream record without a name');
    return {
      eventName,
      keys: toItem(dynamodb?.Keys) ?? {},
      oldImage: toItem(dynamodb?.OldImage),
      newImage: toItem(dynamodb?.NewImage),
    };
  });
}

function toItem(image: Record<string, AttributeValue> | undefined): Item | undefined {
  if (image === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(image).map(([name, value]) => {
      if (value.S !== undefined) return [name, { S: value.S }];
      if (value.N !== undefined) return [name, { N: value.N }];
      if (value.B !== undefined) return [name, { B: value.B }];
      throw new Error(
        `attribute ${name}: found ${JSON.stringify(value)}, expected a text, a number or bytes`,
      );
    }),
  );
}
