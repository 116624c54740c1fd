import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createFunctionInvoker } from '../../src/local-stack/function-invoker.ts';
import { readTemplate } from '../../src/local-stack/template.ts';
import { FUNCTION_NAMES } from '../../src/platform/names.ts';
import { synthesize } from '../../src/run/synthesize.ts';
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
    expect(system.functions).toHaveLength(FUNCTION_NAMES.length);
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
});
