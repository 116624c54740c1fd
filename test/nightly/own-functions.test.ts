// Functions of one's own: right by their types, on the real servers and in a whole simulation; by day in memory and in a small plan
// (integration/own-functions.test.ts).
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { copyWithExamples } from '../support/copy-with-examples.ts';
import { expectSpikesKept } from '../support/own-function-run.ts';

const run = promisify(execFile);

it('a function of one’s own runs as the others do on the real servers, and in a whole simulation', async () => {
  const copy = await mkdtemp(join(tmpdir(), 'tidemill-own-'));
  onTestFinished(() => rm(copy, { recursive: true, force: true }));
  await copyWithExamples(copy, ['docs/how-to-own-function.md']);
  await run(join(copy, 'node_modules/.bin/tsc'), ['-p', '.'], { cwd: copy });
  await expectSpikesKept(copy, 'servers');

  const simulated = await run(process.execPath, ['src/cli/tidemill.ts', 'simulate', '--seed', '21'], {
    cwd: copy,
  });
  expect(simulated.stdout).toMatch(/^seed 21 holds/);
});

it('readers of one’s own are right by their types', async () => {
  const copy = await mkdtemp(join(tmpdir(), 'tidemill-own-'));
  onTestFinished(() => rm(copy, { recursive: true, force: true }));
  await copyWithExamples(copy, ['docs/how-to-own-function.md', 'docs/how-to-own-readers.md']);
  await run(join(copy, 'node_modules/.bin/tsc'), ['-p', '.'], { cwd: copy });
});
