// Wiring: what the stack gives the function, to what the query API needs.
import { systemClock } from '../../src/platform/clock.ts';
import { createDynamoDbClient } from '../../src/platform/dynamodb-client.ts';
import { readPipelineFile, readTableName } from '../../src/platform/function-config.ts';
import { createLog, createMeter } from '../../src/platform/powertools.ts';
import { Alerts } from '../../src/stores/alerts.ts';
import { DeadLetters } from '../../src/stores/dead-letters.ts';
import { DynamoTable } from '../../src/stores/dynamo-table.ts';
import { RollupDirectory } from '../../src/stores/rollup-directory.ts';
import { SourceStates } from '../../src/stores/source-states.ts';
import { Windows } from '../../src/stores/windows.ts';
import { createQuery } from './query.ts';

const client = createDynamoDbClient();
const readersTable = new DynamoTable(client, readTableName('readersTable'));

export const handler = createQuery({
  pipeline: readPipelineFile(),
  states: new SourceStates(new DynamoTable(client, readTableName('sourcesTable'))),
  windows: new Windows(new DynamoTable(client, readTableName('windowsTable'))),
  deadLetters: new DeadLetters(new DynamoTable(client, readTableName('deadLettersTable'))),
  alerts: new Alerts(new DynamoTable(client, readTableName('alertsTable'))),
  directory: new RollupDirectory(readersTable),
  readersTable,
  clock: systemClock,
  log: createLog(),
  meter: createMeter(),
});
