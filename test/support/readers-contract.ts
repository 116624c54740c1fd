// What the stores of readers must do, on DynamoDB or in memory.
import { describe, expect, test } from 'vitest';
import { rollupSeries } from '../../src/core/series.ts';
import { LIVE_TABLE, READERS_TABLE } from '../../src/platform/names.ts';
import { LEASE_MS, LiveConnections } from '../../src/stores/live-connections.ts';
import { RecentAlerts } from '../../src/stores/recent-alerts.ts';
import { RollupDirectory } from '../../src/stores/rollup-directory.ts';
import { textOf } from '../../src/stores/table.ts';
import { rollupTopic, sourceTopic } from '../../src/wire/live/topic.ts';
import { heldToken } from './held-token.ts';
import type { MakeTable } from './table-under-test.ts';
import { collect } from './table-under-test.ts';

const LIVE_SCHEMA = { partitionKey: LIVE_TABLE.partitionKey, sortKey: LIVE_TABLE.sortKey };
const READERS_SCHEMA = { partitionKey: READERS_TABLE.partitionKey, sortKey: READERS_TABLE.sortKey };
const HELD = heldToken();
const LONG = rollupSeries('r', ['é'.repeat(1_000)]);

export function liveConnectionsContract(make: MakeTable): void {
  describe('recent alerts', () => recentAlerts(make));
  describe('live connections', () => liveConnections(make));
  describe('the directory of rollups', () => rollupDirectory(make));
}

function recentAlerts(make: MakeTable): void {
  test('are those noted in the last minutes, however long their names, and however often they were noted', async () => {
    const { table } = await make(LIVE_SCHEMA);
    const recent = new RecentAlerts(table);
    const long = `hot|${LONG}`;
    await recent.note(['hot|source|a|1', long, long], 600_000);
    await recent.note(['hot|source|a|1', 'hot|source|a|2'], 720_000);
    const at = async (nowMs: number) => [...new Set(await collect(recent.list(nowMs)))].sort();
    expect(await at(720_000)).toEqual([long, 'hot|source|a|1', 'hot|source|a|2'].sort());
    expect(await at(900_000)).toContain(long);
    expect(await at(1_020_000)).toEqual(['hot|source|a|1', 'hot|source|a|2']);
    expect(await at(1_200_000)).toEqual([]);
  });
}

function liveConnections(make: MakeTable): void {
  test('are found by what they are subscribed to, long topics too', async () => {
    const { connections, subscribe } = await setUp(make);
    await subscribe('c1', 'mine|1', LONG);
    await subscribe('c2', 'x', LONG);
    await connections.subscribe('c2', { id: 'y', topic: LONG, filter: '[]' }, { nowMs: 0, most: 3 });
    expect(await connections.subscribers(LONG)).toEqual([
      { connection: 'c1', token: HELD, id: 'mine|1', filter: undefined },
      { connection: 'c2', token: HELD, id: 'x', filter: undefined },
      { connection: 'c2', token: HELD, id: 'y', filter: '[]' },
    ]);
    const live = await connections.liveTopics('rollup|', 1);
    expect(live.has(LONG)).toBe(true);
    expect(live.has(rollupSeries('r', ['é'.repeat(999)]))).toBe(false);
  });

  test('have so many subscriptions and no more; one of the same name is replaced', async () => {
    const { connections, subscribe } = await setUp(make);
    for (const id of ['1', '2', '3']) expect(await subscribe('c1', id, sourceTopic(id))).toBe('subscribed');
    expect(await subscribe('c1', '4', sourceTopic('4'))).toBe('too-many');
    expect(await subscribe('c1', '3', sourceTopic('other'))).toBe('subscribed');
    expect(await connections.subscribers(sourceTopic('3'))).toEqual([]);
    expect(await connections.subscribers(sourceTopic('other'))).toHaveLength(1);
    expect(await connections.subscribers(sourceTopic('4'))).toEqual([]);
  });

  test('that end leave nothing behind, and are not subscribed again', async () => {
    const { table, connections, subscribe } = await setUp(make);
    await subscribe('c1', '1', sourceTopic('a'));
    await subscribe('c1', '2', rollupTopic('r'));
    await subscribe('c2', '1', sourceTopic('a'));
    await connections.unsubscribe('c2', '1');
    await connections.close('c1');
    await connections.close('c1');
    expect(await subscribe('c1', '3', sourceTopic('a'))).toBe('gone');
    expect(await connections.renew('c1', 0)).toBeUndefined();
    const left = (await collect(table.scan())).map((item) => textOf(item, 'topic'));
    expect(left.sort()).toEqual([
      expect.stringMatching(/^connections\|/),
      'connection|c2',
      'topics',
      'topics',
    ]);
    expect(await connections.all()).toEqual([{ connection: 'c2', token: HELD }]);
    expect([await connections.tokenOf('c2'), await connections.tokenOf('c1')]).toEqual([HELD, undefined]);
  });

  test('keep their topics live by renewing them, and no longer', async () => {
    const { connections, subscribe } = await setUp(make);
    await subscribe('c1', '1', sourceTopic('early'));
    await subscribe('c1', '2', sourceTopic('late'), LEASE_MS / 3);
    await subscribe('c2', '1', sourceTopic('left'));
    for (let nowMs = 0; nowMs <= 4 * LEASE_MS; nowMs += 60_000) {
      expect(await connections.renew('c1', nowMs)).toEqual(['1', '2']);
      const live = await connections.liveTopics('source|', nowMs);
      expect([live.has(sourceTopic('early')), live.has(sourceTopic('late'))]).toEqual([true, true]);
      expect(live.has(sourceTopic('left'))).toBe(nowMs < LEASE_MS);
    }
    expect((await connections.liveTopics('source|', 6 * LEASE_MS)).size).toBe(0);
  });

  test('may change from several sides at once: nothing is lost', async () => {
    const { connections } = await setUp(make);
    const ids = ['1', '2', '3', '4'];
    await Promise.all(
      ids.map((id) =>
        connections.subscribe('c1', { id, topic: sourceTopic(id), filter: undefined }, { nowMs: 0, most: 9 }),
      ),
    );
    expect([...((await connections.renew('c1', 1)) ?? [])].sort()).toEqual(ids);
  });

  test('are told of changes that stand beside their subscriptions', async () => {
    const { table, connections, subscribe } = await setUp(make);
    await subscribe('c1', '1', sourceTopic('a'));
    await connections.putChanges([{ topic: sourceTopic('a'), to: 3, body: '{}' }], 0);
    await connections.putChanges([{ topic: sourceTopic('a'), to: 4, body: '{"x":1}' }], 0);
    expect(await connections.subscribers(sourceTopic('a'))).toHaveLength(1);
    const changes = (await collect(table.scan())).filter((item) => textOf(item, 'item') === 'change');
    expect(changes).toMatchObject([{ name: { S: 'source|a' }, version: { N: '4' }, body: { S: '{"x":1}' } }]);
  });
}

function rollupDirectory(make: MakeTable): void {
  test('lists each series once, from any of them on', async () => {
    const directory = new RollupDirectory((await make(READERS_SCHEMA)).table);
    const series = [['b'], ['a'], [null], ['']].map((values) => rollupSeries('r', values));
    await directory.note([...series, LONG, rollupSeries('r2', ['a'])]);
    await directory.note(series);
    const all = await collect(directory.list('r'));
    expect(new Set(all.map((one) => one.series))).toEqual(new Set([...series, LONG]));
    for (const [at, { key }] of all.entries()) {
      expect(await collect(directory.list('r', { after: key, readAhead: 2 }))).toEqual(all.slice(at + 1));
    }
  });
}

async function setUp(make: MakeTable) {
  const { table } = await make(LIVE_SCHEMA);
  const connections = new LiveConnections(table);
  await connections.open({ connection: 'c1', token: HELD }, 0);
  await connections.open({ connection: 'c2', token: HELD }, 0);
  const subscribe = (connection: string, id: string, topic: string, nowMs = 0, most = 3) =>
    connections.subscribe(connection, { id, topic, filter: undefined }, { nowMs, most });
  return { table, connections, subscribe };
}
