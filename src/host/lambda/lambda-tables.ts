import { createDynamoDbClient } from '../../platform/dynamodb-client.ts';
import { VARIABLE } from '../../platform/names.ts';
import { DynamoTable } from '../../stores/dynamo-table.ts';
import type { FunctionHost } from '../function-host.ts';
import { readVariable } from './read-variable.ts';

/** One client for all tables. */
export function lambdaTables(): Pick<FunctionHost, 'table'> {
  const client = createDynamoDbClient();
  return {
    table: (name) => new DynamoTable(client, readVariable(VARIABLE.table(name), 'the name of a table')),
  };
}
