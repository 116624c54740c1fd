// The example pipeline on what the simulators of `npm start` send: its alerts say something, and are not all one hears.
import { expect, test } from 'vitest';
import definition from '../../cdk/pipeline.ts';
import { simulateGameSessions } from '../../producers/simulators/game-sessions.ts';
import { simulateIotFleet } from '../../producers/simulators/iot-fleet.ts';
import type { SimulatedArrival, Simulation } from '../../producers/simulators/simulation.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import { CLOCKS_OFF_MS } from '../../src/run/dev.ts';
import { alertsWhile } from '../support/live-system.ts';

const startMs = Date.UTC(2026, 0, 1, 12, 0, 20);
const MINUTE_MS = 60_000;
const endMs = startMs + 6 * MINUTE_MS;
const DEVICES = 40;

test('every alert of the examples fires and resolves within minutes, and few are firing at any time', async () => {
  const pipeline = parsePipeline(definition);
  const common = { seed: 1, startMs, endMs, clockOffsetMs: CLOCKS_OFF_MS };
  const fleet = simulateIotFleet({
    ...common,
    devices: DEVICES,
    // A small fleet must be in more trouble to be in any within minutes.
    overheating: { everyMs: 8 * MINUTE_MS, lastsMs: [45_000, 75_000] },
    silencesPerHour: 3,
    silenceMs: 2 * MINUTE_MS,
  });
  const games = simulateGameSessions({ ...common, players: 24, matches: 3 });
  const published = await alertsWhile(inOrder(fleet, games), pipeline);

  for (const { name } of pipeline.alerts) {
    const found = published.filter(({ rule }) => rule === name);
    expect(
      found.some(({ to }) => to === 'firing'),
      `${name} fires`,
    ).toBe(true);
    expect(
      found.some(({ to }) => to === 'resolved'),
      `${name} resolves`,
    ).toBe(true);
  }
  const early = published.filter(({ to, atMs }) => to === 'firing' && atMs < startMs + 3 * MINUTE_MS);
  expect(new Set(early.map(({ rule }) => rule)).size, 'kinds of alerts within three minutes').toBeGreaterThan(
    4,
  );
  const firing = new Set<string>();
  let most = 0;
  for (const { rule, subject, to } of published) {
    if (subject.kind !== 'source') continue;
    const alert = `${rule} ${subject.source}`;
    if (to === 'firing') firing.add(alert);
    else if (to === 'resolved') firing.delete(alert);
    most = Math.max(most, firing.size);
  }
  expect(most).toBeLessThan(DEVICES / 3);
});

/** By time of arrival, up to the end: then the fleet would fall silent. */
function inOrder(...simulations: readonly Simulation[]): readonly SimulatedArrival[] {
  return simulations
    .flatMap(({ arrivals }) => [...arrivals])
    .filter(({ atMs }) => atMs < endMs)
    .sort((a, b) => a.atMs - b.atMs);
}
