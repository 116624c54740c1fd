import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { bundleFunctions, type FunctionBundle } from '../../../cdk/bundle.ts';
import { SIGFOX } from '../../../src/core/shape/built-in/lorawan-consoles.ts';
import { FUNCTION_NAMES, handlerPath } from '../../../src/platform/names.ts';
import { ECHO_HANDLERS } from '../../support/echo-handlers.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const pipeline = { aggregations: [{ name: 'per-minute' }] };

const moduleOf = ({ name, folder }: FunctionBundle) => join(folder, `${handlerPath(name)}.mjs`);

describe('a bundle', () => {
  it('is one module with the pipeline definition beside it, and its map elsewhere', async () => {
    const bundleFolder = await temporaryFolder();
    const { aggregate } = await bundleFunctions({ pipeline, bundleFolder, handlers: ECHO_HANDLERS });
    expect(aggregate).toMatchObject({ name: 'aggregate', folder: join(bundleFolder, 'aggregate') });
    const files = await readdir(aggregate.folder, { recursive: true, withFileTypes: true });
    const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
    expect(paths.map((path) => relative(aggregate.folder, path)).sort()).toEqual([
      'consumers/aggregate/handler.mjs',
      'pipeline.json',
    ]);
    expect(JSON.parse(await readFile(join(aggregate.folder, 'pipeline.json'), 'utf8'))).toEqual(pipeline);
    expect((await readFile(moduleOf(aggregate))).length).toBe(aggregate.sizeBytes);
    expect((await readdir(join(bundleFolder, 'source-maps'))).sort()).toEqual([
      ...FUNCTION_NAMES.map((name) => `${name}.mjs.map`).sort(),
    ]);
    const module = await import(pathToFileURL(moduleOf(aggregate)).href);
    expect(await module.handler({ a: 1 })).toEqual({ a: 1 });
  });

  it('has the built-in shapes that the definition names beside it, whole', async () => {
    const bundleFolder = await temporaryFolder();
    const named = { ...pipeline, shapes: ['sigfox'] };
    const { close } = await bundleFunctions({ pipeline: named, bundleFolder, handlers: ECHO_HANDLERS });
    expect(JSON.parse(await readFile(join(close.folder, 'pipeline.json'), 'utf8'))).toEqual({
      ...pipeline,
      shapes: [SIGFOX],
    });
  });

  it('has the same bytes each time', async () => {
    const [first, second] = [await temporaryFolder(), await temporaryFolder()];
    for (const bundleFolder of [first, second]) {
      await bundleFunctions({ pipeline, bundleFolder, handlers: ECHO_HANDLERS });
    }
    const bytes = (folder: string) => readFile(join(folder, 'close', 'consumers/close/handler.mjs'));
    expect(await bytes(second)).toEqual(await bytes(first));
  });

  it('can hold CommonJS that requires modules of Node', async () => {
    const bundleFolder = await temporaryFolder();
    const entry = join(bundleFolder, 'entry.ts');
    await writeFile(
      join(bundleFolder, 'old.cjs'),
      "exports.join = require(['node', 'path'].join(':')).join;",
    );
    await writeFile(entry, "import old from './old.cjs';\nexport const handler = () => old.join('a', 'b');");
    const handlers = { ...ECHO_HANDLERS, close: entry };
    const { close } = await bundleFunctions({ pipeline, bundleFolder, handlers });
    const module = await import(pathToFileURL(moduleOf(close)).href);
    expect(module.handler()).toBe('a/b');
  });

  it('of a handler that is not there is refused with its path', async () => {
    const handlers = { ...ECHO_HANDLERS, rollup: '/nowhere/handler.ts' };
    const bundleFolder = await temporaryFolder();
    await expect(bundleFunctions({ pipeline, bundleFolder, handlers })).rejects.toThrow(
      '/nowhere/handler.ts',
    );
  });
});
