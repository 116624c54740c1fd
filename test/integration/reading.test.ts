// The readers' APIs as a reader meets them: over HTTP and a real WebSocket, through the local gateway, with the template's
// own routes, authorizers and permissions, and a pipeline behind.
import { describe, expect, it, onTestFinished } from 'vitest';
import { createAlert } from '../../consumers/alert/alert.ts';
import { createLive } from '../../consumers/live/live.ts';
import { createSubscribe } from '../../consumers/subscribe/subscribe.ts';
import type { PipelineDefinition } from '../../src/core/pipeline/definition.ts';
import type { AlertsView } from '../../src/live-client/alerts-view.ts';
import type { LiveRequest, LiveStatus } from '../../src/live-client/live-client.ts';
import { createLiveClient } from '../../src/live-client/live-client.ts';
import type { SeriesView } from '../../src/live-client/series-view.ts';
import { createApiGatewayPoster } from '../../src/platform/api-gateway-poster.ts';
import { systemClock } from '../../src/platform/clock.ts';
import type { TableChange } from '../../src/stores/memory-table.ts';
import type { RestEvent } from '../../src/wire/rest-event.ts';
import type { WebSocketEvent } from '../../src/wire/websocket-event.ts';
import { changeRecord } from '../support/change-records.ts';
import { sequenceOf } from '../support/event-streams.ts';
import { gatewayOver } from '../support/local-gateway.ts';
import { authorize, READER, readingStack } from '../support/reading-stack.ts';
import { ReadingSystem } from '../support/reading-system.ts';

const PIPELINE: PipelineDefinition = {
  aggregations: [{ name: 'short', window: { tumbling: '10ms' } }],
  rollups: [{ name: 'by-site', of: 'short', by: ['site'] }],
  alerts: [{ name: 'hot', on: { aggregation: 'short' }, metric: 'v', aggregate: 'max', when: { above: 5 } }],
};

async function setUp() {
  const system = new ReadingSystem(PIPELINE);
  const { pipeline, states, windows, directory, connections, standing, alerts, recent, observed } = system;
  let endpoint = '';
  const posting = () => ({
    pipeline,
    windows,
    connections,
    standing,
    recent,
    clock: systemClock,
    random: Math.random,
    poster: createApiGatewayPoster(endpoint, {
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    }),
    log: observed.log,
    meter: observed.meter,
  });
  const gateway = await gatewayOver(readingStack(), {
    functions: {
      Authorizer: authorize,
      // The events are what the gateway makes of requests and messages.
      Query: (event) => system.query(event as unknown as RestEvent),
      LiveSubscribe: (event) =>
        createSubscribe({ ...posting(), states, directory, alerts })(event as unknown as WebSocketEvent),
    },
  });
  endpoint = `${gateway.url}/live`;
  const judge = createAlert({
    pipeline,
    alerts,
    windows,
    log: observed.log,
    meter: observed.meter,
    nowMs: () => 0,
  });
  const told = { windows: 0, live: 0, alerts: 0, sources: 0 };
  const tell = async () => {
    await system.rollUp();
    const { tables, liveChanges } = system;
    const records = (changes: readonly TableChange[]) =>
      changes.map((change, at) => changeRecord(change, sequenceOf(at)));
    await judge({ Records: records(tables.changes.sources.slice(told.sources)) });
    const changes = [
      ...tables.changes.windows.slice(told.windows),
      ...liveChanges.slice(told.live),
      ...tables.changes.alerts.slice(told.alerts),
    ];
    Object.assign(told, {
      windows: tables.changes.windows.length,
      live: liveChanges.length,
      alerts: tables.changes.alerts.length,
      sources: tables.changes.sources.length,
    });
    await createLive(posting())({
      Records: records(changes),
    });
  };
  const get = (path: string, headers: Readonly<Record<string, string>> = { Authorization: READER }) =>
    fetch(`${gateway.url}/api${path}`, { headers });
  return { system, gateway, tell, get, liveUrl: `${gateway.url.replace('http', 'ws')}/live` };
}

/** A client whose views can be waited for. */
function watch(url: string, token: string, request: LiveRequest) {
  const statuses: LiveStatus[] = [];
  const views = new Map<string, SeriesView>();
  const alerts: { view?: AlertsView; readonly heard: string[] } = { heard: [] };
  let wake = () => {};
  const noticed = () => wake();
  const client = createLiveClient({
    url,
    token: () => token,
    onStatus: (status) => {
      statuses.push(status);
      noticed();
    },
  });
  onTestFinished(() => client.close());
  client.subscribe(request, {
    onChange: (view) => {
      views.set(view.series, view);
      noticed();
    },
    onAlerts: (view, changed) => {
      alerts.view = view;
      alerts.heard.push(...changed.map(({ source, status }) => `${source} ${status}`));
      noticed();
    },
    onReady: noticed,
  });
  const until = async (isSo: () => boolean) => {
    while (!isSo()) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { client, statuses, views, alerts, until };
}

describe('the query API', () => {
  it('answers readers and nobody else, whatever stands in the path', async () => {
    const { system, get, gateway } = await setUp();
    const source = 'a/b c é%2F\\?#';
    await system.send({ source, time: 1, values: { v: 1 }, tags: { site: 'a,b/c' } });
    await system.rollUp();
    const path = `/v1/sources/${encodeURIComponent(source)}/windows`;
    const answer = await get(`${path}?p=50&limit=1`);
    expect([answer.status, gateway.failures]).toEqual([200, []]);
    expect(await answer.json()).toMatchObject({ source, windows: [{ startMs: 0, final: false }] });
    const etag = answer.headers.get('etag') ?? '';
    const again = await get(`${path}?p=50&limit=1`, { Authorization: READER, 'If-None-Match': etag });
    expect([again.status, await again.text()]).toEqual([304, '']);
    expect((await get(path, {})).status).toBe(401);
    expect((await get(path, { Authorization: 'token-of-a-device' })).status).toBe(403);
    const rollup = await get(`/v1/rollups/by-site/${encodeURIComponent('a\\,b/c')}/windows`);
    expect(await rollup.json()).toMatchObject({ values: ['a,b/c'], windows: [{ events: 1 }] });
  });
});

describe('live', () => {
  it('gives a reader what there is, then every change, over a real WebSocket', async () => {
    const { system, tell, liveUrl, gateway } = await setUp();
    await system.send({ source: 'a', time: 1, values: { v: 1 }, tags: { site: 'n' } });
    await tell();
    const source = watch(liveUrl, READER, { source: 'a' });
    const rollup = watch(liveUrl, READER, { rollup: 'by-site' });
    await source.until(() => source.views.get('source|a')?.windows.length === 1);
    await rollup.until(() => rollup.views.size === 1);
    await system.send({ source: 'a', time: 12, values: { v: 2 }, tags: { site: 'n' } });
    await tell();
    await source.until(() => source.views.get('source|a')?.windows.length === 2);
    expect(source.views.get('source|a')?.windows).toMatchObject([
      { window: { startMs: 0, final: true } },
      { window: { startMs: 10, final: false, events: 1 } },
    ]);
    await rollup.until(() => rollup.views.get('rollup|by-site|["n"]')?.windows.length === 2);
    await system.send({ source: 'b', time: 3, tags: { site: 's' } });
    await tell();
    await rollup.until(() => rollup.views.has('rollup|by-site|["s"]'));
    expect(gateway.failures).toEqual([]);
    expect(gateway.access.join('\n')).not.toContain(READER);
  });

  it('gives a reader the alerts that are not well, then every transition', async () => {
    const { system, tell, get, liveUrl, gateway } = await setUp();
    const send = async (source: string, time: number, v: number) => {
      await system.send({ source, time, values: { v } });
      await tell();
    };
    for (const time of [1, 11]) await send('a', time, 9);
    const all = watch(liveUrl, READER, { alerts: {} });
    const one = watch(liveUrl, READER, { alerts: { rule: 'hot', source: 'b' } });
    await all.until(() => all.alerts.heard.length === 1);
    await one.until(() => one.alerts.view?.isLive === true);
    await send('b', 1, 9);
    await send('b', 11, 1);
    await send('b', 21, 1);
    await send('a', 21, 1);
    await all.until(() => all.alerts.heard.length === 3);
    expect(all.alerts.heard).toEqual(['a firing', 'b firing', 'b resolved']);
    expect(one.alerts.heard).toEqual(['b firing', 'b resolved']);
    const listed = await (await get('/v1/alerts')).json();
    expect(listed).toEqual({ alerts: all.alerts.view?.alerts });
    expect(gateway.failures).toEqual([]);
  });

  it('is there again for a client whose connection was ended, with nothing missing', async () => {
    const { system, tell, liveUrl } = await setUp();
    await system.send({ source: 'a', time: 1 });
    await tell();
    const { views, until, statuses } = watch(liveUrl, READER, { source: 'a' });
    await until(() => views.get('source|a')?.isLive === true);
    const [subscriber] = await system.connections.subscribers('source|a');
    if (subscriber === undefined) throw new Error('nobody is subscribed');
    const poster = createApiGatewayPoster(liveUrl.replace('ws', 'http'), {
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    await poster.disconnect(subscriber.connection);
    await until(() => statuses.includes('waiting'));
    await system.send({ source: 'a', time: 2 });
    await tell();
    await until(() => views.get('source|a')?.windows[0]?.window.events === 2);
    expect(await poster.post(subscriber.connection, 'x')).toBe('gone');
  });

  it('lets in no one without a reader’s token', async () => {
    const { liveUrl, system } = await setUp();
    const { statuses, until } = watch(liveUrl, 'token-of-a-device', { source: 'a' });
    await until(() => statuses.includes('waiting'));
    expect(statuses).not.toContain('open');
    expect(await system.connections.subscribers('source|a')).toEqual([]);
  });
});
