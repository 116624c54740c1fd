// Creates on the endpoints what the template says: streams, tables, indexes, change streams, expiry.
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { provisionStream } from './provision-stream.ts';
import { provisionTable } from './provision-table.ts';
import type { LocalSystem } from './template.ts';

export interface ProvisionClients {
  readonly kinesis: KinesisClient;
  readonly dynamodb: DynamoDBClient;
}

export interface Provisioned {
  /** True ARN by the stream's name. */
  readonly streamArns: ReadonlyMap<string, string>;
  /** True ARN of the change stream by the table's name; none for tables without one. */
  readonly tableStreamArns: ReadonlyMap<string, string>;
}

export interface ProvisionOptions {
  /** Number of shards of streams that the template leaves on demand; default: 4. */
  readonly shards?: number | undefined;
  /**
   * Key of an item that is written to each new table with a change stream, and deleted: DynamoDB Local writes to a tenth of its
   * speed in a table whose change stream begins when another's has thousands of records already. The stream then begins with its
   * INSERT and REMOVE, which functions have to pass over; default: none is written.
   */
  readonly primerKey?: string | undefined;
}

/** What is there already is kept, if it has the shape that the template says; else this throws. */
export async function provision(
  system: Pick<LocalSystem, 'streams' | 'tables'>,
  { kinesis, dynamodb }: ProvisionClients,
  { shards = ON_DEMAND_SHARDS, primerKey }: ProvisionOptions = {},
): Promise<Provisioned> {
  const streamArns = new Map<string, string>();
  for (const stream of system.streams) {
    streamArns.set(stream.name, await provisionStream(kinesis, stream, stream.shards ?? shards));
  }
  const tableStreamArns = new Map<string, string>();
  for (const table of system.tables) {
    const streamArn = await provisionTable(dynamodb, table, primerKey);
    if (streamArn !== undefined) tableStreamArns.set(table.name, streamArn);
  }
  return { streamArns, tableStreamArns };
}

/** What a new on-demand stream has on AWS. */
const ON_DEMAND_SHARDS = 4;
