// Recorded devices, archived beside the pipeline and rebuilt by the stack's state machine, each run of its task a process: killed three times,
// the same windows, rollups, alerts and books.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import { GENERATION_TABLES } from '../../src/core/rebuild/generation-name.ts';
import { type DynamoDbLocal, startDynamoDbLocal } from '../support/dynamodb-local.ts';
import { expectKilledThrice, rebuildByProcesses } from '../support/rebuild-by-processes.ts';
import { storesOf, viewOf } from '../support/rebuilt-tables.ts';
import { LORAWAN, livedAndRecorded, recordedLorawan } from '../support/recorded-lorawan.ts';
import { recordingsFolder } from '../support/recordings.ts';

const recordings = recordingsFolder();

let server: DynamoDbLocal;
beforeAll(async () => {
  server = await startDynamoDbLocal();
});
afterAll(async () => {
  await server.stop();
});

test.skipIf(recordings === undefined)('lorawan', async () => {
  const { stream, archive, tables, execute, ended } = await rebuildByProcesses(server.endpoint, LORAWAN);
  const pipeline = parsePipeline(LORAWAN);
  const carried = await recordedLorawan(recordings ?? '');
  const arn = `arn:aws:kinesis:us-east-1:000000000000:stream/${stream}`;
  const lived = await livedAndRecorded(carried, pipeline, arn);
  for await (const { key } of lived.archive.list('')) {
    const stored = await lived.archive.get(key);
    if (stored !== undefined) await archive.put(key, stored.body);
  }
  for (const name of GENERATION_TABLES)
    for await (const item of lived.tables[name]?.scan() ?? []) await tables()[name].putMany([item]);

  const input = { generation: 'second' };
  await expectKilledThrice({ execute, ended }, input);
  expect(await execute(input)).toMatchObject({
    report: {
      ...{ balanced: true, problems: [], differences: 0 },
      ...{ audit: { foldedRecords: carried.length, events: carried.length } },
    },
  });
  expect(await viewOf(storesOf(tables('second')), pipeline)).toEqual(lived.view);
  expect(lived.view.alerts.length).toBeGreaterThan(0);
});
