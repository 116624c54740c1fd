// The tables of a generation on DynamoDB: made as the stack's own are, under names that carry the generation.
import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceInUseException,
  ResourceNotFoundException,
  type TableDescription,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { GENERATION_TABLES, generationTable } from '../core/rebuild/generation-name.ts';
import { TTL_ATTRIBUTE } from '../platform/names.ts';
import { DynamoTable } from './dynamo-table.ts';
import type { Table } from './table.ts';

/** The tables of one generation. `readers` is its own too: it has the series of its rollups. */
export type GenerationTables = Readonly<Record<(typeof GENERATION_TABLES)[number], Table>>;

/** The stack's own tables, by name. */
export type TableNames = Readonly<Record<keyof GenerationTables, string>>;

const CREATED_WITHIN_SECONDS = 180;

export function generationTables(
  client: DynamoDBClient,
  names: TableNames,
  generation: string,
): GenerationTables {
  const table = (role: keyof GenerationTables) =>
    new DynamoTable(client, generationTable(names[role], generation));
  return {
    sources: table('sources'),
    windows: table('windows'),
    deadLetters: table('deadLetters'),
    alerts: table('alerts'),
    readers: table('readers'),
  };
}

/** Repeating it is safe: those that are there stay. */
export async function createGenerationTables(
  client: DynamoDBClient,
  names: TableNames,
  generation: string,
): Promise<void> {
  for (const role of GENERATION_TABLES) {
    const { Table: own } = await client.send(new DescribeTableCommand({ TableName: names[role] }));
    if (own !== undefined) await createLike(client, own, generationTable(names[role], generation));
  }
}

/** Keys and indexes as the stack's table has them, paid by request; no change stream, since its writer tells its changes. */
async function createLike(client: DynamoDBClient, own: TableDescription, TableName: string): Promise<void> {
  try {
    await client.send(
      new CreateTableCommand({
        TableName,
        KeySchema: own.KeySchema,
        AttributeDefinitions: own.AttributeDefinitions,
        BillingMode: 'PAY_PER_REQUEST',
        ...(own.GlobalSecondaryIndexes === undefined
          ? {}
          : {
              GlobalSecondaryIndexes: own.GlobalSecondaryIndexes.map(
                ({ IndexName, KeySchema, Projection }) => ({
                  IndexName,
                  KeySchema,
                  Projection,
                }),
              ),
            }),
      }),
    );
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  await waitUntilTableExists(
    { client, maxWaitTime: CREATED_WITHIN_SECONDS, minDelay: 1, maxDelay: 5 },
    { TableName },
  );
  await expireIn(client, TableName);
}

async function expireIn(client: DynamoDBClient, TableName: string): Promise<void> {
  try {
    await client.send(
      new UpdateTimeToLiveCommand({
        TableName,
        TimeToLiveSpecification: { Enabled: true, AttributeName: TTL_ATTRIBUTE },
      }),
    );
  } catch (error) {
    // The service's answer to a second time.
    if (!(error instanceof Error && /already enabled/i.test(error.message))) throw error;
  }
}

/** Repeating it is safe. */
export async function deleteGenerationTables(
  client: DynamoDBClient,
  names: TableNames,
  generation: string,
): Promise<void> {
  for (const role of GENERATION_TABLES) {
    try {
      await client.send(new DeleteTableCommand({ TableName: generationTable(names[role], generation) }));
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error;
    }
  }
}
