// A copy of the project to which a document's function has been added, run.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';

const run = promisify(execFile);

/** What a script in the copy says last, as JSON. */
export async function lastSaidBy(copy: string, script: string, ...args: readonly string[]) {
  await writeFile(join(copy, 'try.ts'), script);
  const { stdout } = await run(process.execPath, ['try.ts', ...args], { cwd: copy });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

/** Three records go in, one of them with two events of which one is too hot; what the function says comes out. */
const SPIKES = `
import settings from './cdk/settings.ts';
import { readSettings } from './cdk/settings/read-settings.ts';
import { startRuntime } from './src/run/runtime.ts';
const lines = [];
const runtime = await startRuntime({
  pipeline: { aggregations: [{ name: 'a', window: { tumbling: '1m' } }] },
  settings: readSettings(settings, undefined),
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

export async function expectSpikesKept(copy: string, where: 'memory' | 'servers'): Promise<void> {
  const { kept, handlers } = await lastSaidBy(copy, SPIKES, where);
  expect(kept).toBe(2);
  expect(handlers).toContain('consumers/spikes/handler.handler');
}
