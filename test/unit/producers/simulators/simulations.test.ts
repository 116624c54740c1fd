// Both simulators: repeatable from the seed, well formed, in order, and as faulty as asked for.
import { describe, expect, test } from 'vitest';
import { simulateGameSessions } from '../../../../producers/simulators/game-sessions.ts';
import { DEFAULT_GAME_SESSIONS } from '../../../../producers/simulators/game-sessions-options.ts';
import { simulateIotFleet } from '../../../../producers/simulators/iot-fleet.ts';
import { recordingLines } from '../../../../producers/simulators/recording.ts';
import type { SimulatedArrival, Simulation } from '../../../../producers/simulators/simulation.ts';
import { brokenRules } from '../../../support/broken-rules.ts';

const startMs = 1_760_000_000_000;
const MINUTE_MS = 60_000;
const endMs = startMs + 20 * MINUTE_MS;
const text = (simulation: Simulation) => [...recordingLines(simulation.arrivals)].join('');

const simulators = [
  {
    name: 'the sensor fleet',
    simulate: (seed: number) => simulateIotFleet({ seed, startMs, endMs, devices: 40 }),
  },
  {
    name: 'the game sessions',
    simulate: (seed: number) => simulateGameSessions({ seed, startMs, endMs, matches: 10 }),
  },
];

describe.each(simulators)('$name', ({ simulate }) => {
  test('says the same bytes for the same seed, and others for another', () => {
    const once = text(simulate(7));
    expect(text(simulate(7))).toBe(once);
    expect(text(simulate(8))).not.toBe(once);
  });

  test('arrives in order, at whole milliseconds, with events that keep the rules', () => {
    let lastMs = startMs;
    const wrong: unknown[] = [];
    for (const { atMs, event } of simulate(1).arrivals) {
      const inOrder = Number.isSafeInteger(atMs) && atMs >= lastMs;
      if (!inOrder || brokenRules(event).length > 0) wrong.push({ atMs, event });
      lastMs = atMs;
    }
    expect(wrong).toEqual([]);
    expect(lastMs).toBeGreaterThan(startMs + 19 * MINUTE_MS);
  });

  test('counts what it injected: every repeated arrival is one of an event seen before', () => {
    const simulation = simulate(3);
    const seen = new Set<SimulatedArrival['event']>();
    let arrivals = 0;
    let repeated = 0;
    for (const { event } of simulation.arrivals) {
      arrivals++;
      if (seen.has(event)) repeated++;
      seen.add(event);
    }
    const summary = simulation.summary();
    expect(summary).toMatchObject({ arrivals, distinct: seen.size, sources: sourcesOf(seen).size });
    expect(summary.resent + summary.resentLater).toBe(repeated);
    expect(summary.arrivals).toBe(summary.distinct + repeated);
    expect(summary.refusable).toBeLessThan(arrivals / 10);
  });

  test('injects its faults in the promised proportion', () => {
    const simulation = simulate(5);
    const arrivals = [...simulation.arrivals];
    const { distinct, resent, resentLater, delayed, overtaken } = simulation.summary();
    expect(distinct).toBeGreaterThan(10_000);
    expect(within(resent / distinct, 0.01)).toBe(true);
    expect(resentLater / distinct).toBeGreaterThan(0.0003);
    expect(resentLater / distinct).toBeLessThan(0.003);
    expect(within(delayed / distinct, 0.02)).toBe(true);
    expect(overtaken).toBeGreaterThan(0);
    expect(arrivals.length).toBe(simulation.summary().arrivals);
  });

  test('can be read lazily, without an end', () => {
    const endless = simulateIotFleet({ seed: 1, startMs });
    const first = endless.arrivals.next();
    expect(first.done).toBe(false);
    expect(endless.summary().arrivals).toBe(1);
  });
});

describe('the sensor fleet', () => {
  test('has as many wrong clocks of each kind as asked for', () => {
    const devices = 50;
    const simulation = simulateIotFleet({
      seed: 2,
      startMs,
      endMs,
      devices,
      wrongClocks: { offset: 0.1, drifting: 0.1, farFuture: 0.04, since1970: 0.06 },
    });
    const future = new Set<string>();
    const ancient = new Set<string>();
    let refusable = 0;
    for (const { atMs, event } of simulation.arrivals) {
      const timeMs = Number(event['time']);
      if (timeMs > atMs + 5 * MINUTE_MS) {
        future.add(event.source);
        refusable++;
      }
      if (timeMs < 365 * 24 * 60 * MINUTE_MS) {
        ancient.add(event.source);
        refusable++;
      }
    }
    expect(future.size).toBe(2);
    expect(ancient.size).toBe(3);
    expect(simulation.summary()).toMatchObject({ wrongClocks: 15, sources: devices, refusable });
  });

  test('numbers frames from 0, and again from 0 after a restart, never within the time that must pass', () => {
    const simulation = simulateIotFleet({
      seed: 4,
      startMs,
      endMs: startMs + 40 * MINUTE_MS,
      devices: 20,
      restartsPerHour: 12,
      wrongClocks: { offset: 0, drifting: 0, farFuture: 0, since1970: 0 },
    });
    const timesOf = new Map<string, Set<number>>();
    let zeros = 0;
    for (const { event } of simulation.arrivals) {
      const key = `${event.source}/${String(event['id'])}`;
      const times = timesOf.get(key) ?? new Set();
      timesOf.set(key, times.add(Number(event['time'])));
    }
    for (const [key, times] of timesOf) {
      const sorted = [...times].sort((a, b) => a - b);
      if (key.endsWith('/0')) zeros += sorted.length;
      for (const [i, time] of sorted.entries()) {
        if (i > 0) expect(time - Number(sorted[i - 1])).toBeGreaterThan(10 * MINUTE_MS);
      }
    }
    const { restarts } = simulation.summary();
    expect(restarts).toBeGreaterThan(10);
    expect(zeros).toBe(20 + restarts);
  });

  test('uploads after a silence what it kept: late on arrival, in order, and no more than it can keep', () => {
    const simulation = simulateIotFleet({
      seed: 6,
      startMs,
      endMs,
      devices: 20,
      silencesPerHour: 12,
      silenceMs: 5 * MINUTE_MS,
      keptReadings: 100,
    });
    const lags = [...simulation.arrivals].map(({ atMs, event }) => atMs - Number(event['time']));
    const { uploaded, distinct } = simulation.summary();
    expect(uploaded).toBeGreaterThan(1_000);
    expect(uploaded).toBeLessThan(distinct / 2);
    expect(lags.filter((lag) => lag > MINUTE_MS && lag < 30 * MINUTE_MS).length).toBeGreaterThan(500);
  });

  test('breaks rules when asked to, and always keeps the source', () => {
    const simulation = simulateIotFleet({ seed: 9, startMs, endMs, devices: 20, malformedShare: 0.05 });
    const broken = [...simulation.arrivals].filter(({ event }) => brokenRules(event).length > 0);
    const { malformed, distinct } = simulation.summary();
    expect(within(malformed / distinct, 0.05)).toBe(true);
    expect(broken.length).toBeGreaterThanOrEqual(malformed);
    expect(broken.every(({ event }) => event.source.startsWith('sensor-'))).toBe(true);
  });

  test('measures plausible things', () => {
    const bounds = { temperature: [-15, 90], humidity: [5, 100], battery: [3, 4.2], rssi: [-155, -40] };
    const wrong: unknown[] = [];
    for (const { event } of simulateIotFleet({ seed: 1, startMs, endMs, devices: 20 }).arrivals) {
      const values = event['values'] as Record<string, number>;
      for (const [name, [least, most]] of Object.entries(bounds)) {
        const value = values[name];
        if (value === undefined || value < Number(least) || value > Number(most)) wrong.push(event);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe('trouble in the sensor fleet', () => {
  const readings = (options: Partial<Parameters<typeof simulateIotFleet>[0]>) =>
    [...simulateIotFleet({ seed: 1, startMs, endMs, devices: 20, ...options }).arrivals].map(
      ({ event }) => event as { source: string; values: Values; tags: { site: string } },
    );
  const never = { everyMs: Number.MAX_SAFE_INTEGER, lastsMs: [1, 1] as const };

  test('a device that overheats does so alone, and cools down again', () => {
    const overheating = { everyMs: 30 * MINUTE_MS, lastsMs: [MINUTE_MS, MINUTE_MS] as const };
    const calm = readings({ overheating: never, disturbances: never });
    const troubled = readings({ overheating, disturbances: never });
    const hot = new Set<string>();
    const wrong: unknown[] = [];
    for (const [at, { source, values }] of troubled.entries()) {
      const { temperature, ...rest } = values;
      const { temperature: usual, ...others } = calm[at]?.values ?? {};
      const excess = Number(temperature) - Number(usual);
      if (excess > 40) hot.add(source);
      if (excess < -0.02 || excess > 45.02) wrong.push({ source, excess });
      if (JSON.stringify(rest) !== JSON.stringify(others)) wrong.push({ rest, others });
    }
    expect(wrong).toEqual([]);
    expect(hot.size).toBeGreaterThan(3);
    expect(hot.size).toBeLessThan(20);
  });

  test('a disturbed radio weakens the signal of all devices of the site, and of no other', () => {
    const disturbances = { everyMs: 20 * MINUTE_MS, lastsMs: [2 * MINUTE_MS, 2 * MINUTE_MS] as const };
    const calm = readings({ overheating: never, disturbances: never });
    const lost = readings({ overheating: never, disturbances }).map(
      ({ values }, at) => Number(calm[at]?.values['rssi']) - Number(values['rssi']),
    );
    expect(new Set(lost)).toEqual(new Set([0, 25]));
    const isDisturbed = Map.groupBy(calm, (_, index) => lost[index] === 25);
    expect(isDisturbed.get(true)?.length).toBeGreaterThan(500);
    expect(isDisturbed.get(false)?.length).toBeGreaterThan(5_000);
  });
});

describe('the game sessions', () => {
  test('start and end, but for the share that breaks off', () => {
    const simulation = simulateGameSessions({
      seed: 1,
      startMs,
      endMs: startMs + 60 * MINUTE_MS,
      matches: 15,
      lag: { ...DEFAULT_GAME_SESSIONS.lag, share: 0 },
    });
    const types = new Map<string, Set<string>>();
    for (const { event } of simulation.arrivals) {
      const { match } = event['tags'] as { match: string };
      const session = `${event.source}/${match}`;
      types.set(session, (types.get(session) ?? new Set()).add(String(event['type'])));
    }
    const sessions = [...types.values()];
    expect(sessions.every((seen) => seen.has('start'))).toBe(true);
    const ended = sessions.filter((seen) => seen.has('end')).length / sessions.length;
    // Sessions still going on at the end have none either.
    expect(ended).toBeGreaterThan(0.8);
    expect(ended).toBeLessThan(0.94);
  });

  test('in a match that lags answers take long for a while, some players leave, and it goes on without them', () => {
    const [fromMs, toMs] = [60_000, 90_000];
    const simulation = simulateGameSessions({
      seed: 3,
      startMs,
      endMs: startMs + 10 * MINUTE_MS,
      matches: 1,
      playersPerMatch: [12, 12],
      pauseMs: [0, 0],
      matchMs: [9 * MINUTE_MS, 9 * MINUTE_MS],
      abruptShare: 0,
      wrongClocks: { offset: 0, drifting: 0, farFuture: 0, since1970: 0 },
      lag: { share: 1, afterMs: [fromMs, fromMs], lastsMs: [toMs - fromMs, toMs - fromMs], leaveShare: 0.5 },
    });
    const spans = { before: [] as Values[], within: [] as Values[], after: [] as Values[] };
    for (const { event } of simulation.arrivals) {
      const values = event['values'] as Values;
      const sinceMs = Number(event['time']) - startMs;
      if (values['ping'] === undefined || (event['tags'] as { match: string }).match !== 'match-1') continue;
      spans[sinceMs < fromMs ? 'before' : sinceMs < toMs ? 'within' : 'after'].push(values);
    }
    const of = (span: readonly Values[], name: string) => span.map((values) => Number(values[name]));
    expect(Math.max(...of(spans.before, 'ping'))).toBeLessThan(150);
    expect(Math.min(...of(spans.within, 'ping'))).toBeGreaterThanOrEqual(150);
    expect(Math.max(...of(spans.after, 'ping'))).toBeLessThan(150);
    expect(new Set(of(spans.before, 'players'))).toEqual(new Set([12]));
    const [left] = new Set(of(spans.after, 'players'));
    expect(left).toBeLessThan(10);
    expect(new Set(of(spans.after, 'players')).size).toBe(1);
  });

  test('a player is in one match at a time, and no id comes twice', () => {
    const simulation = simulateGameSessions({
      seed: 2,
      startMs,
      endMs,
      players: 40,
      wrongClocks: { offset: 0, drifting: 0, farFuture: 0, since1970: 0 },
    });
    const idsOf = new Map<string, object>();
    const spans = new Map<string, Map<string, [number, number]>>();
    for (const { event } of simulation.arrivals) {
      const id = `${event.source}/${String(event['id'])}`;
      if (idsOf.has(id) && idsOf.get(id) !== event) throw new Error(`two events are ${id}`);
      idsOf.set(id, event);
      const { match } = event['tags'] as { match: string };
      const time = Number(event['time']);
      const matches = spans.get(event.source) ?? new Map<string, [number, number]>();
      spans.set(event.source, matches);
      const [first, last] = matches.get(match) ?? [time, time];
      matches.set(match, [Math.min(first, time), Math.max(last, time)]);
    }
    for (const matches of spans.values()) {
      const ordered = [...matches.values()].sort(([a], [b]) => a - b);
      for (const [i, [first]] of ordered.entries()) {
        if (i > 0) expect(first).toBeGreaterThan(Number(ordered[i - 1]?.[1]));
      }
    }
  });
});

type Values = Readonly<Record<string, number>>;

function sourcesOf(events: Iterable<SimulatedArrival['event']>): Set<string> {
  return new Set([...events].map((event) => event.source));
}

/** Within a quarter of what was promised. */
function within(share: number, promised: number): boolean {
  return Math.abs(share - promised) < promised / 4;
}
