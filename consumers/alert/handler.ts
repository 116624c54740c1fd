// Wiring: what the stack gives the function, to what the consumer needs.
import { createDynamoDbClient } from '../../src/platform/dynamodb-client.ts';
import { readPipelineFile, readTableName } from '../../src/platform/function-config.ts';
import { createLog, createMeter } from '../../src/platform/powertools.ts';
import { Alerts } from '../../src/stores/alerts.ts';
import { DynamoTable } from '../../src/stores/dynamo-table.ts';
import { Windows } from '../../src/stores/windows.ts';
import { createAlert } from './alert.ts';

const client = createDynamoDbClient();

export const handler = createAlert({
  pipeline: readPipelineFile(),
  alerts: new Alerts(new DynamoTable(client, readTableName('alertsTable'))),
  windows: new Windows(new DynamoTable(client, readTableName('windowsTable'))),
  log: createLog(),
  meter: createMeter(),
});
