// A source's item is put back to what it was before while a container has its later state in mind.
import { expect, test } from 'vitest';
import { wire } from '../../../consumers/aggregate/wire.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { decodeChangedWindows } from '../../../src/core/state-changes.ts';
import { memoryHost } from '../../../src/host/memory-host.ts';
import { MemoryTable } from '../../../src/stores/memory-table.ts';
import { SourceStates } from '../../../src/stores/source-states.ts';
import { TABLE_SCHEMAS } from '../../../src/stores/table-schemas.ts';
import { sequenceOf } from '../../support/event-streams.ts';
import { kinesisRecord } from '../../support/kinesis-records.ts';
import { Observed } from '../../support/observed.ts';
import { noShards } from '../../support/shards-in-memory.ts';
import { StoredTables } from '../../support/stored-tables.ts';

const START_MS = 1_700_000_040_000;

function container({ sources, windows, deadLetters }: StoredTables) {
  const observed = new Observed();
  const aggregate = wire(
    memoryHost({
      pipeline: parsePipeline({
        aggregations: [{ name: 'm', window: { tumbling: '60s' }, allowedLateness: '1h' }],
      }),
      log: observed.log,
      meter: observed.meter,
      clock: { nowMs: () => START_MS, sleep: async () => {} },
      setting: () => '',
      shards: noShards,
      tables: { sources, windows, deadLetters, readers: new MemoryTable(TABLE_SCHEMAS.readers) },
    }),
  );
  return async (number: number) => {
    const time = START_MS + number * 1_000;
    const sequence = sequenceOf(number);
    const data = { source: 'dev', id: number, time, values: { v: number } };
    const Records = [kinesisRecord({ sequence, data, arrivalMs: time })];
    expect(await aggregate({ Records })).toEqual({ batchItemFailures: [] });
  };
}

test('a container does not write over what another one made of it, though it came to the same version', async () => {
  const tables = new StoredTables();
  const [first, second] = [container(tables), container(tables)];
  await first(1);
  const [restored] = await tables.sources.getMany([{ source: { S: 'dev' } }]);
  if (restored === undefined) throw new Error('the source is stored');
  await first(2);
  await tables.sources.putMany([restored]);
  await second(3);
  await first(4);
  const [stored] = await new SourceStates(tables.sources).load(['dev']);
  if (stored === undefined) throw new Error('the source is stored still');
  expect(stored.version).toBe(3);
  const [window] = decodeChangedWindows('dev', stored.state).open;
  expect(window?.groups[0]).toMatchObject({ events: 3, metrics: [{ name: 'v', count: 3, top: 1 + 3 + 4 }] });
});
