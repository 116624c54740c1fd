// Wiring: what the stack gives the function, to what the consumer needs.
import { systemClock } from '../../src/platform/clock.ts';
import { createDynamoDbClient } from '../../src/platform/dynamodb-client.ts';
import { readPipelineFile, readTableName } from '../../src/platform/function-config.ts';
import { createLog, createMeter } from '../../src/platform/powertools.ts';
import { DeadLetters } from '../../src/stores/dead-letters.ts';
import { DynamoTable } from '../../src/stores/dynamo-table.ts';
import { SourceStates } from '../../src/stores/source-states.ts';
import { createAggregate } from './aggregate.ts';

const client = createDynamoDbClient();

export const handler = createAggregate({
  pipeline: readPipelineFile(),
  states: new SourceStates(new DynamoTable(client, readTableName('sourcesTable'))),
  deadLetters: new DeadLetters(new DynamoTable(client, readTableName('deadLettersTable'))),
  log: createLog(),
  meter: createMeter(),
  nowMs: systemClock.nowMs,
});
