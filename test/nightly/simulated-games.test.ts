// What a simulated game sends, through the real servers; by day a fleet does (integration/simulated-fleet.test.ts), and what a
// source costs is counted in unit/consumers/aggregate.test.ts.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { simulateGameSessions } from '../../producers/simulators/game-sessions.ts';
import { fastFolder } from '../support/fast-folder.ts';
import { replayedOnServers } from '../support/replayed-on-servers.ts';
import { recordSimulation } from '../support/simulated-recording.ts';

const MINUTE_MS = 60_000;
/** Arrivals are judged by the machine's clock: the recording ends now, so that a clock far ahead is ahead of now too. */
const endMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;

/** So patient that nothing is late and no repeated event is forgotten. */
const PATIENT = { allowedLateness: '2h', idleTimeout: '1h' };

const GAMES = {
  aggregations: [{ name: 'play', window: { tumbling: '30s' }, ...PATIENT }],
  rollups: [
    { name: 'by-match', of: 'play', by: ['match'] },
    { name: 'by-map-and-mode', of: 'play', by: ['map', 'mode'] },
  ],
  dedupe: { horizon: '2h' },
};

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
  const found = await replayedOnServers(file, GAMES, { shards: 4 });
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
function expectLeastCost({ report, stateVersions }: Awaited<ReturnType<typeof replayedOnServers>>): void {
  const { sources, batches, stateWrites } = report;
  expect(report).toMatchObject({ stateReads: sources, stateRefusals: 0, redelivered: 0 });
  expect(stateVersions).toHaveLength(sources);
  // A version a write; the last of each source is its closing.
  expect(stateWrites).toBe(stateVersions.reduce((sum, version) => sum + version, 0) - sources);
  expect(stateWrites).toBeGreaterThanOrEqual(sources);
  expect(stateWrites).toBeLessThanOrEqual(sources * batches);
}
