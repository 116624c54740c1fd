// What the simulators send, through the real servers: the books are those of the simulator's own summary, the windows those
// of the reference.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { simulateGameSessions } from '../../producers/simulators/game-sessions.ts';
import { simulateIotFleet } from '../../producers/simulators/iot-fleet.ts';
import { useStores } from '../../src/cli/open-stores.ts';
import { type ReplayOptions, replay } from '../../src/run/replay.ts';
import { collect } from '../support/collect.ts';
import { fastFolder } from '../support/fast-folder.ts';
import { recordSimulation } from '../support/simulated-recording.ts';
import { windowsView } from '../support/system-view.ts';

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

const GAMES = {
  aggregations: [{ name: 'play', window: { tumbling: '30s' }, ...PATIENT }],
  rollups: [
    { name: 'by-match', of: 'play', by: ['match'] },
    { name: 'by-map-and-mode', of: 'play', by: ['map', 'mode'] },
  ],
  dedupe: { horizon: '2h' },
};

async function replayed(file: string, pipeline: object, options: Partial<ReplayOptions> = {}) {
  const dataFolder = await fastFolder();
  const report = await replay({
    files: [file],
    pipeline,
    speed: 'max',
    shards: 1,
    dataFolder,
    kills: 0,
    reshard: false,
    ...options,
  });
  const stored = await useStores({ data: dataFolder }, async (stores) => ({
    sourceWindows: await windowsView(stores, 'source'),
    rollupWindows: await windowsView(stores, 'rollup'),
    stateVersions: (await collect(stores.states.scan())).map(({ version }) => version),
  }));
  return { report, ...stored };
}

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
  const found = await replayed(file, FLEET, { shards: 2, reshard: true, kills: 5, windowsFile });

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

it('players in matches, through four shards, come to what they did match by match; a source costs one read, and one write a batch', async () => {
  const file = join(await fastFolder(), 'games.ndjson');
  const games = simulateGameSessions({
    seed: 11,
    startMs: endMs - MINUTE_MS,
    endMs,
    players: 24,
    matches: 4,
    matchMs: [15_000, 45_000],
  });
  const expected = await recordSimulation(file, games, GAMES);
  const { arrivals, duplicates, refusable } = expected.summary;
  const found = await replayed(file, GAMES, { shards: 4 });
  expect(found.report).toMatchObject({
    ...expected.ledger,
    received: arrivals,
    duplicate: duplicates,
    quarantined: refusable,
    balanced: true,
  });
  expectLeastCost(found);
  expect(found.sourceWindows).toEqual(expected.sourceWindows);
  expect(found.rollupWindows).toEqual(expected.rollupWindows);
});

/** Where nothing is killed or moved: nothing is read twice, refused or delivered again, and a batch writes a source once. */
function expectLeastCost({ report, stateVersions }: Awaited<ReturnType<typeof replayed>>): void {
  const { sources, batches, stateWrites } = report;
  expect(report).toMatchObject({ stateReads: sources, stateRefusals: 0, redelivered: 0 });
  expect(stateVersions).toHaveLength(sources);
  // A version a write; the last of each source is its closing.
  expect(stateWrites).toBe(stateVersions.reduce((sum, version) => sum + version, 0) - sources);
  expect(stateWrites).toBeGreaterThanOrEqual(sources);
  expect(stateWrites).toBeLessThanOrEqual(sources * batches);
}
