import { Readable } from 'node:stream';
import {
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { createDynamoDbClient } from '../../../src/platform/dynamodb-client.ts';

const bytes = Buffer.from([9, 0, 255, 128, 1]).subarray(1); // a view into a larger buffer
const COMMANDS = [
  new BatchExecuteStatementCommand({
    Statements: [
      {
        Statement: `UPDATE "sources" SET "state"=? REMOVE "closesAt" WHERE "source"=? AND "version"=?`,
        Parameters: [{ B: bytes }, { S: 'é "京都" \\ \u2028 \ud83d \u0001' }, { N: '7' }],
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
    ],
  }),
  new BatchGetItemCommand({
    RequestItems: { sources: { Keys: [{ source: { S: 'a' } }], ConsistentRead: true } },
  }),
  new BatchWriteItemCommand({
    RequestItems: {
      sources: [{ PutRequest: { Item: { source: { S: '' }, state: { B: new Uint8Array(0) } } } }],
    },
  }),
  new QueryCommand({
    TableName: 'windows',
    IndexName: undefined,
    Limit: 3,
    ScanIndexForward: false,
    ExclusiveStartKey: { a: { L: [{ M: { b: { BOOL: true } } }, { NULL: true }] } },
  }),
  new ScanCommand({ TableName: 'windows' }),
  // Local runs make their tables with it.
  new CreateTableCommand({
    TableName: 'windows',
    AttributeDefinitions: [{ AttributeName: 'series', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'series', KeyType: 'HASH' }],
    GlobalSecondaryIndexes: undefined,
    BillingMode: 'PAY_PER_REQUEST',
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
  }),
  new DescribeTableCommand({ TableName: 'windows' }),
  new UpdateTimeToLiveCommand({
    TableName: 'windows',
    TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
  }),
  new TransactWriteItemsCommand({
    TransactItems: [
      { Put: { TableName: 'sources', Item: { source: { S: 'a' }, page: { B: new Uint8Array([1, 2]) } } } },
    ],
    ClientRequestToken: 'once',
  }),
];

describe('the client', () => {
  test.each(COMMANDS.map((command) => [command.constructor.name, command] as const))(
    'sends for a %s what the SDK’s own client does',
    async (_, command) => {
      const ours = await sentBy(createDynamoDbClient, command);
      const theirs = await sentBy((config) => new DynamoDBClient(config), command);
      expect(ours.body).toEqual(theirs.body);
      expect(ours.target).toBe(theirs.target);
      expect(ours.length).toBe(ours.bytes);
    },
  );
});

/** What a client hands over to be sent for the command. */
async function sentBy(
  create: (config: DynamoDBClientConfig) => DynamoDBClient,
  command: (typeof COMMANDS)[number],
) {
  const requests: { readonly headers: Readonly<Record<string, string>>; readonly body?: unknown }[] = [];
  const client = create({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    requestHandler: {
      handle: async (request: (typeof requests)[number]) => {
        requests.push(request);
        return { response: { statusCode: 200, headers: {}, body: Readable.from([Buffer.from('{}')]) } };
      },
    },
  });
  // The command is one of several types, which the overloads of `send` do not take.
  await client.send(command as ScanCommand);
  const [request] = requests;
  const body = request?.body;
  // The SDK's own is a Uint8Array that warns when it is taken for a text.
  const text =
    body instanceof Uint8Array
      ? Buffer.from(body.buffer, body.byteOffset, body.length).toString()
      : String(body);
  return {
    body: JSON.parse(text),
    bytes: Buffer.byteLength(text),
    length: Number(request?.headers['content-length']),
    target: request?.headers['x-amz-target'],
  };
}
