// `tidemill dev` on the real servers, killed. By day integration/local-servers.test.ts kills a process that has started servers and functions.
import { expect, it } from 'vitest';
import { folderWith } from '../support/failing-command.ts';
import { processesIn } from '../support/own-processes.ts';
import { expectNothingLeft, runCommand, startCommand } from '../support/run-command.ts';

const PIPELINE = { aggregations: [{ name: 'per-minute', window: { tumbling: '60s' } }] };

it('killed, it takes everything with it, and what it left in the folder misleads nobody', async () => {
  const cwd = await folderWith({ 'p.json': JSON.stringify(PIPELINE) });
  const dev = startCommand(['dev', '--devices', '20', '--pipeline', 'p.json'], { cwd });
  await dev.line(/events\/s.*[1-9]\d* applied.*: balanced \(\d+ sources\).*aggregate lag/);
  // Itself, two servers and functions at least.
  expect((await processesIn(cwd)).length).toBeGreaterThanOrEqual(4);
  dev.child.kill('SIGKILL');
  expect(await dev.ended).toMatchObject({ signal: 'SIGKILL' });
  await expectNothingLeft(cwd);
  const { code, stderr } = await runCommand(['ledger'], { cwd });
  expect(stderr).toContain('found no local run in this folder');
  expect(code).toBe(2);
});
