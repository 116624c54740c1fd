import { describe, expect, it } from 'vitest';
import { createLive } from '../../../consumers/live/live.ts';
import { createSubscribe } from '../../../consumers/subscribe/subscribe.ts';
import type { HeldToken } from '../../../src/core/access-token.ts';
import type { AlertStatus } from '../../../src/core/alerts/alert-state.ts';
import type { PipelineDefinition } from '../../../src/core/pipeline/definition.ts';
import { rollupSeries, sourceSeries } from '../../../src/core/series.ts';
import type { LivePoster, PostOutcome } from '../../../src/platform/live-poster.ts';
import type { AlertKey, AlertWrite } from '../../../src/stores/alerts.ts';
import { LiveConnections } from '../../../src/stores/live-connections.ts';
import { checkValue } from '../../../src/wire/api/check-value.ts';
import { MAX_SUBSCRIPTIONS, serverMessageSchema } from '../../../src/wire/live/messages.ts';
import { sourceTopic } from '../../../src/wire/live/topic.ts';
import { versionsDigest } from '../../../src/wire/live/versions-digest.ts';
import { BLANK_ALERT } from '../../support/blank-alert.ts';
import { changeRecord } from '../../support/change-records.ts';
import { sequenceOf } from '../../support/event-streams.ts';
import { authorizerOf } from '../../support/held-token.ts';
import { ReadingSystem } from '../../support/reading-system.ts';
import { down, tableOver } from '../../support/table-over.ts';

const PIPELINE: PipelineDefinition = {
  aggregations: [{ name: 'short', window: { tumbling: '10ms' } }],
  rollups: [{ name: 'by-site', of: 'short', levels: ['region', 'site'] }],
  alerts: [
    { name: 'hot', on: { aggregation: 'short' }, metric: 'v', aggregate: 'max', when: { above: 5 } },
    { name: 'busy', on: { rollup: 'by-site' }, aggregate: 'events', when: { above: 5 } },
  ],
};

class Posts implements LivePoster {
  readonly posts: { readonly connection: string; readonly text: string }[] = [];
  readonly ended: string[] = [];
  refusesEnds = false;
  /** By connection, what its next posts come to; then they are posted. */
  readonly outcomes = new Map<string, PostOutcome[]>();
  underWay = 0;
  most = 0;

  async post(connection: string, text: string): Promise<PostOutcome> {
    this.underWay += 1;
    this.most = Math.max(this.most, this.underWay);
    await Promise.resolve();
    this.underWay -= 1;
    const outcome = this.outcomes.get(connection)?.shift() ?? 'posted';
    if (outcome === 'posted') this.posts.push({ connection, text });
    return outcome;
  }

  async disconnect(connection: string): Promise<'ended' | 'failed'> {
    this.ended.push(connection);
    return this.refusesEnds ? 'failed' : 'ended';
  }

  of(connection: string) {
    return this.posts
      .filter((post) => post.connection === connection)
      .map(({ text }) => {
        const message = checkValue(serverMessageSchema, JSON.parse(text), 'message');
        if (message.kind === 'invalid') throw new Error(JSON.stringify(message.problems));
        return message.value;
      });
  }
}

function setUp({ connections = (system: ReadingSystem) => system.connections } = {}) {
  const system = new ReadingSystem(PIPELINE);
  const { pipeline, states, windows, directory, alerts, recent, standing, clock, observed } = system;
  const poster = new Posts();
  const common = {
    pipeline,
    windows,
    recent,
    standing,
    clock,
    random: () => 1,
    poster,
    log: observed.log,
    meter: observed.meter,
  };
  const subscribe = createSubscribe({
    ...common,
    connections: system.connections,
    states,
    directory,
    alerts,
  });
  const live = createLive({ ...common, connections: connections(system) });
  const context = (
    eventType: 'CONNECT' | 'MESSAGE' | 'DISCONNECT',
    connectionId: string,
    token: Partial<HeldToken> = {},
  ) => ({
    requestContext: { routeKey: '$default', eventType, connectionId, authorizer: authorizerOf(token) },
  });
  const connect = (id: string, token: Partial<HeldToken> = {}) => subscribe(context('CONNECT', id, token));
  const say = (id: string, message: unknown) =>
    clock.run(
      subscribe({
        ...context('MESSAGE', id),
        body: typeof message === 'string' ? message : JSON.stringify(message),
      }),
    );
  const ask = async (id: string, of: object) => {
    await connect(id);
    await say(id, { type: 'subscribe', id: 's', round: 1, ...of });
  };
  const told = { windows: 0, live: 0, alerts: 0 };
  const tell = async () => {
    await system.rollUp();
    const { windows: windowChanges, alerts: alertChanges } = system.tables.changes;
    const changes = [
      ...windowChanges.slice(told.windows),
      ...system.liveChanges.slice(told.live),
      ...alertChanges.slice(told.alerts),
    ];
    Object.assign(told, {
      windows: windowChanges.length,
      live: system.liveChanges.length,
      alerts: alertChanges.length,
    });
    const Records = changes.map((change, at) => changeRecord(change, sequenceOf(at)));
    return await clock.run(live({ Records }));
  };
  const event = { source: 'a', time: 1, values: { v: 1 }, tags: { region: 'eu', site: 'n' } };
  return { system, poster, subscribe, connect, say, ask, tell, event };
}

describe('the live door', () => {
  it('confirms the protocol and never the token', async () => {
    const { subscribe } = setUp();
    const authorizer = authorizerOf();
    const requestContext = {
      routeKey: '$connect',
      eventType: 'CONNECT' as const,
      connectionId: 'c',
      authorizer,
    };
    const headers = { 'sec-websocket-protocol': 'tidemill.v1, token.secret' };
    expect(await subscribe({ requestContext, headers })).toEqual({
      statusCode: 200,
      headers: { 'Sec-WebSocket-Protocol': 'tidemill.v1' },
    });
    expect(await subscribe({ requestContext, headers: null })).toEqual({ statusCode: 200 });
  });

  it('gives what there is, then says that this was all', async () => {
    const { system, poster, ask, event } = setUp();
    await system.send(event);
    await system.send({ ...event, time: 12 });
    await system.rollUp();
    await ask('c', { source: 'a' });
    expect(poster.of('c')).toMatchObject([
      {
        type: 'snapshot',
        id: 's',
        round: 1,
        series: 'source|a',
        versions: [{ key: 'state', version: 2 }],
        windows: [
          { aggregation: 'short', window: { startMs: 0, final: true } },
          { aggregation: 'short', window: { startMs: 10, final: false } },
        ],
        last: true,
      },
      { type: 'ready', id: 's', round: 1, series: ['source|a'] },
    ]);
  });

  it('says in a word that nothing has changed since', async () => {
    const { system, poster, ask, say, event } = setUp();
    await system.send(event);
    await system.rollUp();
    await ask('c', { rollup: 'by-site', values: ['eu', 'n'] });
    const [snapshot] = poster.of('c');
    if (snapshot?.type !== 'snapshot') throw new Error('no snapshot');
    const digest = versionsDigest(snapshot.versions.map(({ key, version }) => [key, version]));
    const have = [{ series: snapshot.series, fromMs: 0, digest }];
    poster.posts.length = 0;
    const again = { type: 'subscribe', id: 's', round: 2, rollup: 'by-site', values: ['eu', 'n'], have };
    await say('c', again);
    expect(poster.of('c')).toMatchObject([{ type: 'current', round: 2 }, { type: 'ready' }]);
    await system.send({ ...event, time: 2 });
    await system.rollUp();
    await say('c', { ...again, round: 3 });
    expect(poster.of('c').at(-2)).toMatchObject({ type: 'snapshot', round: 3 });
  });

  it('does not take a window that began for one that has been deleted, though their versions are the same', async () => {
    const { system, poster, ask, say, event } = setUp();
    await system.send(event);
    await system.rollUp();
    await ask('c', { rollup: 'by-site', values: ['eu', 'n'] });
    const digest = versionsDigest([['60000+70000#0', 1]]);
    const [snapshot] = poster.of('c');
    if (snapshot?.type !== 'snapshot') throw new Error('no snapshot');
    expect(snapshot.versions).toMatchObject([{ version: 1 }]);
    const have = [{ series: snapshot.series, fromMs: 0, digest }];
    poster.posts.length = 0;
    await say('c', {
      type: 'subscribe',
      id: 's',
      round: 2,
      rollup: 'by-site',
      values: ['eu', 'n'],
      have,
    });
    expect(poster.of('c')).toMatchObject([{ type: 'snapshot', round: 2 }, { type: 'ready' }]);
  });

  it('answers what is wrong with a message, by its name where it has one', async () => {
    const { poster, connect, say } = setUp();
    await connect('c');
    await say('c', 'nonsense');
    await say('c', { type: 'subscribe', id: 'x', round: 1, source: '' });
    await say('c', { type: 'subscribe', id: 'y', round: 1, rollup: 'none' });
    await say('c', { type: 'subscribe', id: 'z', round: 1, rollup: 'by-site', values: ['a', 'b', 'c'] });
    await say('c', {
      type: 'subscribe',
      id: 'u',
      round: 1,
      rollup: 'by-site',
      tags: [{ tag: 'x', value: 'y' }],
    });
    const problem = (where: string, found: string) => [expect.objectContaining({ where, found })];
    expect(poster.of('c')).toEqual([
      expect.objectContaining({ type: 'error', problems: problem('message', 'nothing') }),
      expect.objectContaining({ id: 'x', problems: problem('message.source', 'the text ""') }),
      expect.objectContaining({ id: 'y', problems: problem('message.rollup', '"none"') }),
      expect.objectContaining({ id: 'z', problems: problem('message.values', '3 values') }),
      expect.objectContaining({ id: 'u', problems: problem('message.tags', '"x"') }),
    ]);
  });

  it('takes so many subscriptions of a connection and refuses the next', async () => {
    const { poster, connect, say } = setUp();
    await connect('c');
    for (let at = 0; at <= MAX_SUBSCRIPTIONS; at += 1) {
      await say('c', { type: 'subscribe', id: `s${at}`, round: 1, source: `a${at}` });
    }
    expect(poster.of('c').at(-1)).toMatchObject({ type: 'error', id: `s${MAX_SUBSCRIPTIONS}` });
    await say('c', { type: 'unsubscribe', id: 's0' });
    await say('c', { type: 'ping' });
    const pong = poster.of('c').at(-1);
    expect(pong?.type === 'pong' ? pong.subscriptions.length : 0).toBe(MAX_SUBSCRIPTIONS - 1);
  });

  it('ends a connection it does not know any more, so that the client begins anew', async () => {
    const { poster, say } = setUp();
    await say('ghost', { type: 'ping' });
    await say('ghost', { type: 'subscribe', id: 's', round: 1, source: 'a' });
    expect(poster.ended).toEqual(['ghost', 'ghost']);
  });
});

const HOT_A = { rule: 'hot', series: sourceSeries('short', 'a') };
const BUSY_N = { rule: 'busy', series: rollupSeries('by-site', ['eu', 'n']) };

/** An alert that has made so many transitions, one a window, the last few of them in this write. */
function alertWrite(
  { rule, series }: AlertKey,
  statuses: readonly AlertStatus[],
  { made = 1, sequence = statuses.length } = {},
): AlertWrite {
  const transitions = statuses.slice(-made).map((to, at) => ({
    sequence: sequence - made + 1 + at,
    from: statuses.at(at - made - 1) ?? 'ok',
    to,
    severity: 'warning' as const,
    reason: 'as it is',
    window: { start: 10 * at, end: 10 * at + 10, revision: 1, value: at },
  }));
  return {
    rule,
    series,
    expectedVersion: sequence > made ? sequence - made : undefined,
    checkAtMs: undefined,
    state: {
      ...BLANK_ALERT,
      status: statuses.at(-1) ?? 'ok',
      sequence,
      transitions,
    },
  };
}

describe('alerts live', () => {
  const alertsOf = (poster: Posts, id: string) =>
    poster.of(id).flatMap((message) => {
      if (message.type === 'alerts') return message.alerts;
      return message.type === 'transitions' ? message.transitions.map(({ alert }) => alert) : [];
    });
  const stand = (poster: Posts, id: string) =>
    alertsOf(poster, id).map(({ rule, status, sequence }) => `${rule} ${status} ${sequence}`);

  it('begin with what is not well, and say that this was all', async () => {
    const { system, poster, ask } = setUp();
    await system.alerts.commit([
      alertWrite(HOT_A, ['firing']),
      alertWrite(BUSY_N, ['pending']),
      alertWrite({ ...HOT_A, series: sourceSeries('short', 'b') }, ['resolved']),
      alertWrite({ ...HOT_A, series: sourceSeries('short', 'c') }, ['ok']),
    ]);
    await ask('all', { alerts: {} });
    expect(poster.of('all')).toMatchObject([
      {
        type: 'alerts',
        id: 's',
        round: 1,
        whole: true,
        last: true,
        alerts: [
          { rule: 'busy', rollup: 'by-site', values: ['eu', 'n'], status: 'pending' },
          { rule: 'hot', source: 'a', status: 'firing', from: 'ok', reason: 'as it is' },
          { rule: 'hot', source: 'b', status: 'resolved' },
        ],
      },
      { type: 'ready', id: 's', round: 1, series: [] },
    ]);
    await ask('rule', { alerts: { rule: 'busy' } });
    await ask('source', { alerts: { source: 'a' } });
    await ask('both', { alerts: { rule: 'hot', source: 'b' } });
    await ask('series', { alerts: { rollup: 'by-site', values: ['eu', 'n'] } });
    await ask('tag', { alerts: { rollup: 'by-site', tags: [{ tag: 'site', value: 's' }] } });
    expect(stand(poster, 'rule')).toEqual(['busy pending 1']);
    expect(stand(poster, 'source')).toEqual(['hot firing 1']);
    expect(stand(poster, 'both')).toEqual(['hot resolved 1']);
    expect(stand(poster, 'series')).toEqual(['busy pending 1']);
    expect(stand(poster, 'tag')).toEqual([]);
  });

  it('tell each transition, in order, to those who asked for it', async () => {
    const { system, poster, ask, say, tell } = setUp();
    await ask('all', { alerts: {} });
    await say('all', { type: 'subscribe', id: 't', round: 1, alerts: { source: 'a' } });
    await ask('rule', { alerts: { rule: 'busy' } });
    await ask('tag', { alerts: { rollup: 'by-site', tags: [{ tag: 'site', value: 'n' }] } });
    await ask('other', { alerts: { rollup: 'by-site', tags: [{ tag: 'site', value: 's' }] } });
    await ask('windows', { source: 'a' });
    poster.posts.length = 0;
    await system.alerts.commit([alertWrite(HOT_A, ['pending', 'firing'], { made: 2 })]);
    await system.alerts.commit([alertWrite(BUSY_N, ['firing'])]);
    expect(await tell()).toEqual({ batchItemFailures: [] });
    await system.alerts.commit([
      { ...alertWrite(HOT_A, ['pending', 'firing', 'resolved']), expectedVersion: 1 },
    ]);
    await tell();
    expect(stand(poster, 'all')).toEqual([
      'hot pending 1',
      'hot firing 2',
      'busy firing 1',
      'hot resolved 3',
    ]);
    expect(poster.of('all')[0]).toMatchObject({
      transitions: [{ for: ['s', 't'] }, { for: ['s', 't'] }, { for: ['s'] }],
    });
    expect(stand(poster, 'rule')).toEqual(['busy firing 1']);
    expect(stand(poster, 'tag')).toEqual(['busy firing 1']);
    expect(stand(poster, 'other')).toEqual([]);
    expect(poster.of('windows')).toEqual([]);
  });

  it('that the index does not have yet are in a snapshot, if they were told before', async () => {
    const { system, poster, ask, tell } = setUp();
    await system.alerts.commit([alertWrite(HOT_A, ['firing'])]);
    await tell();
    // Nobody was there to hear it; and the index is behind.
    const { items } = await system.tables.alerts.scanPage({ limit: 10 });
    const [first] = items;
    if (first === undefined) throw new Error('no alert');
    const { standing: _, standingPlace: __, ...unindexed } = first;
    await system.tables.alerts.putMany([unindexed]);
    await ask('soon', { alerts: {} });
    expect(stand(poster, 'soon')).toEqual(['hot firing 1']);
    await system.clock.advance(600_000);
    await ask('late', { alerts: {} });
    expect(stand(poster, 'late')).toEqual([]);
  });

  it('of more than a snapshot holds say so', async () => {
    const { system, poster, ask } = setUp();
    await system.alerts.commit(
      Array.from({ length: 1_200 }, (_, at) =>
        alertWrite({ ...HOT_A, series: sourceSeries('short', `s${at}`) }, ['firing']),
      ),
    );
    await ask('all', { alerts: {} });
    const messages = poster.of('all');
    expect(messages.length).toBeGreaterThan(5);
    expect(messages.slice(0, -1).map((one) => one.type === 'alerts' && [one.whole, one.last])).toEqual(
      messages.slice(0, -1).map((_, at) => [false, at === messages.length - 2]),
    );
    expect(alertsOf(poster, 'all')).toHaveLength(1_001);
    for (const { text } of poster.posts) expect(text.length).toBeLessThan(32_000);
  });

  it.each([
    [{ rule: 'none' }, 'message.alerts.rule', '"none"'],
    [{ source: 'a', rollup: 'by-site' }, 'message.alerts', 'source and rollup'],
    [{ values: ['eu'] }, 'message.alerts', 'values alone'],
    [{ rollup: 'none' }, 'message.alerts.rollup', '"none"'],
    [{ rollup: 'by-site', values: ['a', 'b', 'c'] }, 'message.alerts.values', '3 values'],
  ])('are not to be had by %j, and the answer says why', async (alerts, where, found) => {
    const { poster, ask } = setUp();
    await ask('c', { alerts });
    expect(poster.of('c')).toEqual([
      expect.objectContaining({
        type: 'error',
        id: 's',
        problems: [expect.objectContaining({ where, found })],
      }),
    ]);
  });
});

describe('the live consumer', () => {
  it('tells each who asked, once, of what was asked', async () => {
    const { system, poster, ask, say, tell, event } = setUp();
    await ask('source', { source: 'a' });
    await ask('series', { rollup: 'by-site', values: ['eu', 'n'] });
    await ask('tag', { rollup: 'by-site', tags: [{ tag: 'site', value: 'n' }] });
    await ask('other', { rollup: 'by-site', tags: [{ tag: 'site', value: 's' }] });
    await ask('all', { rollup: 'by-site' });
    await say('all', { type: 'subscribe', id: 't', round: 1, rollup: 'by-site', values: ['eu'] });
    poster.posts.length = 0;
    await system.send(event, event);
    expect(await tell()).toEqual({ batchItemFailures: [] });
    const changes = (id: string) =>
      poster.of(id).flatMap((message) => (message.type === 'changes' ? message.changes : []));
    expect(changes('source')).toMatchObject([
      {
        series: 'source|a',
        versions: [{ key: 'state', from: 1, to: 1 }],
        windows: [{ aggregation: 'short', window: { events: 2, final: false } }],
      },
    ]);
    expect(changes('series').map(({ series }) => series)).toEqual(['rollup|by-site|["eu","n"]']);
    expect(changes('tag').map(({ series }) => series)).toEqual(['rollup|by-site|["eu","n"]']);
    expect(changes('other')).toEqual([]);
    expect(changes('all').map(({ series, for: ids }) => [series, ids])).toEqual([
      ['rollup|by-site|["eu"]', ['t', 's']],
      ['rollup|by-site|["eu","n"]', ['s']],
    ]);
  });

  it('lets those go that have gone, and ends those that are too slow, and tells the others', async () => {
    const { system, poster, ask, tell, event } = setUp();
    for (const id of ['gone', 'slow', 'busy', 'well']) await ask(id, { source: 'a' });
    poster.outcomes.set('gone', ['gone']);
    poster.outcomes.set('slow', ['failed']);
    poster.outcomes.set('busy', ['busy', 'busy']);
    poster.posts.length = 0;
    await system.send(event);
    expect(await tell()).toEqual({ batchItemFailures: [] });
    expect(poster.posts.map(({ connection }) => connection).sort()).toEqual(['busy', 'well']);
    expect(poster.ended).toEqual(['slow']);
    const left = await system.connections.subscribers(sourceTopic('a'));
    expect(left.map(({ connection }) => connection)).toEqual(['busy', 'well']);
    expect(system.observed.latest()).toMatchObject({ gone: 1, shed: 1, posts: 4 });
  });

  it('ends a connection whose backlog is too long rather than sending it', async () => {
    const { system, poster, ask, tell } = setUp();
    await ask('all', { rollup: 'by-site' });
    await ask('one', { source: 'a' });
    poster.posts.length = 0;
    const values = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`value${at}`, at]));
    await system.send(
      ...Array.from({ length: 400 }, (_, at) => ({
        source: at === 0 ? 'a' : `b${at}`,
        time: 1,
        values,
        tags: { region: `r${at}`, site: 'n' },
      })),
    );
    await tell();
    expect(poster.ended).toEqual(['all']);
    expect(poster.of('all')).toEqual([]);
    expect(poster.of('one')).toHaveLength(1);
  });

  it('posts to many at once, but not to all', async () => {
    const { system, poster, ask, tell, event } = setUp();
    for (let at = 0; at < 120; at += 1) await ask(`c${at}`, { source: 'a' });
    poster.most = 0;
    await system.send(event);
    await tell();
    expect(poster.most).toBe(50);
  });

  it('fails a batch whose subscribers cannot be read, and not one whose posts fail', async () => {
    const { system, ask, tell, event } = setUp({
      connections: ({ liveTable }) =>
        new LiveConnections(
          tableOver(liveTable, {
            async *query() {
              yield await down();
            },
          }),
        ),
    });
    await ask('c', { source: 'a' });
    await system.send(event);
    const { batchItemFailures } = await tell();
    expect(batchItemFailures).toEqual([{ itemIdentifier: sequenceOf(0) }]);
  });

  it('passes over what is no change: items that expire, and closed windows of sources, which come another way', async () => {
    const { system, poster, ask, tell, event } = setUp();
    await ask('c', { rollup: 'by-site' });
    await system.send(event);
    await tell();
    poster.posts.length = 0;
    await system.closeAll();
    await system.rollUp();
    const [first] = await (async () => system.tables.changes.windows)();
    if (first === undefined) throw new Error('no change');
    system.tables.windows.remove(first.keys);
    await tell();
    const changes = poster.of('c').flatMap((message) => (message.type === 'changes' ? message.changes : []));
    expect(changes.every(({ series }) => series.startsWith('rollup|'))).toBe(true);
  });
});
