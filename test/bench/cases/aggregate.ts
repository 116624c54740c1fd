// The aggregate function whole, from Lambda's event to its answer, metrics and all; only HTTP ends in the process.
import { createAggregate } from '../../../consumers/aggregate/aggregate.ts';
import { ShardProgress } from '../../../consumers/aggregate/shard-progress.ts';
import { decodeChangedWindows } from '../../../src/core/state-changes.ts';
import { createDynamoDbClient } from '../../../src/platform/dynamodb-client.ts';
import { createLog, createMeter } from '../../../src/platform/powertools.ts';
import { DeadLetters } from '../../../src/stores/dead-letters.ts';
import { DynamoTable } from '../../../src/stores/dynamo-table.ts';
import { SourceStates } from '../../../src/stores/source-states.ts';
import { StreamProgress } from '../../../src/stores/stream-progress.ts';
import type { Table } from '../../../src/stores/table.ts';
import type { BenchCase } from '../bench-case.ts';
import { createPipeline } from '../bench-pipeline.ts';
import { sentStates } from '../sent-states.ts';
import { StubDynamoDb } from '../stub-dynamodb.ts';
import { WindowTotals } from '../window-totals.ts';

export function createCase(): BenchCase {
  return createAggregateCase((table) => table);
}

/** With the sources table as `wrap` makes it of the real one. */
export function createAggregateCase(wrap: (table: Table, stub: StubDynamoDb) => Table): BenchCase {
  const stub = new StubDynamoDb(createDynamoDbClient);
  const aggregate = createAggregate({
    pipeline: createPipeline(),
    states: new SourceStates(wrap(new DynamoTable(stub.client, 'sources'), stub)),
    deadLetters: new DeadLetters(new DynamoTable(stub.client, 'dead-letters')),
    shards: new ShardProgress({
      progress: new StreamProgress(new DynamoTable(stub.client, 'readers')),
      lineage: async () => [],
    }),
    log: createLog(),
    meter: createMeter(),
    nowMs: Date.now,
  });
  const windows = new WindowTotals();
  return {
    handle: aggregate,
    digest: () => stub.putAside(),
    totals() {
      for (const { source, state } of stub.takeRequests().flatMap(sentStates)) {
        const { open, closed } = decodeChangedWindows(source, state);
        windows.addClosed(source, closed);
        windows.setOpen(source, open);
      }
      return windows.totals();
    },
    calls: () => stub.calls,
  };
}
