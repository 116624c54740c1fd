// The example of docs/how-to-own-function.md, added to a copy of the project as the document says, and run.
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { javaMissing } from '../support/dynamodb-local.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const missing = process.env['CI'] === 'true' ? undefined : await javaMissing();

/** Three records go in, one of them with two events of which one is too hot; what the function says comes out. */
const SCRIPT = `
import { startRuntime } from './src/run/runtime.ts';
const lines = [];
const runtime = await startRuntime({
  pipeline: { aggregations: [{ name: 'a', window: { tumbling: '1m' } }] },
  shards: 1, schedules: false, httpPort: 0, inMemory: process.argv[2] === 'memory',
  onLine: ({ text }) => { if (text.includes('spikes kept')) lines.push(JSON.parse(text)); },
});
try {
  const event = (temperature) => ({ source: 'oven', time: Date.now(), values: { temperature } });
  const records = [event(20), [event(99), event(180)], event(101)].map((data) => ({
    partitionKey: 'oven', data: Buffer.from(JSON.stringify(data)),
  }));
  await runtime.sink.putRecords({ streamName: runtime.streamName, records });
  await runtime.caughtUp();
  console.log(JSON.stringify({
    kept: lines.reduce((sum, { spikes }) => sum + spikes, 0),
    handlers: runtime.system.functions.map(({ handler }) => handler),
  }));
} finally {
  await runtime.stop();
}
`;

it('is right by its types', async () => {
  const copy = await copyWithExample();
  await run(join(copy, 'node_modules/.bin/tsc'), ['-p', '.'], { cwd: copy });
}, 120_000);

it.each(['memory', ...(missing === undefined ? ['servers'] : [])])(
  'runs as the others do, on %s',
  async (where) => {
    const copy = await copyWithExample();
    await writeFile(join(copy, 'try.ts'), SCRIPT);
    const { stdout } = await run(process.execPath, ['try.ts', where], { cwd: copy });
    const { kept, handlers } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    expect(kept).toBe(2);
    expect(handlers).toContain('consumers/spikes/handler.handler');
  },
  300_000,
);

async function copyWithExample(): Promise<string> {
  const copy = await temporaryFolder();
  const { stdout } = await run('git', ['ls-files', 'cdk', 'consumers', 'producers', 'src', '*.json'], {
    cwd: PROJECT,
  });
  for (const file of stdout.trim().split('\n')) await cp(join(PROJECT, file), join(copy, file));
  await symlink(join(PROJECT, 'node_modules'), join(copy, 'node_modules'));
  const document = await readFile(join(PROJECT, 'docs/how-to-own-function.md'), 'utf8');
  for (const [, file = '', code = ''] of document.matchAll(/```ts (\S+)\n([\s\S]*?)```/g)) {
    await mkdir(dirname(join(copy, file)), { recursive: true });
    await writeFile(join(copy, file), code);
  }
  const line = /^export const OWN_FUNCTIONS = \['spikes'\].*$/m.exec(document)?.[0];
  if (line === undefined) throw new Error('the document does not say the line that lists the function');
  const names = join(copy, 'src/platform/names.ts');
  const before = await readFile(names, 'utf8');
  await writeFile(names, before.replace(/^export const OWN_FUNCTIONS = .*$/m, line));
  return copy;
}
