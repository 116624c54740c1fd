// The example of docs/how-to-own-function.md, added to a copy of the project as the document says, and run.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { copyWithExample } from '../support/copy-with-example.ts';
import { javaMissing } from '../support/dynamodb-local.ts';

const run = promisify(execFile);
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
  const copy = await copyWithExample('docs/how-to-own-function.md');
  await run(join(copy, 'node_modules/.bin/tsc'), ['-p', '.'], { cwd: copy });
}, 120_000);

it.each(['memory', ...(missing === undefined ? ['servers'] : [])])(
  'runs as the others do, on %s',
  async (where) => {
    const copy = await copyWithExample('docs/how-to-own-function.md');
    await writeFile(join(copy, 'try.ts'), SCRIPT);
    const { stdout } = await run(process.execPath, ['try.ts', where], { cwd: copy });
    const { kept, handlers } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    expect(kept).toBe(2);
    expect(handlers).toContain('consumers/spikes/handler.handler');
  },
  300_000,
);
