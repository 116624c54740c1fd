import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadPipeline } from '../../../cdk/load-pipeline.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function fileWith(name: string, text: string): Promise<string> {
  const file = join(await temporaryFolder(), name);
  await writeFile(file, text);
  return file;
}

describe('loading the pipeline definition', () => {
  it('reads JSON', async () => {
    expect(await loadPipeline(await fileWith('p.json', '{"aggregations":[]}'))).toEqual({ aggregations: [] });
  });

  it('reads the default export of a module', async () => {
    const text =
      'const size: string = "5m";\nexport default { aggregations: [{ window: { tumbling: size } }] };';
    expect(await loadPipeline(await fileWith('p.ts', text))).toEqual({
      aggregations: [{ window: { tumbling: '5m' } }],
    });
  });

  it.each([
    ['p.json', '{"aggregations":', /p\.json: .*JSON/],
    ['p.json', '[]', /p\.json: found \[\], expected an object/],
    ['p.json', '7', /p\.json: found 7, expected an object/],
    [
      'p.ts',
      'export const pipeline = {};',
      /p\.ts: found undefined, expected an object \(a module's default/,
    ],
    ['p.json', ' \n', /p\.json: found an empty file, expected JSON/],
    ['p.html', '<html></html>', /p\.html: found a file that ends in \.html, expected \.json, or a module/],
    ['p', '{}', /p: found a file without an ending, expected \.json/],
  ])('refuses %s with %s', async (name, text, message) => {
    await expect(loadPipeline(await fileWith(name, text))).rejects.toThrow(message);
  });

  it('refuses a folder', async () => {
    await expect(loadPipeline(import.meta.dirname)).rejects.toThrow('found a folder, expected a file');
  });

  it('refuses a file that is not there', async () => {
    await expect(loadPipeline('/nowhere/p.json')).rejects.toThrow('/nowhere/p.json: there is no such file');
  });
});
