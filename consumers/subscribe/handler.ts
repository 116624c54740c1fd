// Wiring: what the stack gives the function, to what the live door needs.
import { createApiGatewayPoster } from '../../src/platform/api-gateway-poster.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { createDynamoDbClient } from '../../src/platform/dynamodb-client.ts';
import { readPipelineFile, readTableName, readVariable } from '../../src/platform/function-config.ts';
import { createLog, createMeter } from '../../src/platform/powertools.ts';
import { Alerts } from '../../src/stores/alerts.ts';
import { DynamoTable } from '../../src/stores/dynamo-table.ts';
import { LiveConnections } from '../../src/stores/live-connections.ts';
import { RecentAlerts } from '../../src/stores/recent-alerts.ts';
import { RollupDirectory } from '../../src/stores/rollup-directory.ts';
import { SourceStates } from '../../src/stores/source-states.ts';
import { Windows } from '../../src/stores/windows.ts';
import { createSubscribe } from './subscribe.ts';

const client = createDynamoDbClient();
const liveTable = new DynamoTable(client, readTableName('liveTable'));

export const handler = createSubscribe({
  pipeline: readPipelineFile(),
  states: new SourceStates(new DynamoTable(client, readTableName('sourcesTable'))),
  windows: new Windows(new DynamoTable(client, readTableName('windowsTable'))),
  directory: new RollupDirectory(new DynamoTable(client, readTableName('readersTable'))),
  alerts: new Alerts(new DynamoTable(client, readTableName('alertsTable'))),
  recent: new RecentAlerts(liveTable),
  connections: new LiveConnections(liveTable),
  poster: createApiGatewayPoster(readVariable('liveEndpoint', 'a URL')),
  clock: systemClock,
  random: Math.random,
  log: createLog(),
  meter: createMeter(),
});
