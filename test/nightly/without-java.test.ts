// The same command with the real servers, and on a machine without Java.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { simulateIotFleet } from '../../producers/simulators/iot-fleet.ts';
import { writeRecording } from '../../producers/simulators/recording.ts';
import { folderWith } from '../support/failing-command.ts';
import { type CommandOptions, pathWithoutJava, runCommand } from '../support/run-command.ts';

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
