// Everything of a local run is killed at once, servers included, again and again; what is run on the same data afterwards comes to what a run
// comes to that nobody has touched.
import { mkdir, readFile, watch, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { simulateIotFleet } from '../../producers/simulators/iot-fleet.ts';
import { writeRecording } from '../../producers/simulators/recording.ts';
import { fastFolder } from '../support/fast-folder.ts';
import { processesIn, untilNoneIn } from '../support/own-processes.ts';
import { runCommand, startCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const MINUTE_MS = 60_000;
const KILLS = 3;
const PIPELINE = {
  aggregations: [{ name: 'm', window: { tumbling: '30s' }, allowedLateness: '30m', idleTimeout: '1h' }],
  rollups: [{ name: 'by-site', of: 'm', by: ['site'] }],
  dedupe: { horizon: '1h' },
};

test('what is killed as a whole and run again comes to the same', async () => {
  const cwd = await temporaryFolder();
  const startMs = Date.now() - 20 * MINUTE_MS;
  const fleet = simulateIotFleet({ seed: 8, startMs, endMs: startMs + 10 * MINUTE_MS, devices: 40 });
  await writeRecording(join(cwd, 'fleet.ndjson'), fleet.arrivals);
  await writeFile(join(cwd, 'p.json'), JSON.stringify(PIPELINE));
  const args = ['replay', 'fleet.ndjson', '--pipeline', 'p.json', '--json', '--windows-out'];
  const untouched = await runCommand([...args, 'untouched.csv'], { cwd });
  expect(untouched.code, untouched.stderr).toBe(0);

  const data = join(await fastFolder(), 'data');
  await mkdir(join(data, 'checkpoints'), { recursive: true });
  for (let kill = 0; kill < KILLS; kill += 1) {
    const run = startCommand([...args, 'killed.csv', '--data', data, '--speed', '60x'], { cwd });
    await oneMoreIn(join(data, 'checkpoints'));
    for (const { pid } of await processesIn(cwd)) process.kill(pid, 'SIGKILL');
    expect((await run.ended).signal).toBe('SIGKILL');
    await untilNoneIn(cwd);
  }
  // With everything died who cleans up: temporary files of the killed runs are left.
  const again = await startCommand([...args, 'again.csv', '--data', data], { cwd }).ended;
  await untilNoneIn(cwd);
  expect(again.code, again.stdout + again.stderr).toBe(0);
  const csv = async (name: string) => (await readFile(join(cwd, name), 'utf8')).trimEnd().split('\n').sort();
  expect(await csv('again.csv')).toEqual(await csv('untouched.csv'));
  const { stored } = JSON.parse(again.stdout);
  const { applied, late, quarantined } = JSON.parse(untouched.stdout);
  expect({ applied: stored.applied, late: stored.late, quarantined: stored.quarantined }).toEqual({
    applied,
    late,
    quarantined,
  });
});

/** Resolves when something in the folder has been written. */
async function oneMoreIn(folder: string): Promise<void> {
  for await (const _ of watch(folder)) return;
}
