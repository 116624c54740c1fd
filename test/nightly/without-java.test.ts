// The same command with the real servers, and on a machine without Java.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { simulateIotFleet } from '../../producers/simulators/iot-fleet.ts';
import { writeRecording } from '../../producers/simulators/recording.ts';
import { runHere } from '../support/command-here.ts';
import { folderWith } from '../support/failing-command.ts';
import {
  type CommandOptions,
  expectNothingLeft,
  pathWithoutJava,
  runCommand,
  startCommand,
} from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const startMs = 1_760_000_000_000;
const PIPELINE = {
  aggregations: [
    { name: 'per-minute', window: { tumbling: '60s' }, aggregates: ['count', 'last', 'quantiles'] },
    { name: 'sliding', window: { hopping: { size: '30s', every: '10s' } }, allowedLateness: '5s' },
  ],
  rollups: [{ name: 'by-place', of: 'per-minute', levels: ['region', 'site'] }],
};

it('memory comes to what the real servers do, to the last byte', async () => {
  const cwd = await folderWith({ 'p.json': JSON.stringify(PIPELINE) });
  const fleet = simulateIotFleet({ seed: 5, startMs, endMs: startMs + 60_000, devices: 10 });
  await writeRecording(join(cwd, 'fleet.ndjson'), fleet.arrivals);
  const path = await pathWithoutJava(cwd);
  const run = async (out: string, options: Partial<CommandOptions>) => {
    const args = ['replay', 'fleet.ndjson', '--pipeline', 'p.json', '--json', '--windows-out', out];
    const { code, stdout, stderr } = await runCommand(args, { cwd, ...options });
    expect(code, stderr).toBe(0);
    const { received, applied, duplicate, late, quarantined, sources, windows, balanced } =
      JSON.parse(stdout);
    const report = { received, applied, duplicate, late, quarantined, sources, windows, balanced };
    return { report, stderr, csv: await readFile(join(cwd, out), 'utf8') };
  };
  const withJava = await run('with.csv', {});
  const without = await run('without.csv', { path });
  expect(withJava.stderr).toBe('');
  expect(without.stderr.split('\n')[0]).toMatch(/^tidemill: in-memory stores serve.*Java.*apt-get install/);
  expect(without.report).toEqual(withJava.report);
  expect(without.report).toMatchObject({ balanced: true, received: fleet.summary().arrivals });
  expect(without.csv).toBe(withJava.csv);
});

it('without Java, commands in other terminals reach a run all the same: its tables, and its tokens', async () => {
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
