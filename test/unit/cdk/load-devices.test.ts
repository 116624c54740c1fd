import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadPipeline } from '../../../cdk/load-pipeline.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function load(csv: string | undefined) {
  const folder = await temporaryFolder();
  const file = join(folder, 'pipeline.json');
  const aggregations = [{ name: 'm', window: { tumbling: '1m' } }];
  await writeFile(file, JSON.stringify({ aggregations, devices: 'devices.csv' }));
  if (csv !== undefined) await writeFile(join(folder, 'devices.csv'), csv);
  return parsePipeline(await loadPipeline(file)).devices;
}

test('a table of devices beside the definition is read with it', async () => {
  const devices = await load('\ufeffsource;site;model\r\nd1;"north; by the quay";\r\nd2;south;x\r\n');
  expect([...devices]).toEqual([
    ['d1', { site: 'north; by the quay' }],
    ['d2', { site: 'south', model: 'x' }],
  ]);
});

test.each([
  ['no file', undefined, /devices .*devices\.csv: ENOENT/],
  ['no column of sources', 'device,site\nd1,north\n', /expected CSV with a header in which source stands/],
  ['no table', 'hello', /found "hello", expected CSV/],
])('%s is told', async (_, csv, expected) => {
  await expect(load(csv)).rejects.toThrow(expected);
});
