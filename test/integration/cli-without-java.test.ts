// The same command on a machine without Java. That it comes to the same as with it is shown by night (test/nightly/without-java.test.ts);
// by day memory and servers are held to the same references (integration/recordings, integration/simulated-fleet.test.ts).
import { describe, expect, it } from 'vitest';
import { runHere } from '../support/command-here.ts';
import { EVENT_LINES, failing, folderWith } from '../support/failing-command.ts';
import { expectNothingLeft, pathWithoutJava, runCommand, startCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('without Java', () => {
  it('memory serves, and the first line says so and how to get Java', async () => {
    const cwd = await folderWith({ 'ok.ndjson': EVENT_LINES.join('') });
    const path = await pathWithoutJava(cwd);
    const { code, stdout, stderr } = await runCommand(['replay', 'ok.ndjson', '--json'], { cwd, path });
    expect(code, stderr).toBe(0);
    expect(stderr.split('\n')[0]).toMatch(/^tidemill: in-memory stores serve.*Java.*apt-get install/);
    expect(JSON.parse(stdout)).toMatchObject({ balanced: true, received: EVENT_LINES.length });
  });

  it('commands in other terminals reach a run all the same: its tables, and its tokens', async () => {
    const cwd = await temporaryFolder();
    const path = await pathWithoutJava(cwd);
    const dev = startCommand(['dev', '--devices', '5', '--players', '0'], { cwd, path });
    const api = (await dev.line(/^HTTP API: /)).slice('HTTP API: '.length);
    await dev.line(/: balanced \(/);
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await runHere(args, { cwd });
      expect({ code, stderr }, args.join(' ')).toEqual({ code: 0, stderr: '' });
      return stdout.trim();
    };
    const token = await run('tokens', 'issue', '--device', 'pump-1');
    const post = async () => {
      const answer = await fetch(`${api}v1/events`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
        body: JSON.stringify({ id: 1, time: Date.now(), values: { level: 0.5 } }),
      });
      return answer.status;
    };
    expect(await post()).toBe(200);
    expect(JSON.parse(await run('ledger', '--json'))).toMatchObject({ balanced: true });
    dev.child.kill('SIGINT');
    expect((await dev.ended).code).toBe(0);
    const { code, stderr } = await runHere(['tokens', 'list'], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining('found no local run in this folder')]);
    await expectNothingLeft(cwd);
  });

  it('a data folder cannot be kept: that ends with 1 and how to get Java', async () => {
    const cwd = await folderWith({ 'ok.ndjson': EVENT_LINES.join('') });
    const path = await pathWithoutJava(cwd);
    const { code, stderr } = await failing(['replay', 'ok.ndjson', '--data', 'kept'], { cwd, path });
    expect(stderr).toMatch(/a data folder needs DynamoDB Local.*apt-get install/);
    expect(code).toBe(1);
  });
});
