// A function of one's own on the real servers; by day in memory (integration/own-functions.test.ts).
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, onTestFinished } from 'vitest';
import { copyWithExamples } from '../support/copy-with-examples.ts';
import { expectSpikesKept } from '../support/own-function-run.ts';

it('a function of one’s own runs as the others do on the real servers', async () => {
  const copy = await mkdtemp(join(tmpdir(), 'tidemill-own-'));
  onTestFinished(() => rm(copy, { recursive: true, force: true }));
  await copyWithExamples(copy, ['docs/how-to-own-function.md']);
  await expectSpikesKept(copy, 'servers');
});
