// Wiring: what the stack gives the function, to what the clock needs.
import { systemClock } from '../../src/platform/clock.ts';
import { createDynamoDbClient } from '../../src/platform/dynamodb-client.ts';
import { readPipelineFile, readTableName } from '../../src/platform/function-config.ts';
import { createLog, createMeter } from '../../src/platform/powertools.ts';
import { Alerts } from '../../src/stores/alerts.ts';
import { DynamoTable } from '../../src/stores/dynamo-table.ts';
import { SourceStates } from '../../src/stores/source-states.ts';
import { createAlertClock } from './alert-clock.ts';

const client = createDynamoDbClient();

export const handler = createAlertClock({
  pipeline: readPipelineFile(),
  alerts: new Alerts(new DynamoTable(client, readTableName('alertsTable'))),
  states: new SourceStates(new DynamoTable(client, readTableName('sourcesTable'))),
  log: createLog(),
  meter: createMeter(),
  nowMs: systemClock.nowMs,
});
