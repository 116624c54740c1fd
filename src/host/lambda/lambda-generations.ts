import { createDynamoDbClient } from '../../platform/dynamodb-client.ts';
import { VARIABLE } from '../../platform/names.ts';
import { createGenerationTables } from '../../stores/generation-tables.ts';
import { readVariable } from './read-variable.ts';

/** Tables like the stack's own. */
export function lambdaGenerations(): { readonly createGeneration: (generation: string) => Promise<void> } {
  const client = createDynamoDbClient();
  const name = (table: string) => readVariable(VARIABLE.table(table), 'the name of a table');
  return {
    createGeneration: (generation) =>
      createGenerationTables(
        client,
        {
          sources: name('sources'),
          windows: name('windows'),
          deadLetters: name('deadLetters'),
          alerts: name('alerts'),
          readers: name('readers'),
        },
        generation,
      ),
  };
}
