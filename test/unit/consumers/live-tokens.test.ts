// Live connections outlive what the authorizer once said: their tokens expire, are revoked, and lose their key meanwhile.
import { describe, expect, it } from 'vitest';
import { createHangUp } from '../../../consumers/hang-up/hang-up.ts';
import { createLive } from '../../../consumers/live/live.ts';
import { createSubscribe } from '../../../consumers/subscribe/subscribe.ts';
import type { HeldToken } from '../../../src/core/access-token.ts';
import type { PipelineDefinition } from '../../../src/core/pipeline/definition.ts';
import { LIVE_TOKEN_SECONDS } from '../../../src/platform/door.ts';
import type { LivePoster } from '../../../src/platform/live-poster.ts';
import { TokenStanding } from '../../../src/stores/token-standing.ts';
import { changeRecord } from '../../support/change-records.ts';
import { sequenceOf } from '../../support/event-streams.ts';
import { authorizerOf, KID } from '../../support/held-token.ts';
import { ReadingSystem } from '../../support/reading-system.ts';

const PIPELINE: PipelineDefinition = {
  aggregations: [{ name: 'short', window: { tumbling: '10ms' } }],
  rollups: [{ name: 'by-site', of: 'short', by: ['site'] }],
};
/** Shorter than the lease of what is subscribed to: pings would renew that. */
const LIFE_MS = 300_000;

function setUp({ endings = 'ended' }: { readonly endings?: 'ended' | 'failed' } = {}) {
  const system = new ReadingSystem(PIPELINE);
  const { clock, observed, connections, tokens } = system;
  const heard: { readonly connection: string; readonly atMs: number }[] = [];
  const ended: { readonly connection: string; readonly atMs: number }[] = [];
  const poster: LivePoster = {
    post: async (connection) => {
      heard.push({ connection, atMs: clock.nowMs() });
      return 'posted';
    },
    disconnect: async (connection) => {
      ended.push({ connection, atMs: clock.nowMs() });
      return endings;
    },
  };
  const { log, meter } = observed;
  const { pipeline, states, windows, directory, alerts, recent } = system;
  const common = { pipeline, windows, recent, connections, clock, random: () => 1, poster, log, meter };
  const { standing } = system;
  const subscribe = createSubscribe({ ...common, states, directory, alerts, standing });
  /** As long-lived as a container: what it has read of tokens it remembers. */
  const telling = new TokenStanding({
    tokens,
    keys: { current: async () => system.keys, forUnknownKey: async () => system.keys },
    nowMs: () => clock.nowMs(),
    maxAgeMs: LIVE_TOKEN_SECONDS * 1_000,
  });
  const live = createLive({ ...common, standing: telling });
  const hangUp = createHangUp({ connections, standing, poster, clock, log, meter });
  const context = (eventType: 'CONNECT' | 'MESSAGE', connectionId: string, authorizer?: object) => ({
    requestContext: { routeKey: '$default', eventType, connectionId, authorizer },
  });
  const told = { windows: 0, live: 0 };
  let sent = 0;
  return {
    system,
    heard,
    ended,
    connect: (id: string, token: Partial<HeldToken> = {}) =>
      subscribe(context('CONNECT', id, authorizerOf({ expiresMs: clock.nowMs() + LIFE_MS, ...token }))),
    connectWith: (id: string, authorizer: object | undefined) =>
      subscribe(context('CONNECT', id, authorizer)),
    say: (id: string, message: object) =>
      clock.run(subscribe({ ...context('MESSAGE', id), body: JSON.stringify(message) })),
    /** An event, and all there is to be told of it. */
    change: async () => {
      sent += 1;
      await system.send({ source: 'a', time: sent, values: { v: sent }, tags: { site: 'n' } });
      await system.rollUp();
      const { windows: ofRollups } = system.tables.changes;
      const changes = [...ofRollups.slice(told.windows), ...system.liveChanges.slice(told.live)];
      Object.assign(told, { windows: ofRollups.length, live: system.liveChanges.length });
      const Records = changes.map((change, at) => changeRecord(change, sequenceOf(at)));
      return await clock.run(live({ Records }));
    },
    hangUp: (remainingMs = 80_000) => clock.run(hangUp({}, { getRemainingTimeInMillis: () => remainingMs })),
    /** As the schedule does, for so many minutes. */
    hangUpFor: async (minutes: number) => {
      for (let minute = 0; minute < minutes; minute += 1) {
        const beganMs = clock.nowMs();
        await clock.run(hangUp({}, { getRemainingTimeInMillis: () => 80_000 }));
        await clock.advance(Math.max(0, beganMs + 60_000 - clock.nowMs()));
      }
    },
  };
}

const ENDS: Record<string, (of: ReturnType<typeof setUp>) => Promise<void>> = {
  expired: async ({ system }) => await system.clock.advance(LIFE_MS),
  revoked: async ({ system: { tokens, clock } }) =>
    await tokens.revoke('token-1', { nowMs: clock.nowMs(), expiresMs: clock.nowMs() + LIFE_MS }),
  'revoked with all of its reader': async ({ system: { tokens, clock } }) =>
    await tokens.revokeSubject(
      { use: 'reader', subject: 'somebody' },
      { nowMs: clock.nowMs(), expiresMs: clock.nowMs() + LIFE_MS },
    ),
  'without its key, which was retired': async ({ system }) => {
    system.keys = [{ kid: 'another' }];
  },
};

describe.each(Object.entries(ENDS))('a live connection whose token is %s', (_, end) => {
  it('may not subscribe to more, and is ended when it asks', async () => {
    const of = setUp();
    await of.connect('c');
    await of.say('c', { type: 'subscribe', id: '1', round: 1, source: 'a' });
    const before = of.heard.length;
    await end(of);
    await of.say('c', { type: 'subscribe', id: '2', round: 1, rollup: 'by-site' });
    expect(of.ended.map(({ connection }) => connection)).toEqual(['c']);
    expect(of.heard).toHaveLength(before);
    expect(await of.system.connections.subscribers('rollup|by-site')).toEqual([]);
    expect(await of.system.connections.all()).toEqual([]);
  });

  it('is not kept by its pings', async () => {
    const of = setUp();
    await of.connect('c');
    await end(of);
    await of.say('c', { type: 'ping' });
    expect([of.ended.length, of.heard.length]).toEqual([1, 0]);
  });

  it.each([{ source: 'a' }, { rollup: 'by-site' }])('hears nothing more of %o soon after', async (what) => {
    const of = setUp();
    await of.connect('good', { id: 'token-2', subject: 'another', kid: KID });
    await of.connect('c');
    for (const id of ['c', 'good']) await of.say(id, { type: 'subscribe', id: '1', round: 1, ...what });
    await of.change();
    const told = of.heard.filter(({ connection }) => connection === 'c').length;
    await end(of);
    of.system.keys = [...of.system.keys, { kid: 'another' }];
    await of.system.clock.advance(LIVE_TOKEN_SECONDS * 1_000);
    await of.change();
    expect(of.heard.filter(({ connection }) => connection === 'c')).toHaveLength(told);
    expect(of.ended.map(({ connection }) => connection)).toContain('c');
  });

  it('is ended though it says nothing and is told nothing, within a minute, and at its expiry to the millisecond', async () => {
    const of = setUp();
    const openedMs = of.system.clock.nowMs();
    await of.connect('c');
    await end(of);
    const endedMs = of.system.clock.nowMs();
    await of.hangUpFor(3);
    expect(of.ended).toHaveLength(1);
    expect((of.ended[0]?.atMs ?? 0) - endedMs).toBeLessThanOrEqual(60_000);
    expect(of.ended[0]?.atMs).toBeLessThanOrEqual(openedMs + LIFE_MS);
    expect(await of.system.connections.all()).toEqual([]);
  });
});

describe('a live connection whose token is good', () => {
  it('goes on: nobody ends it, whatever happens to other tokens', async () => {
    const of = setUp();
    await of.connect('c', { id: 'mine', subject: 'me' });
    await of.connect('other');
    await of.say('c', { type: 'subscribe', id: '1', round: 1, source: 'a' });
    const { tokens, clock } = of.system;
    await tokens.revoke('token-1', { nowMs: clock.nowMs(), expiresMs: clock.nowMs() + LIFE_MS });
    await of.hangUpFor(2);
    await of.change();
    expect(of.ended.map(({ connection }) => connection)).toEqual(['other']);
    expect(of.heard.filter(({ connection }) => connection === 'c').length).toBeGreaterThan(1);
  });

  it('is ended at its expiry, not before and not after, between two looks at all', async () => {
    const of = setUp();
    const nowMs = of.system.clock.nowMs();
    const lives = [7_001, 7_001, 31_000, 59_999, 61_500];
    for (const [at, lifeMs] of lives.entries()) {
      await of.connect(`c${at}`, { id: `t${at}`, expiresMs: nowMs + lifeMs });
    }
    await of.hangUpFor(2);
    expect(of.ended.map(({ connection, atMs }) => [connection, atMs - nowMs])).toEqual(
      lives.map((lifeMs, at) => [`c${at}`, lifeMs]),
    );
  });

  it('is opened with one, or not at all', async () => {
    const of = setUp();
    const { tokenKey, ...half } = authorizerOf();
    for (const authorizer of [
      undefined,
      {},
      half,
      { ...half, tokenKey: '%' },
      { ...half, tokenKey, tokenExpiresMs: 'soon' },
    ]) {
      expect(await of.connectWith('c', authorizer)).toEqual({ statusCode: 403 });
    }
    expect(await of.system.connections.all()).toEqual([]);
    expect(await of.connectWith('c', { ...half, tokenKey })).toEqual({ statusCode: 200 });
  });
});

describe('the function that hangs up', () => {
  it('ends at once where nobody is connected', async () => {
    const of = setUp();
    const nowMs = of.system.clock.nowMs();
    await of.hangUp();
    expect(of.system.clock.nowMs()).toBe(nowMs);
  });

  it('tries again where the service has trouble, and nothing is told meanwhile', async () => {
    const of = setUp({ endings: 'failed' });
    await of.connect('c');
    await of.system.clock.advance(LIFE_MS);
    await of.hangUpFor(2);
    expect(of.ended.length).toBeGreaterThan(1);
    expect(of.heard).toEqual([]);
    expect(await of.system.connections.all()).toHaveLength(1);
  });

  it('keeps to its time', async () => {
    const of = setUp();
    const nowMs = of.system.clock.nowMs();
    await of.connect('c');
    await of.hangUp(20_000);
    expect(of.system.clock.nowMs() - nowMs).toBeLessThanOrEqual(15_000);
  });

  it('finds every connection, many of them', async () => {
    const of = setUp();
    const ids = Array.from({ length: 500 }, (_, at) => `connection-${at}=`);
    for (const id of ids) await of.connect(id);
    expect(new Set((await of.system.connections.all()).map(({ connection }) => connection))).toEqual(
      new Set(ids),
    );
    await of.system.clock.advance(LIFE_MS);
    await of.hangUp();
    expect(of.ended).toHaveLength(500);
  });
});
