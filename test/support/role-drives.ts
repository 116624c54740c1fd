// Has functions do what a verification of a local run does not get to: remember many ids, lose their
// readers, meet whatever the simulation draws. What each asks of AWS on the way is noted.
import { wire as wireAggregate } from '../../consumers/aggregate/wire.ts';
import { wire as wireAlertClock } from '../../consumers/alert-clock/wire.ts';
import { wire as wireAuthorize } from '../../consumers/authorize/wire.ts';
import { wire as wireHangUp } from '../../consumers/hang-up/wire.ts';
import { wire as wireLive } from '../../consumers/live/wire.ts';
import { wire as wireOutlet } from '../../consumers/outlet/wire.ts';
import { wire as wireRecord } from '../../consumers/record/wire.ts';
import { wire as wireRetire } from '../../consumers/retire/wire.ts';
import { wire as wireRollup } from '../../consumers/rollup/wire.ts';
import { wire as wireSubscribe } from '../../consumers/subscribe/wire.ts';
import { TokenDesk } from '../../src/cli/token-desk.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import { memoryHost } from '../../src/host/memory-host.ts';
import { OUTLET_KINDS, OUTLET_SETTING } from '../../src/platform/outlet-choice.ts';
import { makePlan } from '../../src/simulation/make-plan.ts';
import { runPlan } from '../../src/simulation/run-plan.ts';
import { MemoryObjects } from '../../src/stores/archive/memory-objects.ts';
import { IssuedTokens } from '../../src/stores/issued-tokens.ts';
import { MemoryTable, type TableChange } from '../../src/stores/memory-table.ts';
import { OutletMessages } from '../../src/stores/outlet-messages.ts';
import { TABLE_SCHEMAS } from '../../src/stores/table-schemas.ts';
import { changeRecord } from './change-records.ts';
import { sequenceOf } from './event-streams.ts';
import { authorizerOf } from './held-token.ts';
import { kinesisRecord } from './kinesis-records.ts';
import type { NotedCalls } from './noted-calls.ts';
import { restEvent } from './reading-system.ts';
import { noShards } from './shards-in-memory.ts';

const TIME = { getRemainingTimeInMillis: () => 60_000 };
const NO_KEYS = async () => '{"keys":[]}';
const POSTER = { post: async () => 'posted' as const, disconnect: async () => 'ended' as const };

/** The first seeds that between them have what is rare: closings by silence, letters, alerts by the clock, audits that find something. */
export async function simulated(noted: NotedCalls, seeds: readonly number[]): Promise<void> {
  for (const seed of seeds)
    await runPlan(makePlan(seed), { host: (name, host) => noted.listenTo(name, host) });
}

type Subscribe = ReturnType<typeof wireSubscribe>;
const said = (eventType: 'CONNECT' | 'MESSAGE' | 'DISCONNECT', more: object) => ({
  requestContext: { routeKey: '$default', eventType, connectionId: 'c', ...more },
});

async function subscribed(subscribe: Subscribe, wanted: readonly object[]): Promise<void> {
  await subscribe(said('CONNECT', { authorizer: authorizerOf() }));
  for (const [at, what] of wanted.entries()) {
    const body = JSON.stringify({ type: 'subscribe', id: String(at), round: 1, ...what });
    await subscribe({ ...said('MESSAGE', {}), body });
  }
}

/** A source that remembers more ids than its item has room for, forgets them, and is retired. */
export async function manyIds(noted: NotedCalls): Promise<void> {
  const pipeline = parsePipeline({
    aggregations: [{ name: 'a', window: { tumbling: '60s' } }],
    dedupe: { horizon: '1h' },
    allowOldTimes: true,
  });
  const host = memoryHost({ pipeline, shards: noShards });
  const aggregate = wireAggregate(noted.listenTo('aggregate', host));
  let sequence = 0;
  for (const startMs of [0, 60_000, 120_000, 10 * 3_600_000, 20 * 3_600_000]) {
    const Records = Array.from({ length: 12 }, () => {
      sequence += 1;
      const events = Array.from({ length: 250 }, (_, at) => ({
        id: `a rather long id that is unlike others ${sequence}-${at}`,
        time: startMs + at,
        values: { v: at },
      }));
      return kinesisRecord({
        data: { source: 'many', events },
        sequence: sequenceOf(sequence),
        arrivalMs: 21 * 3_600_000,
      });
    });
    await aggregate({ Records });
  }
  await wireRetire(noted.listenTo('retire', host))({
    ...restEvent('/v1/sources/many/retirement'),
    resource: '/v1/sources/{source}/retirement',
  });
}

/** Series that were silent when the rule that watches them was deployed. */
export async function silentSeries(noted: NotedCalls): Promise<void> {
  const definition = {
    aggregations: [{ name: 'a', window: { tumbling: '1s' } }],
    rollups: [{ name: 'by-site', of: 'a', by: ['site'] }],
    alerts: [{ name: 'dark', on: { rollup: 'by-site' }, when: { absent: '10m' } }],
    allowOldTimes: true,
  };
  const changes: TableChange[] = [];
  const windowChanges: TableChange[] = [];
  const host = memoryHost({
    pipeline: parsePipeline(definition),
    shards: noShards,
    clock: { nowMs: () => 1_000, sleep: async () => {} },
    tables: {
      sources: new MemoryTable(TABLE_SCHEMAS.sources, (change) => changes.push(change)),
      windows: new MemoryTable(TABLE_SCHEMAS.windows, (change) => windowChanges.push(change)),
    },
    secret: () => NO_KEYS,
    poster: () => POSTER,
    option: (name) => (name === OUTLET_SETTING ? OUTLET_KINDS.join(',') : undefined),
  });
  await subscribed(wireSubscribe(noted.listenTo('subscribe', host)), [{ source: 's1' }]);
  const data = Array.from({ length: 600 }, (_, at) => ({
    source: `s${at}`,
    time: 0,
    values: { v: 1 },
    tags: { site: `site-${at}` },
  }));
  const aggregate = wireAggregate(noted.listenTo('aggregate', host));
  await aggregate({
    Records: [kinesisRecord({ data, sequence: sequenceOf(1), arrivalMs: 1_000 })],
  });
  const rollup = wireRollup(noted.listenTo('rollup', host));
  const records = () => changes.splice(0).map((change, at) => changeRecord(change, sequenceOf(at)));
  await rollup({ Records: records() });
  const more = { source: 's1', time: 900, values: { v: 2 }, tags: { site: 'site-1' } };
  await aggregate({ Records: [kinesisRecord({ data: more, sequence: sequenceOf(2), arrivalMs: 1_000 })] });
  await rollup({ Records: records() });
  await wireLive(noted.listenTo('live', host))({
    Records: [...windowChanges.splice(0)].map((change, at) => changeRecord(change, sequenceOf(at))),
  });
  await wireAlertClock(noted.listenTo('alert-clock', host))({}, TIME);
}

/** Readers whose tokens are no longer good: found when something is told, and by the look every minute. */
export async function goneReaders(noted: NotedCalls): Promise<void> {
  const definition = {
    aggregations: [{ name: 'a', window: { tumbling: '1s' } }],
    rollups: [{ name: 'by-site', of: 'a', by: ['site'] }],
    allowOldTimes: true,
  };
  const changes: TableChange[] = [];
  const host = memoryHost({
    pipeline: parsePipeline(definition),
    shards: noShards,
    secret: () => NO_KEYS,
    poster: () => POSTER,
    tables: { live: new MemoryTable(TABLE_SCHEMAS.live, (change) => changes.push(change)) },
  });
  const subscribe = wireSubscribe(noted.listenTo('subscribe', host));
  const live = wireLive(noted.listenTo('live', host));
  await subscribe(said('CONNECT', { authorizer: authorizerOf({ expiresMs: 1 }) }));
  const body = JSON.stringify({ type: 'subscribe', id: '1', round: 1, source: 's' });
  await subscribe({ ...said('MESSAGE', {}), body });
  await live({ Records: changes.map((change, at) => changeRecord(change, sequenceOf(at))) });
  await subscribe(said('CONNECT', { authorizer: authorizerOf({ kid: 'retired' }) }));
  await wireHangUp(noted.listenTo('hang-up', host))({}, TIME);
}

/** What is switched on by settings, and the authorizer. */
export async function switchedOn(noted: NotedCalls): Promise<void> {
  const pipeline = parsePipeline({ aggregations: [{ name: 'a', window: { tumbling: '1s' } }] });
  const objects = new MemoryObjects();
  const told: TableChange[] = [];
  const outlet = new MemoryTable(TABLE_SCHEMAS.outlet, (change) => told.push(change));
  const kept = new Map<string, string>();
  const host = memoryHost({
    pipeline,
    objects: () => objects,
    tables: { outlet },
    setting: (name) => (name === 'outletTo' ? 'kinesis' : '{}'),
    stream: () => ({ put: async (records) => records.map(() => undefined) }),
    secret: () => async () => kept.get('verifying') ?? '{"keys":[]}',
  });
  const record = wireRecord(noted.listenTo('record', host));
  for (const at of [1, 2])
    await record({
      Records: [kinesisRecord({ data: { source: 's' }, sequence: sequenceOf(at), arrivalMs: 0 })],
    });
  await new OutletMessages(outlet).put([{ id: 'm', key: 'k', body: { id: 'm', kind: 'final' } }], 0);
  await wireOutlet(noted.listenTo('outlet', host))({
    Records: told.map((change, at) => changeRecord(change, sequenceOf(at))),
  });
  const desk = new TokenDesk({
    secrets: {
      read: async (id) => kept.get(id) ?? '{"keys":[]}',
      change: async (id, change) => void kept.set(id, change(kept.get(id) ?? '{"keys":[]}')),
    },
    signingKeys: 'signing',
    verifyingKeys: 'verifying',
    tokens: new IssuedTokens(host.table('tokens')),
    nowMs: () => 0,
    newId: () => 'token',
  });
  const { text } = await desk.issue({ use: 'reader', subject: 'r', sources: [], lifetimeMs: 3_600_000 });
  await wireAuthorize(noted.listenTo('authorize', host))({
    methodArn: 'arn:aws:execute-api:eu-central-1:123456789012:api/api/GET/v1/sources',
    resource: '/v1/sources',
    httpMethod: 'GET',
    headers: { Authorization: `Bearer ${text}` },
  });
}
