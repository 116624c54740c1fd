// What the simulators send, through the real servers: the books are those of the simulator's own summary, the windows those
// of the reference.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { simulateIotFleet } from '../../producers/simulators/iot-fleet.ts';
import { fastFolder } from '../support/fast-folder.ts';
import { replayedOnServers } from '../support/replayed-on-servers.ts';
import { recordSimulation } from '../support/simulated-recording.ts';

const MINUTE_MS = 60_000;
/** Arrivals are judged by the machine's clock: the recording ends now, so that a clock far ahead is ahead of now too. */
const endMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;

/** So patient that nothing is late and no repeated event is forgotten. */
const PATIENT = { allowedLateness: '2h', idleTimeout: '1h' };

const FLEET = {
  aggregations: [
    { name: 'per-minute', window: { tumbling: '1m' }, ...PATIENT },
    { name: 'quarter', window: { tumbling: '15s' }, ...PATIENT, values: ['temperature'] },
  ],
  rollups: [
    { name: 'by-site', of: 'per-minute', by: ['site'] },
    { name: 'by-site-and-model', of: 'per-minute', by: ['site', 'model'] },
    { name: 'by-model', of: 'quarter', by: ['model'] },
  ],
  dedupe: { horizon: '2h' },
};

it('a fleet with every fault, through two shards, a reshard and five kills, comes to what it sent', async () => {
  const file = join(await fastFolder(), 'fleet.ndjson.gz');
  const fleet = simulateIotFleet({
    seed: 20,
    startMs: endMs - 2 * MINUTE_MS,
    endMs,
    devices: 30,
    wrongClocks: { offset: 0.1, drifting: 0.05, farFuture: 0.05, since1970: 0.05 },
    restartsPerHour: 0,
    silencesPerHour: 6,
    silenceMs: MINUTE_MS,
    malformedShare: 0.01,
  });
  const expected = await recordSimulation(file, fleet, FLEET);
  const { summary } = expected;
  for (const fault of [
    'duplicates',
    'overtaken',
    'uploaded',
    'farFuture',
    'since1970',
    'malformed',
  ] as const) {
    expect(summary[fault], `the simulation has ${fault}`).toBeGreaterThan(0);
  }

  const windowsFile = join(await fastFolder(), 'windows.csv');
  const found = await replayedOnServers(file, FLEET, { shards: 2, reshard: true, kills: 5, windowsFile });

  expect(found.report).toMatchObject({
    entries: summary.arrivals,
    received: summary.arrivals,
    applied: summary.arrivals - summary.duplicates - summary.refusable,
    duplicate: summary.duplicates,
    late: 0,
    quarantined: summary.refusable,
    balanced: true,
    kills: 5,
    windows: expected.sourceWindows.size,
  });
  expect(found.report).toMatchObject(expected.ledger);
  expect(found.sourceWindows).toEqual(expected.sourceWindows);
  expect(found.rollupWindows).toEqual(expected.rollupWindows);
  const [head, ...lines] = (await readFile(windowsFile, 'utf8')).trimEnd().split('\n');
  expect(head).toMatch(/^aggregation,source,metric,/);
  expect(lines.filter((line) => line.includes(',(events),'))).toHaveLength(expected.sourceWindows.size);
});
