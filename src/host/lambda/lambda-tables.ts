import { FIRST_GENERATION, generationTable } from '../../core/rebuild/generation-name.ts';
import { createDynamoDbClient } from '../../platform/dynamodb-client.ts';
import { VARIABLE } from '../../platform/names.ts';
import { DynamoTable } from '../../stores/dynamo-table.ts';
import type { FunctionHost } from '../function-host.ts';
import { readVariable } from './read-variable.ts';

/** One client for all tables. */
export function lambdaTables(): Pick<FunctionHost, 'table'> {
  const client = createDynamoDbClient();
  return {
    table: (name, generation = FIRST_GENERATION) => {
      const own = readVariable(VARIABLE.table(name), 'the name of a table');
      return new DynamoTable(client, generationTable(own, generation));
    },
  };
}
