// Has functions do what a verification of a local run does not get to: remember many ids, lose their
// readers, meet whatever the simulation draws. What each asks of AWS on the way is noted.
import { importBatch } from '../../consumers/aggregate/import-batches.ts';
import { redriveLetters } from '../../consumers/aggregate/redrive-letters.ts';
import { wire as wireAggregate } from '../../consumers/aggregate/wire.ts';
import { wire as wireAlert } from '../../consumers/alert/wire.ts';
import { wire as wireAlertClock } from '../../consumers/alert-clock/wire.ts';
import { wire as wireAuthorize } from '../../consumers/authorize/wire.ts';
import { wire as wireHangUp } from '../../consumers/hang-up/wire.ts';
import { wire as wireIncoming } from '../../consumers/incoming/wire.ts';
import { wire as wireLive } from '../../consumers/live/wire.ts';
import { wire as wireOutlet } from '../../consumers/outlet/wire.ts';
import { wire as wireRecord } from '../../consumers/record/wire.ts';
import { wire as wireRetire } from '../../consumers/retire/wire.ts';
import { wire as wireRollup } from '../../consumers/rollup/wire.ts';
import { wire as wireSubscribe } from '../../consumers/subscribe/wire.ts';
import { TokenDesk } from '../../src/cli/token-desk.ts';
import type { ShardId } from '../../src/core/brands.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import { memoryHost } from '../../src/host/memory-host.ts';
import { OUTLET_KINDS, OUTLET_SETTING } from '../../src/platform/outlet-choice.ts';
import { makePlan } from '../../src/simulation/make-plan.ts';
import { runPlan } from '../../src/simulation/run-plan.ts';
import { MemoryObjects } from '../../src/stores/archive/memory-objects.ts';
import { archiveCounts } from '../../src/stores/audit/archive-counts.ts';
import { DeadLetters } from '../../src/stores/dead-letters.ts';
import { GivenUpRecords } from '../../src/stores/given-up-records.ts';
import { IssuedTokens } from '../../src/stores/issued-tokens.ts';
import { MemoryTable, type TableChange } from '../../src/stores/memory-table.ts';
import { OutletMessages } from '../../src/stores/outlet-messages.ts';
import { SourceStates } from '../../src/stores/source-states.ts';
import { number, text } from '../../src/stores/table.ts';
import { TABLE_SCHEMAS } from '../../src/stores/table-schemas.ts';
import { encodeVerifyingKeys } from '../../src/wire/token-keys.ts';
import { AlertSystem } from './alert-system.ts';
import { archiveEvents } from './archive-of-events.ts';
import { changeRecord } from './change-records.ts';
import { SHARD, sequenceOf } from './event-streams.ts';
import { authorizerOf, KID } from './held-token.ts';
import { kinesisRecord } from './kinesis-records.ts';
import type { NotedCalls } from './noted-calls.ts';
import { readUpToIs } from './read-up-to.ts';
import { restEvent } from './reading-system.ts';
import { noShards } from './shards-in-memory.ts';

const TIME = { getRemainingTimeInMillis: () => 60_000 };
/** The key that verifies the tokens of tests. */
export const VERIFYING_KEYS = encodeVerifyingKeys([
  { kid: KID, createdMs: 0, publicJwk: { kty: 'OKP', crv: 'Ed25519', x: 'x' } },
]);
const POSTER = { post: async () => 'posted' as const, disconnect: async () => 'ended' as const };

/** Functions that read streams or run by a schedule, on a plan that is drawn from the seed. */
export async function simulated(noted: NotedCalls, seed: number): Promise<void> {
  await runPlan(makePlan(seed), { host: (name, host) => noted.listenTo(name, host) });
}

type Subscribe = ReturnType<typeof wireSubscribe>;
const said = (
  eventType: 'CONNECT' | 'MESSAGE' | 'DISCONNECT',
  { body, ...more }: { readonly body?: string; readonly connectionId?: string; readonly authorizer?: object },
) => ({
  requestContext: { routeKey: '$default', eventType, connectionId: 'c', ...more },
  ...(body === undefined ? {} : { body }),
});

/** A reader connects, and subscribes to each. */
export async function askedFor(
  subscribe: Subscribe,
  wanted: readonly object[],
  held: Parameters<typeof authorizerOf>[0] = {},
): Promise<void> {
  await subscribe(said('CONNECT', { authorizer: authorizerOf(held) }));
  for (const [at, what] of wanted.entries()) {
    const body = JSON.stringify({ type: 'subscribe', id: String(at), round: 1, ...what });
    await subscribe(said('MESSAGE', { body }));
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

/**
 * More series of a rollup than are counted at once, silent when the rule that watches them was deployed; a reader is told of one of them,
 * and again when its token is no longer good.
 */
export async function manySeries(noted: NotedCalls): Promise<void> {
  const changes = new Map<string, TableChange[]>();
  const listened = (name: 'sources' | 'windows' | 'live') =>
    new MemoryTable(TABLE_SCHEMAS[name], (change) =>
      changes.set(name, [...(changes.get(name) ?? []), change]),
    );
  let nowMs = 1_000;
  const host = memoryHost({
    pipeline: parsePipeline({
      aggregations: [{ name: 'a', window: { tumbling: '1s' } }],
      rollups: [{ name: 'by-site', of: 'a', by: ['site'] }],
      alerts: [{ name: 'dark', on: { rollup: 'by-site' }, when: { absent: '10m' } }],
      allowOldTimes: true,
    }),
    shards: noShards,
    clock: { nowMs: () => nowMs, sleep: async () => {} },
    tables: { sources: listened('sources'), windows: listened('windows'), live: listened('live') },
    secret: () => async () => VERIFYING_KEYS,
    poster: () => POSTER,
    option: (name) => (name === OUTLET_SETTING ? OUTLET_KINDS.join(',') : undefined),
  });
  const subscribe = wireSubscribe(noted.listenTo('subscribe', host));
  await askedFor(subscribe, [{ source: 's1' }], { expiresMs: 5_000 });
  const aggregate = wireAggregate(noted.listenTo('aggregate', host));
  const rollup = wireRollup(noted.listenTo('rollup', host));
  const take = (name: string) => {
    const Records = (changes.get(name) ?? []).map((change, at) => changeRecord(change, sequenceOf(at)));
    changes.delete(name);
    return { Records };
  };
  const at = (site: number, time: number) => ({
    source: `s${site}`,
    time,
    values: { v: 1 },
    tags: { site: `site-${site}` },
  });
  const parts = [0, 1].map((part) => Array.from({ length: 600 }, (_, index) => at(part * 600 + index, 0)));
  for (const [index, data] of [...parts, at(1, 900)].entries()) {
    await aggregate({
      Records: [kinesisRecord({ data, sequence: sequenceOf(index + 1), arrivalMs: 1_000 })],
    });
    await rollup(take('sources'));
  }
  const live = wireLive(noted.listenTo('live', host));
  await live(take('windows'));
  const told = take('live');
  await live(told);
  await readUpToIs(1_000, host.table('readers'));
  await wireAlertClock(noted.listenTo('alert-clock', host))({}, TIME);
  nowMs = 5_000;
  await live(told);
  await subscribe(said('MESSAGE', { body: '{"type":"ping"}' }));
}

/** Alerts on a rollup in whose windows a source's final ones are, batch after batch. */
export async function alerted(noted: NotedCalls): Promise<void> {
  const aggregated = { metric: 'v', aggregate: 'count', when: { above: 0 } };
  const system = new AlertSystem(
    parsePipeline({
      aggregations: [{ name: 'a', window: { tumbling: '1s' } }],
      rollups: [{ name: 'all', of: 'a', by: [] }],
      alerts: [
        { name: 'one', on: { aggregation: 'a' }, ...aggregated },
        { name: 'any', on: { rollup: 'all', provisional: true }, ...aggregated },
      ],
      allowOldTimes: true,
    }),
  );
  const deliveries = [0, 1, 2].map((at) => {
    const data = { source: 's', time: at * 1_000, values: { v: 1 } };
    const record = kinesisRecord({ data, sequence: sequenceOf(at), arrivalMs: at * 1_000 });
    return { shard: SHARD, sequence: sequenceOf(at), record };
  });
  await system.fill(deliveries, 1);
  const { changes, windows, alerts } = system.tables;
  const host = memoryHost({
    pipeline: system.pipeline,
    tables: { windows, alerts },
  });
  const alert = wireAlert(noted.listenTo('alert', host));
  for (const [at, change] of [...changes.sources, ...changes.windows].entries())
    await alert({ Records: [changeRecord(change, sequenceOf(at))] });
}

/** Readers whose tokens are no longer good are found by the look every minute. */
export async function goneReaders(noted: NotedCalls): Promise<void> {
  const host = memoryHost({
    pipeline: parsePipeline({ aggregations: [{ name: 'a', window: { tumbling: '1s' } }] }),
    secret: () => async () => VERIFYING_KEYS,
    poster: () => POSTER,
  });
  const subscribe = wireSubscribe(noted.listenTo('subscribe', host));
  for (const [at, held] of [{}, { id: 'token-2', kid: 'retired' }].entries())
    await subscribe(said('CONNECT', { connectionId: `c${at}`, authorizer: authorizerOf(held) }));
  await wireHangUp(noted.listenTo('hang-up', host))({}, TIME);
}

/** A source is put back to what it was, beside one with a long name that has closed its window. */
export async function putBack(noted: NotedCalls): Promise<void> {
  const told: TableChange[] = [];
  const sources = new MemoryTable(TABLE_SCHEMAS.sources, (change) => told.push(change));
  const host = memoryHost({
    pipeline: parsePipeline({
      aggregations: [{ name: 'a', window: { tumbling: '1s' } }],
      rollups: [{ name: 'all', of: 'a', by: [], parts: 1 }],
      allowOldTimes: true,
    }),
    shards: noShards,
    tables: { sources },
  });
  const aggregate = wireAggregate(noted.listenTo('aggregate', host));
  const rollup = wireRollup(noted.listenTo('rollup', host));
  for (const [at, source] of [LONG_NAME, LONG_NAME, 'dev', 'dev'].entries()) {
    const data = { source, id: at, time: at === 1 ? 5_000 : at, values: { v: 1 } };
    await aggregate({ Records: [kinesisRecord({ sequence: sequenceOf(at + 1), data, arrivalMs: 5_000 })] });
  }
  const tell = async () => {
    await rollup({ Records: told.splice(0).map((change, at) => changeRecord(change, sequenceOf(at))) });
  };
  const began = told.find(
    ({ keys: { source } }) => source !== undefined && 'S' in source && source.S === 'dev',
  );
  await tell();
  if (began?.newImage !== undefined) await sources.putMany([began.newImage]);
  await tell();
}

/** A source is held, and an event of another that was given up is put back: it is late. */
export async function heldAndPutBack(noted: NotedCalls): Promise<void> {
  const told: TableChange[] = [];
  const sources = new MemoryTable(TABLE_SCHEMAS.sources, (change) => told.push(change));
  const pipeline = parsePipeline({
    aggregations: [{ name: 'a', window: { tumbling: '1s' } }],
    allowOldTimes: true,
  });
  const host = memoryHost({ pipeline, shards: noShards, tables: { sources } });
  const aggregate = wireAggregate(noted.listenTo('aggregate', host));
  const record = (at: number, data: object) =>
    kinesisRecord({ sequence: sequenceOf(at), data, arrivalMs: 60_000 });
  await aggregate({ Records: [record(1, { source: 'late', time: 50_000 })] });
  await sources.putMany([{ source: text('held'), version: number(1), state: { B: new Uint8Array([99]) } }]);
  await aggregate({ Records: [record(2, { source: 'held', time: 1_000 })] });
  const deadLetters = new DeadLetters(host.table('deadLetters'));
  const givenUp = new GivenUpRecords(host.table('readers'));
  const records = [record(3, { source: 'late', time: 1_000 })];
  await importBatch({ kind: 'telemetry', records, condition: '' }, { pipeline, deadLetters, givenUp });
  await redriveLetters({ pipeline, deadLetters, states: new SourceStates(sources) });
  await wireRollup(noted.listenTo('rollup', host))({
    Records: told.map((change, at) => changeRecord(change, sequenceOf(at))),
  });
}

/** Longer than what a mark in a rollup's part names. */
const LONG_NAME = 'a-source-with-a-long-name';

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

/** A file that is played, one that is refused, one with a bad line; and what is left to the next run. */
export async function droppedFiles(noted: NotedCalls): Promise<void> {
  const bucket = new MemoryObjects();
  const host = memoryHost({
    pipeline: parsePipeline({ aggregations: [{ name: 'a', window: { tumbling: '1s' } }] }),
    objects: () => bucket,
    stream: () => ({ put: async (records) => records.map(() => undefined) }),
  });
  const incoming = wireIncoming(noted.listenTo('incoming', host));
  const files = {
    'good.ndjson': '{"source":"s","time":"2026-11-28T09:00:00Z","values":{"v":1}}\n{"source":"s"}\n',
    'bad.bin': '\u0000',
  };
  for (const [name, body] of Object.entries(files)) {
    await bucket.put(`incoming/${name}`, Buffer.from(body));
    const object = { key: `incoming/${name}`, etag: name };
    await incoming({ 'detail-type': 'Object Created', detail: { object } }, TIME);
  }
  await incoming({}, { getRemainingTimeInMillis: () => 900_000 });
}

/** What the audit asks an archive about a shard, which plans of the simulation do without. */
export async function comparedArchive(noted: NotedCalls): Promise<void> {
  const archive = new MemoryObjects();
  await archiveEvents(archive, [{ source: 's', time: Date.parse('2026-11-28T09:00:00Z'), values: { v: 1 } }]);
  const pipeline = parsePipeline({ aggregations: [{ name: 'a', window: { tumbling: '1s' } }] });
  const { objects } = noted.listenTo('audit', memoryHost({ pipeline, objects: () => archive }));
  const place = ['arn:aws:kinesis:r:1:stream/telemetry', 'shardId-000000000000' as ShardId] as const; // as the archive has it
  for (const shard of [place[1], 'shardId-000000000009' as ShardId]) // and one it has nothing of
    await archiveCounts(objects('archive')).ofShard(place[0], shard);
}
