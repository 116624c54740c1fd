// Laws: whatever the order of events, changelogs, redeliveries, posts that fail and connections that end, once all is told
// a client has each series as the tables have it; what it shows of a window never goes back; and what was lost on the way
// is noticed by the next change.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sourceWindow } from '../../../src/core/rollup.ts';
import { parseRollupSeries, sourceSeries } from '../../../src/core/series.ts';
import { decodeChangedWindows } from '../../../src/core/state-changes.ts';
import { summarizeStored } from '../../../src/core/stored-window.ts';
import type { LiveRequest } from '../../../src/live-client/live-client.ts';
import { createLiveClient } from '../../../src/live-client/live-client.ts';
import type { SeriesView } from '../../../src/live-client/series-view.ts';
import { Windows } from '../../../src/stores/windows.ts';
import { windowAnswer } from '../../../src/wire/api/window-answer.ts';
import type { LiveWindow } from '../../../src/wire/live/messages.ts';
import { parseSourceTopic } from '../../../src/wire/live/topic.ts';
import { collect } from '../../support/collect.ts';
import { Faults } from '../../support/faults.ts';
import { LiveNetwork } from '../../support/live-network.ts';
import { ReadingSystem } from '../../support/reading-system.ts';
import { runs } from '../../support/runs.ts';
import { tableOver } from '../../support/table-over.ts';

const PIPELINE = {
  aggregations: [
    { name: 'short', window: { tumbling: '10ms' }, allowedLateness: '15ms' },
    { name: 'gaps', window: { session: { gap: '7ms' } }, allowedLateness: '10ms' },
  ],
  rollups: [
    { name: 'by-site', of: 'short', by: ['site'], parts: 3 },
    { name: 'by-place', of: 'short', levels: ['region', 'site'], parts: 2 },
  ],
};

const REQUESTS: readonly LiveRequest[] = [
  { source: 'a' },
  { source: 'a' },
  { source: 'not yet' },
  { rollup: 'by-site', values: ['n'] },
  { rollup: 'by-site' },
  { rollup: 'by-place', tags: [{ tag: 'site', value: 'n' }] },
  { rollup: 'by-place', values: ['eu'], windows: 2 },
];

type Step =
  | {
      readonly kind: 'send';
      readonly source: string;
      readonly time: number;
      readonly site: string | undefined;
    }
  | { readonly kind: 'roll-up'; readonly most: number; readonly back: number }
  | {
      readonly kind: 'tell';
      readonly changelog: 'windows' | 'live';
      readonly most: number;
      readonly back: number;
    }
  | { readonly kind: 'deliver'; readonly most: number }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'drop'; readonly which: number }
  | { readonly kind: 'subscribe'; readonly request: number };

const few = fc.integer({ min: 1, max: 4 });
const back = fc.constantFrom(0, 0, 0, 1, 3, 10);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      source: fc.constantFrom('a', 'a', 'b'),
      time: fc.integer({ min: 0, max: 90 }),
      site: fc.constantFrom('n', 's', undefined),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('roll-up' as const), most: few, back }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('tell' as const),
      changelog: fc.constantFrom('windows' as const, 'live' as const),
      most: few,
      back,
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('deliver' as const), most: few }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.constantFrom(100, 3_000, 70_000, 1_000_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), which: fc.nat(3) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('subscribe' as const), request: fc.nat(REQUESTS.length - 1) }),
  },
);

const SLOW_READ_MS = 100;

const first = { source: 'a', time: 0, site: 'n' };
const EXAMPLES: [Step[], number[]][] = [
  // Two subscriptions of a source, of which the one that asked later is ahead.
  [
    [
      { kind: 'send', ...first },
      { kind: 'subscribe', request: 0 },
      { kind: 'send', ...first },
      { kind: 'send', ...first },
      { kind: 'roll-up', most: 1, back: 0 },
      { kind: 'send', ...first },
      { kind: 'subscribe', request: 0 },
      { kind: 'deliver', most: 1 },
      { kind: 'roll-up', most: 2, back: 0 },
    ],
    [],
  ],
  // A window changes and closes between the two reads of a snapshot, and both are told after it.
  [
    [
      { kind: 'send', ...first },
      { kind: 'deliver', most: 1 },
      { kind: 'subscribe', request: 0 },
      { kind: 'pass', ms: 0 },
      { kind: 'send', ...first },
      { kind: 'roll-up', most: 2, back: 0 },
      { kind: 'send', source: 'a', time: 90, site: 'n' },
      { kind: 'roll-up', most: 1, back: 0 },
      { kind: 'pass', ms: 200 },
      { kind: 'deliver', most: 4 },
      { kind: 'tell', changelog: 'live', most: 1, back: 0 },
      { kind: 'deliver', most: 4 },
      { kind: 'tell', changelog: 'live', most: 1, back: 0 },
      { kind: 'deliver', most: 4 },
    ],
    [0, 3],
  ],
];

const SUBSCRIBED: Step[] = [
  { kind: 'subscribe', request: 0 },
  { kind: 'pass', ms: 100 },
  { kind: 'deliver', most: 4 },
];
// A snapshot is read while the closing of a window is not stored yet, and the connection ends before that is told.
const CLOSED_UNTOLD: Step[] = [
  { kind: 'send', ...first },
  { kind: 'send', source: 'a', time: 17, site: 'n' },
  { kind: 'send', ...first },
  { kind: 'pass', ms: 70_000 },
  { kind: 'deliver', most: 1 },
  { kind: 'drop', which: 0 },
  { kind: 'subscribe', request: 0 },
  { kind: 'drop', which: 0 },
  { kind: 'drop', which: 0 },
  { kind: 'roll-up', most: 1, back: 0 },
];

// A snapshot is read while the closing of a window is not stored yet, and what tells it is lost.
const CLOSED_AND_LOST: Step[] = [
  { kind: 'send', ...first },
  { kind: 'send', source: 'a', time: 17, site: 'n' },
  { kind: 'send', ...first },
  { kind: 'subscribe', request: 0 },
  { kind: 'pass', ms: 100 },
  { kind: 'deliver', most: 4 },
  { kind: 'deliver', most: 4 },
];

function setUp(faults: Faults) {
  const system = new ReadingSystem(PIPELINE);
  // Between the door's read of a source's state and that of its closed windows things may happen.
  const windows = new Windows(
    tableOver(system.tables.windows, {
      query: async function* (query) {
        if (faults.draw(4) === 3) await system.clock.sleep(SLOW_READ_MS);
        yield* system.tables.windows.query(query);
      },
    }),
  );
  const network = new LiveNetwork(system, faults, { windows });
  const client = createLiveClient({
    url: 'wss://here',
    token: () => 'token',
    deps: { openSocket: network.openSocket, clock: system.clock, random: () => 0.5 },
  });
  const views = new Set<SeriesView>();
  const ready = new Set<LiveRequest>();
  const subscribe = (request: LiveRequest) => {
    // Windows shown to this subscription: another one of the same series may be ahead of it.
    const shown = new Map<string, LiveWindow>();
    client.subscribe(request, {
      onChange: (view, changed) => {
        views.add(view);
        for (const one of changed) {
          const { startMs, endMs } = one.window;
          const key = `${view.series} ${one.aggregation} ${startMs} ${endMs}`;
          expectForward(shown.get(key), one);
          shown.set(key, one);
        }
      },
      onReady: () => ready.add(request),
      onError: (detail) => {
        throw new Error(detail);
      },
    });
  };
  const run = async (one: Step) => {
    switch (one.kind) {
      case 'send': {
        const tags = one.site === undefined ? { region: 'eu' } : { region: 'eu', site: one.site };
        await system.send({ source: one.source, time: one.time, values: { v: one.time }, tags });
        return;
      }
      case 'roll-up': {
        const done = system.tables.changes.sources.length - system.waiting;
        await system.rollUp(one.most + one.back, Math.max(0, done - one.back));
        return;
      }
      case 'tell':
        return await network.tell(one.changelog, one);
      case 'deliver':
        return await network.deliver(one.most);
      case 'pass':
        return await system.clock.advance(one.ms);
      case 'drop': {
        const id = network.connectionIds[one.which];
        if (id !== undefined) network.drop(id);
        return;
      }
      case 'subscribe':
        return subscribe(REQUESTS[one.request] ?? { source: 'a' });
    }
  };
  const tellAll = async () => {
    await system.rollUp();
    await network.tell('live');
    await network.tell('windows');
  };
  /** Long enough for a connection to be found dead, made anew, and everything asked for again. */
  const calmDown = async () => {
    for (let round = 0; round < 12; round += 1) {
      await tellAll();
      await network.deliver();
      await system.clock.advance(20_000);
    }
    await network.deliver();
  };
  /** All that is told arrives, on the connections there are: too short for one to be made anew. */
  const settle = async () => {
    for (let round = 0; round < 4; round += 1) {
      await tellAll();
      await network.deliver();
      await system.clock.advance(1_000);
    }
    await network.deliver();
  };
  const expectAllAsStored = async () => {
    for (const view of views) await expectAsStored(view, system);
  };
  return { system, network, client, views, ready, run, calmDown, settle, expectAllAsStored };
}

/** What is shown of a window only ever gets fuller; a source's stays final. */
function expectForward(before: LiveWindow | undefined, after: LiveWindow): void {
  if (before === undefined) return;
  expect(after.window.revision).toBeGreaterThanOrEqual(before.window.revision);
  if (before.aggregation !== undefined && before.window.final) expect(after).toEqual(before);
}

async function expectAsStored(view: SeriesView, system: ReadingSystem): Promise<void> {
  expect(view.isLive).toBe(true);
  const expected = await storedWindows(view.series, system);
  const first = view.have()?.fromMs ?? 0;
  expect(view.windows, view.series).toEqual(expected.filter(({ window }) => window.startMs >= first));
}

async function storedWindows(
  series: string,
  { states, windows, pipeline }: ReadingSystem,
): Promise<readonly LiveWindow[]> {
  const source = parseSourceTopic(series);
  if (source === undefined) {
    return (await collect(windows.list(series))).map((window) => ({
      window: windowAnswer(summarizeStored(window)),
    }));
  }
  const [stored] = await states.load([source]);
  const { open } = stored === undefined ? { open: [] } : decodeChangedWindows(source, stored.state);
  const all = open.map((window) => ({
    aggregation: window.aggregation,
    window: sourceWindow(source, window, false),
  }));
  for (const { name } of pipeline.aggregations) {
    const finals = await collect(windows.list(sourceSeries(name, source)));
    all.push(...finals.map((window) => ({ aggregation: name, window })));
  }
  return all
    .map(({ aggregation, window }) => ({ aggregation, window: windowAnswer(summarizeStored(window)) }))
    .sort(
      (a, b) =>
        a.window.startMs - b.window.startMs ||
        a.aggregation.localeCompare(b.aggregation) ||
        a.window.endMs - b.window.endMs,
    );
}

it('a client has each series as the tables have it, whatever happened on the way', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 60 }),
      fc.array(fc.nat(1_000), { maxLength: 60 }),
      async (steps, draws) => {
        const { client, run, calmDown, expectAllAsStored } = setUp(new Faults(draws));
        for (const one of steps) await run(one);
        await calmDown();
        await expectAllAsStored();
        client.close();
      },
    ),
    { numRuns: runs(60), examples: [...EXAMPLES, [[SUBSCRIBED, ...CLOSED_UNTOLD].flat(), []]] },
  );
});

it('a batch that is lost altogether is noticed by the next change of its series', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 40 }),
      fc.array(fc.constantFrom('windows' as const, 'live' as const, undefined), {
        minLength: 1,
        maxLength: 6,
      }),
      async (steps, losses) => {
        const { system, network, client, run, calmDown, settle, expectAllAsStored } = setUp(new Faults([]));
        for (const request of REQUESTS) await run({ kind: 'subscribe', request: REQUESTS.indexOf(request) });
        await calmDown();
        for (const [at, one] of steps.entries()) {
          await run(one);
          const loss = losses[at % losses.length];
          if (loss === undefined) continue;
          await system.rollUp();
          await network.tell(loss, { lost: true });
        }
        await system.rollUp();
        await settle();
        // The next change of each series: every part of every window there is takes another event.
        for (const source of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
          for (const site of ['n', 's', undefined]) {
            for (let time = 0; time <= 95; time += 5) await run({ kind: 'send', source, time, site });
          }
        }
        await settle();
        await expectAllAsStored();
        client.close();
      },
    ),
    {
      numRuns: runs(20),
      examples: [
        [CLOSED_UNTOLD, [undefined]],
        [CLOSED_AND_LOST, [...Array(CLOSED_AND_LOST.length - 1).fill(undefined), 'live']],
      ],
    },
  );
});

it('every request is told that it has all there is', async () => {
  const { client, views, ready, run, calmDown, expectAllAsStored } = setUp(new Faults([]));
  for (let time = 0; time < 60; time += 3) {
    await run({ kind: 'send', source: 'a', time, site: time % 2 === 0 ? 'n' : undefined });
  }
  for (const [request] of REQUESTS.entries()) await run({ kind: 'subscribe', request });
  await calmDown();
  expect(ready.size).toBe(REQUESTS.length);
  const series = new Set([...views].map((view) => view.series));
  expect([...series].filter((one) => parseRollupSeries(one) !== undefined)).toHaveLength(4);
  await expectAllAsStored();
  client.close();
});
