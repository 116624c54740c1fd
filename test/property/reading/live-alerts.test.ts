// Laws: whatever the order of events, changelogs, redeliveries, posts that fail, connections that end and an index that is
// behind, once all is told a client has every alert it asked for as the table has it; of each alert it is told what is newer,
// never what is older; and what was lost on the way is noticed by the alert's next transition.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createAlert } from '../../../consumers/alert/alert.ts';
import type { PipelineDefinition } from '../../../src/core/pipeline/definition.ts';
import type { AlertsView } from '../../../src/live-client/alerts-view.ts';
import { createLiveClient } from '../../../src/live-client/live-client.ts';
import { Alerts } from '../../../src/stores/alerts.ts';
import { MemoryTable } from '../../../src/stores/memory-table.ts';
import { standingAlertAnswer } from '../../../src/wire/api/alert-answer.ts';
import type { AlertsOf } from '../../../src/wire/live/alerts-of.ts';
import { alertFilter } from '../../../src/wire/live/alerts-of.ts';
import type { LiveAlert } from '../../../src/wire/live/messages.ts';
import { changeRecord } from '../../support/change-records.ts';
import { collect } from '../../support/collect.ts';
import { sequenceOf } from '../../support/event-streams.ts';
import { Faults } from '../../support/faults.ts';
import { LiveNetwork } from '../../support/live-network.ts';
import { ReadingSystem } from '../../support/reading-system.ts';
import { runs } from '../../support/runs.ts';
import { tableOver } from '../../support/table-over.ts';
import { ALERTS_SCHEMA } from '../../support/table-under-test.ts';

const hot = { metric: 'v', aggregate: 'max', when: { above: 50 } } as const;
const PIPELINE: PipelineDefinition = {
  aggregations: [{ name: 'short', window: { tumbling: '10ms' } }],
  rollups: [{ name: 'by-site', of: 'short', by: ['site'] }],
  alerts: [
    { name: 'hot', on: { aggregation: 'short' }, ...hot },
    { name: 'long', on: { aggregation: 'short' }, ...hot, for: '20ms' },
    { name: 'site', on: { rollup: 'by-site', provisional: true }, ...hot },
  ],
};

const REQUESTS: readonly AlertsOf[] = [
  {},
  { rule: 'long' },
  { source: 'a' },
  { rule: 'hot', source: 'b' },
  { rollup: 'by-site' },
  { rollup: 'by-site', values: ['n'] },
  { rollup: 'by-site', tags: [{ tag: 'site', value: 's' }] },
];

type Step =
  | { readonly kind: 'send'; readonly source: string; readonly value: number; readonly site: string }
  | { readonly kind: 'judge' | 'index' }
  | { readonly kind: 'tell' | 'deliver'; readonly most: number; readonly back: number }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'drop'; readonly which: number }
  | { readonly kind: 'subscribe'; readonly request: number };

const few = fc.integer({ min: 1, max: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      source: fc.constantFrom('a', 'a', 'b'),
      value: fc.constantFrom(10, 90),
      site: fc.constantFrom('n', 's'),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('judge' as const, 'index' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('tell' as const, 'deliver' as const),
      most: few,
      back: fc.constantFrom(0, 0, 1, 3, 10),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(100, 3_000, 15_000) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), which: fc.nat(3) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('subscribe' as const), request: fc.nat(REQUESTS.length - 1) }),
  },
);

/** An index is behind by moments, and the test by no more than this in all: see how recent alerts are kept. */
const MAX_PASSED_MS = 200_000;

function setUp(faults: Faults) {
  const system = new ReadingSystem(PIPELINE);
  const { pipeline, tables, clock, windows, observed } = system;
  const judgeAlerts = createAlert({
    pipeline,
    alerts: system.alerts,
    windows,
    ...logAndMeter(observed),
    nowMs: () => 0,
  });
  // The table as its index has it: changes of it up to some moment.
  const indexed = new MemoryTable(ALERTS_SCHEMA);
  const shown = { changes: 0 };
  const index = async () => {
    for (const { newImage } of tables.changes.alerts.slice(shown.changes)) {
      if (newImage !== undefined) await indexed.putMany([newImage]);
    }
    shown.changes = tables.changes.alerts.length;
  };
  const alerts = new Alerts(tableOver(tables.alerts, { query: (query) => indexed.query(query) }));
  const network = new LiveNetwork(system, faults, { alerts });
  const client = createLiveClient({
    url: 'wss://here',
    token: () => 'token',
    deps: { openSocket: network.openSocket, clock, random: () => 0.5 },
  });
  const subscribed: { readonly request: AlertsOf; view?: AlertsView }[] = [];
  const subscribe = (request: AlertsOf) => {
    const one: (typeof subscribed)[number] = { request };
    subscribed.push(one);
    const asking = `{"type":"subscribe","id":"${subscribed.length}"`;
    const rounds = () => network.sent.filter((text) => text.startsWith(asking)).length;
    let firstRound = 0;
    const told = new Map<string, { readonly sequence: number; readonly round: number }>();
    client.subscribe(
      { alerts: request },
      {
        onAlerts: (view, changed) => {
          const first = one.view === undefined ? 0 : firstRound;
          if (one.view === undefined) firstRound = rounds();
          one.view = view;
          for (const { rule, series, sequence, from, correction } of changed) {
            const before = told.get(`${rule} ${series}`);
            expect(sequence).toBeGreaterThan(before?.sequence ?? 0);
            // Each the next; or it was well and nothing known of it, or a correction says what it is; or everything has been asked for since.
            const isNext =
              before === undefined
                ? from === 'ok' || from === 'resolved' || correction === true
                : sequence === before.sequence + 1;
            if (!isNext) expect(rounds()).toBeGreaterThan(before?.round ?? first);
            told.set(`${rule} ${series}`, { sequence, round: rounds() });
          }
        },
        onError: (detail) => {
          throw new Error(detail);
        },
      },
    );
  };
  const judged = { sources: 0, windows: 0 };
  const judge = async () => {
    await system.rollUp();
    for (const name of ['sources', 'windows'] as const) {
      const changes = tables.changes[name].slice(judged[name]);
      judged[name] += changes.length;
      const Records = changes.map((change, at) => changeRecord(change, sequenceOf(at)));
      const { batchItemFailures } = await judgeAlerts({ Records });
      if (batchItemFailures.length > 0) throw new Error('changes were not judged');
    }
  };
  const time = { now: 0, passedMs: 0 };
  const run = async (one: Step) => {
    switch (one.kind) {
      case 'send': {
        time.now += 4;
        const values = { v: one.value };
        return await system.send({ source: one.source, time: time.now, values, tags: { site: one.site } });
      }
      case 'judge':
        return await judge();
      case 'index':
        return await index();
      case 'tell':
        return await network.tell('alerts', one);
      case 'deliver':
        return await network.deliver(one.most);
      case 'pass':
        if (time.passedMs > MAX_PASSED_MS) return;
        time.passedMs += one.ms;
        return await clock.advance(one.ms);
      case 'drop': {
        const id = network.connectionIds[one.which];
        if (id !== undefined) network.drop(id);
        return;
      }
      case 'subscribe':
        return subscribe(REQUESTS[one.request] ?? {});
    }
  };
  /** Long enough for a connection to be found dead, made anew, and everything asked for again. */
  const calmDown = async () => {
    await judge();
    await index();
    for (let round = 0; round < 12; round += 1) {
      await network.tell('alerts');
      await network.deliver();
      await clock.advance(20_000);
    }
    await network.deliver();
  };
  /** All that is told arrives, on the connections there are: too short for one to be made anew. */
  const settle = async () => {
    await judge();
    await index();
    for (let round = 0; round < 4; round += 1) {
      await network.tell('alerts');
      await network.deliver();
      await clock.advance(1_000);
    }
    await network.deliver();
  };
  const expectAsStored = async () => {
    const stored = (await collect(system.alerts.scan())).flatMap(({ rule, series, state }): LiveAlert[] => {
      const latest = state.transitions.at(-1);
      return latest === undefined ? [] : [standingAlertAnswer(rule, series, latest)];
    });
    const isWanted = alertFilter(pipeline);
    const isActive = ({ status }: LiveAlert) => status === 'pending' || status === 'firing';
    const byKey = (alerts: readonly LiveAlert[]) =>
      new Map(alerts.map((alert) => [`${alert.rule} ${alert.series}`, alert]));
    for (const { request, view } of subscribed) {
      const wanted = stored.filter((alert) => isWanted(alert, JSON.stringify(request)));
      expect(view?.isLive).toBe(true);
      const seen = view?.alerts ?? [];
      expect(byKey(seen.filter(isActive))).toEqual(byKey(wanted.filter(isActive)));
      // What has resolved is there too, or it is long ago.
      for (const [key, alert] of byKey(seen)) expect(alert).toEqual(byKey(wanted).get(key));
    }
    return stored;
  };
  return { system, network, client, run, calmDown, settle, judge, expectAsStored };
}

function logAndMeter({ log, meter }: ReadingSystem['observed']) {
  return { log, meter };
}

it('a client has every alert as the table has it, whatever happened on the way', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 60 }),
      fc.array(fc.nat(1_000), { maxLength: 60 }),
      async (steps, draws) => {
        const { client, run, calmDown, expectAsStored } = setUp(new Faults(draws));
        for (const one of steps) await run(one);
        await calmDown();
        await expectAsStored();
        client.close();
      },
    ),
    { numRuns: runs(80) },
  );
});

it('a batch that is lost altogether is noticed by the next transition of its alerts', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 40 }),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }),
      async (steps, losses) => {
        const { network, client, run, calmDown, settle, judge, expectAsStored } = setUp(new Faults([]));
        for (const request of REQUESTS.keys()) await run({ kind: 'subscribe', request });
        await calmDown();
        for (const [at, one] of steps.entries()) {
          await run(one);
          if (losses[at % losses.length] !== true) continue;
          await judge();
          await network.tell('alerts', { lost: true });
        }
        await settle();
        // The next transitions: everything fires and resolves, and fires again.
        for (const value of [90, 10, 90]) {
          for (const source of ['a', 'b']) {
            for (const site of ['n', 's']) {
              for (let time = 0; time < 10; time += 1) await run({ kind: 'send', source, value, site });
            }
          }
        }
        await settle();
        const stored = await expectAsStored();
        expect(stored.length).toBeGreaterThan(3);
        client.close();
      },
    ),
    { numRuns: runs(20) },
  );
});
