import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/event-source/virtual-clock.ts';
import type { LiveStatus } from '../../../src/live-client/live-client.ts';
import { createLiveClient } from '../../../src/live-client/live-client.ts';
import type { SocketListener } from '../../../src/live-client/live-socket.ts';
import { versionsDigest } from '../../../src/wire/live/versions-digest.ts';

const HOUR_MS = 3_600_000;

interface Socket {
  readonly listener: SocketListener;
  readonly protocols: readonly string[];
  readonly sent: Readonly<Record<string, unknown>>[];
  isClosed: boolean;
}

function setUp({ token = () => 'secret' as string | Promise<string>, random = 1 } = {}) {
  const clock = new VirtualClock();
  const sockets: Socket[] = [];
  const statuses: LiveStatus[] = [];
  const client = createLiveClient({
    url: 'wss://here/live',
    token,
    onStatus: (status) => statuses.push(status),
    deps: {
      clock,
      random: () => random,
      openSocket: (_, protocols, listener) => {
        const socket: Socket = { listener, protocols, sent: [], isClosed: false };
        sockets.push(socket);
        return {
          send: (text) => socket.sent.push(JSON.parse(text)),
          close: () => {
            socket.isClosed = true;
            listener.onClose();
          },
        };
      },
    },
  });
  const latest = () => {
    const socket = sockets.at(-1);
    if (socket === undefined) throw new Error('no socket');
    return socket;
  };
  const tell = (message: object) => latest().listener.onMessage(JSON.stringify(message));
  return { clock, client, sockets, statuses, latest, tell };
}

describe('a live client', () => {
  it('shows its token as a subprotocol, and asks for a new one each time', async () => {
    let asked = 0;
    const { clock, sockets, latest } = setUp({
      token: () => {
        asked += 1;
        return `token${asked}`;
      },
    });
    await clock.settle();
    expect(latest().protocols).toEqual(['tidemill.v1', 'token.token1']);
    latest().listener.onClose();
    await clock.advance(30_000);
    expect(sockets.map(({ protocols }) => protocols[1])).toContain('token.token2');
  });

  it('pings, and takes a connection for dead that does not answer', async () => {
    const { clock, sockets, latest, tell } = setUp({ random: 0 });
    await clock.settle();
    latest().listener.onOpen();
    await clock.advance(60_000);
    expect(latest().sent).toEqual([{ type: 'ping' }]);
    tell({ type: 'pong', subscriptions: [] });
    await clock.advance(15_000);
    expect(latest().isClosed).toBe(false);
    await clock.advance(75_000);
    expect(sockets[0]?.isClosed).toBe(true);
    expect(sockets).toHaveLength(2);
  });

  it('connects anew before two hours are over', async () => {
    const { clock, sockets, latest, tell } = setUp({ random: 0 });
    await clock.settle();
    latest().listener.onOpen();
    const beganMs = clock.nowMs();
    while (sockets.length === 1 && clock.nowMs() - beganMs < 4 * HOUR_MS) {
      await clock.advance(5_000);
      tell({ type: 'pong', subscriptions: [] });
    }
    const lifeMs = clock.nowMs() - beganMs;
    expect(lifeMs).toBeGreaterThan(HOUR_MS);
    expect(lifeMs).toBeLessThan(2 * HOUR_MS);
  });

  it('waits longer after each connection that fails, half a minute at most', async () => {
    const { clock, sockets, latest } = setUp();
    const gaps: number[] = [];
    await clock.settle();
    for (let at = 0; at < 10; at += 1) {
      const before = clock.nowMs();
      const count = sockets.length;
      latest().listener.onClose();
      while (sockets.length === count) await clock.advance(500);
      gaps.push(clock.nowMs() - before);
    }
    expect(gaps).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000, 30_000]);
  });

  it('subscribes again on a new connection with what it has', async () => {
    const { clock, client, latest, tell } = setUp({ random: 0 });
    await clock.settle();
    const socket = latest();
    socket.listener.onOpen();
    client.subscribe({ rollup: 'r' }, {});
    expect(socket.sent).toEqual([{ type: 'subscribe', id: '1', round: 1, rollup: 'r' }]);
    const versions = [{ key: '0+60000#0', version: 7 }];
    tell({
      type: 'snapshot',
      id: '1',
      round: 1,
      series: 'rollup|r|[]',
      fromMs: 0,
      versions,
      windows: [],
      last: true,
    });
    tell({ type: 'ready', id: '1', round: 1, series: ['rollup|r|[]'] });
    socket.listener.onClose();
    await clock.advance(1);
    latest().listener.onOpen();
    const digest = versionsDigest([['0+60000#0', 7]]);
    const have = [{ series: 'rollup|r|[]', fromMs: 0, digest }];
    expect(latest().sent).toEqual([{ type: 'subscribe', id: '1', round: 2, rollup: 'r', have }]);
  });

  it('asks in a frame that API Gateway takes, whatever it has', async () => {
    const { clock, client, latest, tell } = setUp({ random: 0 });
    await clock.settle();
    latest().listener.onOpen();
    client.subscribe({ rollup: 'long' }, {});
    const series = Array.from({ length: 250 }, (_, at) => `rollup|long|["${'é'.repeat(200)}${at}"]`);
    for (const each of series)
      tell({
        type: 'snapshot',
        id: '1',
        round: 1,
        series: each,
        fromMs: 0,
        versions: [{ key: 'k', version: 3 }],
        windows: [],
        last: true,
      });
    tell({ type: 'ready', id: '1', round: 1, series });
    latest().listener.onClose();
    await clock.advance(1);
    latest().listener.onOpen();
    const [asked] = latest().sent;
    expect(Buffer.byteLength(JSON.stringify(asked))).toBeLessThan(32_768);
    expect(asked?.['have']).toContainEqual({
      series: series[0],
      fromMs: 0,
      digest: versionsDigest([['k', 3]]),
    });
  });

  it('waits longer each time for a connection that ends as soon as it is open', async () => {
    const { clock, sockets, latest } = setUp();
    const gaps: number[] = [];
    for (let turn = 0; turn < 5; turn += 1) {
      await clock.settle();
      latest().listener.onOpen();
      const [count, before] = [sockets.length, clock.nowMs()];
      latest().listener.onClose();
      while (sockets.length === count) await clock.advance(500);
      gaps.push(clock.nowMs() - before);
    }
    expect(gaps).toEqual([1_000, 2_000, 4_000, 8_000, 16_000]);
  });

  it('asks again for what the server does not know of', async () => {
    const { clock, client, latest, tell } = setUp();
    await clock.settle();
    latest().listener.onOpen();
    client.subscribe({ source: 'a' }, {});
    tell({ type: 'ready', id: '1', round: 1, series: [] });
    tell({ type: 'pong', subscriptions: ['1'] });
    expect(latest().sent).toHaveLength(1);
    tell({ type: 'pong', subscriptions: [] });
    expect(latest().sent.at(-1)).toMatchObject({ type: 'subscribe', id: '1', round: 2 });
  });

  it('passes over what it does not understand, and tells of a request that is refused', async () => {
    const { clock, client, latest, tell } = setUp();
    await clock.settle();
    latest().listener.onOpen();
    const errors: string[] = [];
    client.subscribe({ rollup: 'none' }, { onError: (detail) => errors.push(detail) });
    latest().listener.onMessage('nonsense');
    tell({ type: 'new kind' });
    tell({ type: 'error', id: '1', detail: 'no such rollup', more: 'of a newer server' });
    expect(errors).toEqual(['no such rollup']);
    latest().listener.onClose();
    await clock.advance(2_000);
    latest().listener.onOpen();
    expect(latest().sent).toEqual([]);
  });

  it('tells of alerts as they stand, then of each transition, and asks anew where one is missing', async () => {
    const { clock, client, latest, tell } = setUp();
    await clock.settle();
    latest().listener.onOpen();
    const heard: string[] = [];
    const alert = (sequence: number, from: string, status: string) => ({
      rule: 'hot',
      series: 'source|short|a',
      source: 'a',
      aggregation: 'short',
      status,
      from,
      sequence,
      sinceMs: 0,
      severity: 'warning',
      reason: 'as it is',
      window: { startMs: 0, endMs: 10, revision: 1, value: 9 },
    });
    client.subscribe(
      { alerts: { rule: 'hot' } },
      {
        onAlerts: (view, changed) =>
          heard.push(
            `${changed.map(({ status, sequence }) => `${status} ${sequence}`)} of ${view.alerts.length}`,
          ),
        onReady: () => heard.push('ready'),
      },
    );
    expect(latest().sent).toEqual([{ type: 'subscribe', id: '1', round: 1, alerts: { rule: 'hot' } }]);
    const transition = (...of: Parameters<typeof alert>) => ({ alert: alert(...of), for: ['1'] });
    const alerts = [alert(1, 'ok', 'pending')];
    tell({ type: 'alerts', id: '1', round: 1, alerts, whole: true, last: true });
    tell({ type: 'ready', id: '1', round: 1, series: [] });
    tell({
      type: 'transitions',
      transitions: [transition(2, 'pending', 'firing'), transition(3, 'firing', 'resolved')],
    });
    tell({ type: 'transitions', transitions: [{ ...transition(4, 'resolved', 'firing'), for: ['2'] }] });
    expect(heard).toEqual(['pending 1 of 1', 'ready', 'firing 2,resolved 3 of 1']);
    tell({ type: 'transitions', transitions: [transition(5, 'firing', 'resolved')] });
    expect(latest().sent.at(-1)).toMatchObject({ type: 'subscribe', id: '1', round: 2 });
    const now = [alert(5, 'firing', 'resolved')];
    tell({ type: 'alerts', id: '1', round: 2, alerts: now, whole: true, last: true });
    expect(heard.at(-1)).toBe('resolved 5 of 1');
  });

  it('that is closed does nothing any more', async () => {
    const { clock, client, sockets, statuses } = setUp();
    await clock.settle();
    client.close();
    await clock.advance(100_000);
    expect(sockets).toHaveLength(1);
    expect(statuses.at(-1)).toBe('closed');
  });

  it('goes on trying where there is no token', async () => {
    let asked = 0;
    const { clock, sockets } = setUp({
      token: async () => {
        asked += 1;
        if (asked < 3) throw new Error('not now');
        return 'secret';
      },
    });
    await clock.advance(10_000);
    expect(sockets).toHaveLength(1);
  });
});
