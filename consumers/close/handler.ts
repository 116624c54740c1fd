// Wiring: what the stack gives the function, to what the closer needs.
import { systemClock } from '../../src/platform/clock.ts';
import { createDynamoDbClient } from '../../src/platform/dynamodb-client.ts';
import { readPipelineFile, readTableName } from '../../src/platform/function-config.ts';
import { createLog, createMeter } from '../../src/platform/powertools.ts';
import { DynamoTable } from '../../src/stores/dynamo-table.ts';
import { SourceStates } from '../../src/stores/source-states.ts';
import { createClose } from './close.ts';

export const handler = createClose({
  pipeline: readPipelineFile(),
  states: new SourceStates(new DynamoTable(createDynamoDbClient(), readTableName('sourcesTable'))),
  log: createLog(),
  meter: createMeter(),
  nowMs: systemClock.nowMs,
});
