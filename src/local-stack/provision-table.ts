// Creates a DynamoDB table as the template has it. One that is there already must have the same shape.
import { isDeepStrictEqual } from 'node:util';
import {
  type AttributeValue,
  CreateTableCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  PutItemCommand,
  ResourceInUseException,
  type TableDescription,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import type { TableIndex, TableSpec } from './read-table.ts';

/**
 * Returns the ARN of the change stream, undefined when the table has none. Throws when an existing table differs.
 * `primerKey`: see `ProvisionOptions`.
 */
export async function provisionTable(
  dynamodb: DynamoDBClient,
  table: TableSpec,
  primerKey?: string,
): Promise<string | undefined> {
  const created = await createTable(dynamodb, table);
  await waitUntilTableExists({ client: dynamodb, maxWaitTime: 30 }, { TableName: table.name });
  const { Table: found = {} } = await dynamodb.send(new DescribeTableCommand({ TableName: table.name }));
  if (!created) assertSameShape(table, found);
  else if (table.streamView !== undefined && primerKey !== undefined)
    await primeChangeStream(dynamodb, table, primerKey);
  return found.LatestStreamArn;
}

async function createTable(dynamodb: DynamoDBClient, table: TableSpec): Promise<boolean> {
  try {
    await dynamodb.send(
      new CreateTableCommand({
        TableName: table.name,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [...table.keySchema],
        AttributeDefinitions: [...table.attributes],
        ...(table.globalIndexes.length > 0 ? { GlobalSecondaryIndexes: asRequest(table.globalIndexes) } : {}),
        ...(table.localIndexes.length > 0 ? { LocalSecondaryIndexes: asRequest(table.localIndexes) } : {}),
        ...(table.streamView === undefined
          ? {}
          : { StreamSpecification: { StreamEnabled: true, StreamViewType: table.streamView } }),
      }),
    );
  } catch (error) {
    if (error instanceof ResourceInUseException) return false;
    throw error;
  }
  if (table.ttlAttribute !== undefined) {
    await dynamodb.send(
      new UpdateTimeToLiveCommand({
        TableName: table.name,
        TimeToLiveSpecification: { Enabled: true, AttributeName: table.ttlAttribute },
      }),
    );
  }
  return true;
}

/** The API's types want lists that can be changed. */
function asRequest(indexes: readonly TableIndex[]) {
  return indexes.map(({ IndexName, KeySchema, Projection: { ProjectionType, NonKeyAttributes } }) => ({
    IndexName,
    KeySchema: [...KeySchema],
    Projection: {
      ProjectionType,
      ...(NonKeyAttributes === undefined ? {} : { NonKeyAttributes: [...NonKeyAttributes] }),
    },
  }));
}

/**
 * Writes an item and deletes it. DynamoDB Local writes to a tenth of its speed in a table whose change stream begins
 * when another's has thousands of records already.
 */
async function primeChangeStream(
  dynamodb: DynamoDBClient,
  table: TableSpec,
  primerKey: string,
): Promise<void> {
  const values = { S: { S: primerKey }, N: { N: '0' }, B: { B: Buffer.from(primerKey) } };
  const Key: Record<string, AttributeValue> = {};
  for (const { AttributeName } of table.keySchema) {
    const type = table.attributes.find((attribute) => attribute.AttributeName === AttributeName);
    Key[AttributeName] = values[type?.AttributeType ?? 'S'];
  }
  await dynamodb.send(new PutItemCommand({ TableName: table.name, Item: Key }));
  await dynamodb.send(new DeleteItemCommand({ TableName: table.name, Key }));
}

function assertSameShape(table: TableSpec, found: TableDescription): void {
  const expected = shapeOf(table.keySchema, table.globalIndexes, table.streamView);
  const actual = shapeOf(
    found.KeySchema,
    found.GlobalSecondaryIndexes,
    found.StreamSpecification?.StreamViewType,
  );
  if (isDeepStrictEqual(actual, expected)) return;
  throw new Error(
    `table ${table.name} is there already with another shape: found ${JSON.stringify(actual)}, ` +
      `expected ${JSON.stringify(expected)}. Use another data folder, or remove this one.`,
  );
}

interface FoundKey {
  readonly AttributeName?: string | undefined;
  readonly KeyType?: string | undefined;
}

interface FoundIndex {
  readonly IndexName?: string | undefined;
  readonly KeySchema?: readonly FoundKey[] | undefined;
}

function shapeOf(
  keys: readonly FoundKey[] | undefined,
  indexes: readonly FoundIndex[] | undefined,
  streamView: string | undefined,
) {
  const names = (elements: readonly FoundKey[] = []) =>
    elements.map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`);
  return {
    keys: names(keys),
    indexes: (indexes ?? [])
      .map(({ IndexName, KeySchema }) => `${IndexName}: ${names(KeySchema).join(', ')}`)
      .sort(),
    streamView: streamView ?? 'none',
  };
}
