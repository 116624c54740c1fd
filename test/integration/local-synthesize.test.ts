import { existsSync, readFileSync } from 'node:fs';
import { appendFile, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createFunctionInvoker } from '../../src/local-stack/function-invoker.ts';
import type { Synthesis } from '../../src/local-stack/synthesis.ts';
import { readTemplate } from '../../src/local-stack/template.ts';
import { synthesize, synthesizeOrKept } from '../../src/run/synthesize.ts';
import { DEFAULT_FUNCTIONS } from '../support/default-functions.ts';
import { ECHO_HANDLERS } from '../support/echo-handlers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('synthesizing in process', () => {
  it('gives a template whose functions can be run from their code', async () => {
    const folder = await temporaryFolder();
    const pipeline = { aggregations: [] };
    const synthesis = await synthesize({
      pipeline,
      outFolder: join(folder, 'cdk.out'),
      bundleFolder: join(folder, 'dist'),
      handlers: ECHO_HANDLERS,
      shards: 2,
    });
    const system = readTemplate(synthesis, 'eu-west-1');
    expect(system.notRun).toEqual([]);
    expect(system.streams).toMatchObject([{ shards: 2 }]);
    expect(system.functions).toHaveLength(DEFAULT_FUNCTIONS.length);
    for (const fn of system.functions) {
      expect(existsSync(join(fn.codeFolder, fn.handler.replace(/\.handler$/, '.mjs')))).toBe(true);
      expect(JSON.parse(await readFile(join(fn.codeFolder, 'pipeline.json'), 'utf8'))).toEqual(pipeline);
    }
    const [spec] = system.functions;
    if (spec === undefined) throw new Error('no function');
    const fn = createFunctionInvoker(spec, {
      region: 'eu-west-1',
      endpoints: {},
      newRequestId: () => 'request',
      onLine: () => {},
    });
    expect(await fn.invoke('{"Records":[]}')).toEqual({ kind: 'returned', payload: '{"Records":[]}' });
    await fn.stop();
  });

  it('is done once for pipelines that need the same stack; each has its own definition', async () => {
    const folder = await temporaryFolder();
    const run = async (name: string, pipeline: object) =>
      await synthesizeOrKept({ pipeline, outFolder: join(folder, name), keptFolder: join(folder, 'kept') });
    const definitionsOf = ({ codeFolders }: Synthesis) =>
      [...codeFolders.values()]
        .map((code) => join(code, 'pipeline.json'))
        .filter((file) => existsSync(file))
        .map((file) => JSON.parse(readFileSync(file, 'utf8')));
    const [one, other] = [definition('1m'), definition('1h')];
    const first = await run('first', one);
    const kept = await readdir(join(folder, 'kept'));
    expect(kept).toHaveLength(2);
    const [bundles, stack] = kept.toSorted((a, b) => Number(isBundles(b)) - Number(isBundles(a)));
    const madeMs = (await stat(join(folder, 'kept', stack ?? '', 'cdk.out', 'manifest.json'))).mtimeMs;
    const second = await run('second', other);
    expect(await readdir(join(folder, 'kept'))).toEqual(kept);
    expect((await stat(join(folder, 'second', 'manifest.json'))).mtimeMs).toBe(madeMs);
    expect(second.template).toEqual(first.template);
    expect(definitionsOf(first)).toEqual(DEFAULT_FUNCTIONS.map(() => one));
    expect(definitionsOf(second)).toEqual(DEFAULT_FUNCTIONS.map(() => other));

    const plain = await synthesize({
      pipeline: one,
      throwAway: true,
      outFolder: join(folder, 'plain'),
      bundleFolder: join(folder, 'bundles'),
    });
    expect(first.template).toEqual(plain.template);
    expect([...first.codeFolders.keys()]).toEqual([...plain.codeFolders.keys()]);

    // A stack of another kind is synthesized anew, of the modules that have been built.
    const module = join(folder, 'kept', bundles ?? '', 'aggregate/consumers/aggregate/handler.mjs');
    await appendFile(module, '\n// as it was built');
    const third = await run('third', { ...one, rollups: [{ name: 'all', of: 'a', by: [] }] });
    expect(third.template).not.toEqual(first.template);
    const code = [...third.codeFolders.values()].map((each) => join(each, 'consumers/aggregate/handler.mjs'));
    expect(readFileSync(code.find((file) => existsSync(file)) ?? '', 'utf8')).toMatch(/as it was built$/);
  });
});

const isBundles = (name: string) => name.endsWith('-bundles');

const definition = (size: string) => ({ aggregations: [{ name: 'a', window: { tumbling: size } }] });
