// Wiring: what the stack gives the function, to what the consumer needs.
import { systemClock } from '../../src/platform/clock.ts';
import { createDynamoDbClient } from '../../src/platform/dynamodb-client.ts';
import { readPipelineFile, readTableName } from '../../src/platform/function-config.ts';
import { createLog, createMeter } from '../../src/platform/powertools.ts';
import { DeadLetters } from '../../src/stores/dead-letters.ts';
import { DynamoTable } from '../../src/stores/dynamo-table.ts';
import { LiveConnections } from '../../src/stores/live-connections.ts';
import { RollupDirectory } from '../../src/stores/rollup-directory.ts';
import { Windows } from '../../src/stores/windows.ts';
import { createRollup } from './rollup.ts';

const client = createDynamoDbClient();

export const handler = createRollup({
  pipeline: readPipelineFile(),
  windows: new Windows(new DynamoTable(client, readTableName('windowsTable'))),
  deadLetters: new DeadLetters(new DynamoTable(client, readTableName('deadLettersTable'))),
  readers: {
    directory: new RollupDirectory(new DynamoTable(client, readTableName('readersTable'))),
    live: new LiveConnections(new DynamoTable(client, readTableName('liveTable'))),
  },
  log: createLog(),
  meter: createMeter(),
  nowMs: systemClock.nowMs,
  // A write takes some 5 ms: writers that met once are spread over more and more of them.
  retryPause: (round) => systemClock.sleep(10 * 2 ** round * Math.random()),
});
