// The example of docs/how-to-own-readers.md, added to a copy of the project as the document says, and run: final windows come out
// by the outlet's stream and are read by a function of one's own.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { copyWithExample } from '../support/copy-with-example.ts';

const run = promisify(execFile);

const SCRIPT = `
import settings from './cdk/settings.ts';
import { readSettings } from './cdk/settings/read-settings.ts';
import { startRuntime } from './src/run/runtime.ts';
const said = [];
const runtime = await startRuntime({
  pipeline: { aggregations: [{ name: 'a', window: { tumbling: '1m' } }] },
  settings: readSettings(settings, undefined),
  shards: 1, schedules: false, httpPort: 0, inMemory: true,
  onLine: ({ text }) => { const { message, id, events } = JSON.parse(text); if (message === 'final') said.push({ id, events }); },
});
try {
  const records = [0, 1, 60].map((second) => ({
    partitionKey: 'oven', data: Buffer.from(JSON.stringify({ source: 'oven', time: 1767225600000 + second * 1000, values: { t: 1 } })),
  }));
  await runtime.sink.putRecords({ streamName: runtime.streamName, records });
  await runtime.caughtUp();
  await runtime.closeAll();
  await runtime.caughtUp();
  console.log(JSON.stringify(said));
} finally {
  await runtime.stop();
}
`;

it('is right by its types, and hears of each window once it is final', async () => {
  const copy = await copyWithExample('docs/how-to-own-readers.md');
  await run(join(copy, 'node_modules/.bin/tsc'), ['-p', '.'], { cwd: copy });
  await writeFile(join(copy, 'try.ts'), SCRIPT);
  const { stdout } = await run(process.execPath, ['try.ts'], { cwd: copy });
  expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toEqual([
    { id: 'window-final/source|a|oven/1767225600000-1767225660000/2', events: 2 },
    { id: 'window-final/source|a|oven/1767225660000-1767225720000/1', events: 1 },
  ]);
}, 300_000);
