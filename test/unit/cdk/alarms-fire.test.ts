// Every alarm of the stack goes off once, by metrics that the real functions, mappings and doors publish in a run in memory; and none
// does while nothing is wrong.

import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it, test } from 'vitest';
import { WebSocket } from 'ws';
import type { AlertState } from '../../../src/core/alerts/alert-state.ts';
import { DEFAULT_PARTS } from '../../../src/core/pipeline/read-rollup.ts';
import { firstPartOf } from '../../../src/core/rollup-parts.ts';
import { LocalCloudWatch } from '../../../src/local-stack/cloudwatch/local-cloudwatch.ts';
import { keyOf } from '../../../src/local-stack/cloudwatch/metric-store.ts';
import { RETIREMENT_PATH } from '../../../src/platform/door.ts';
import { FUNCTION_NAMES, type FunctionName, MAX_SERIES } from '../../../src/platform/names.ts';
import { Alerts } from '../../../src/stores/alerts.ts';
import { LiveConnections } from '../../../src/stores/live-connections.ts';
import { type Item, number, numberOf, type Table, text, textOf } from '../../../src/stores/table.ts';
import { AlarmRun, idOf, nameOf, production } from '../../support/alarm-run.ts';
import { BLANK_ALERT } from '../../support/blank-alert.ts';
import { openDoor } from '../../support/door.ts';
import { restEvent } from '../../support/reading-system.ts';

const { system, dashboard } = production();
const functions = system.functions.map(nameOf);
const MINUTE = 60_000;
/** Alarms that have gone off in one of the tests. */
const heard = new Set<string>();
/** Metrics that were published in one of the tests. */
const published = new Set<string>();

function note(run: { readonly cloudWatch: LocalCloudWatch }): readonly string[] {
  for (const id of run.cloudWatch.store.metrics()) published.add(keyOf(id));
  const ringing = run.cloudWatch
    .alarms(system.alarms)
    .filter(({ state }) => state === 'ALARM')
    .map(({ alarm }) => idOf(alarm));
  for (const id of ringing) heard.add(id);
  return ringing;
}

/** So many minutes of a fleet that sends every ten seconds. */
async function minutes(run: AlarmRun, count: number, temperature = 20): Promise<void> {
  for (let ten = 0; ten < 6 * count; ten += 1) {
    await run.send(['a', 'b', 'c'], temperature);
    await run.clock.advance(10_000);
  }
}

const alarmIds = (pattern: RegExp) => system.alarms.map(idOf).filter((id) => pattern.test(id));

describe('the alarms of the stack', () => {
  it('are quiet while all goes well, and all they look at but the doors is published', async () => {
    const run = await AlarmRun.start();
    run.schedule();
    await minutes(run, 20, 40);
    const [watcher] = [new LiveConnections(run.table('LiveState'))];
    const { held: token } = await run.issue('reader');
    await watcher.open({ connection: 'connection', token }, run.clock.nowMs());
    await watcher.subscribe(
      'connection',
      { id: '1', topic: 'rollup|by-site', filter: undefined },
      { nowMs: run.clock.nowMs(), most: 10 },
    );
    await minutes(run, 5);
    await run.invoke('query', restEvent('/v1/sources'));
    for (const eventType of ['CONNECT', 'MESSAGE', 'DISCONNECT'])
      await run.invoke('subscribe', {
        requestContext: { eventType, connectionId: 'other' },
        ...(eventType === 'MESSAGE' ? { body: '{"type":"ping"}' } : {}),
      });
    // One whose token has expired, and who says something.
    await watcher.open({ connection: 'late', token: { ...token, expiresMs: 0 } }, run.clock.nowMs());
    const message = { eventType: 'MESSAGE', connectionId: 'late' };
    await run.invoke('subscribe', { requestContext: message, body: '{"type":"ping"}' });
    await run.invoke('authorize', asked('none'));
    await run.invoke('authorize', asked((await run.issue()).text));
    expect(note(run)).toEqual([]);
  });

  it('tell of functions that throw', async () => {
    const run = await AlarmRun.start(() => false);
    run.trouble.throwing = functions;
    // What the clock runs looks at no event.
    run.trouble.unreachable = ['Alerts', 'LiveState', 'Readers'];
    for (let minute = 0; minute < 3; minute += 1) {
      for (const name of functions) await run.invoke(name, {});
      await run.clock.advance(MINUTE);
    }
    // A refusal of the authorizer is an error to Lambda, and no trouble.
    const errors = alarmIds(/Errors$/);
    expect(errors).toHaveLength(functions.length - 1);
    expect(note(run)).toEqual(expect.arrayContaining(errors));
  });

  it('tell of functions that are throttled', async () => {
    const run = await AlarmRun.start(() => false);
    run.trouble.throttled = functions;
    for (let minute = 0; minute < 3; minute += 1) {
      for (const name of functions) await run.invoke(name, {});
      await run.clock.advance(MINUTE);
    }
    const throttles = alarmIds(/Throttles$/);
    expect(throttles).toHaveLength(functions.length);
    expect(note(run)).toEqual(expect.arrayContaining(throttles));
  });

  it.each<[FunctionName, string, Partial<AlarmRun['trouble']>]>([
    ['aggregate', 'AggregateConsumerOwnfailures', { unwritable: ['Sources'] }],
    ['rollup', 'RollupConsumerOwnfailures', { unreachable: ['Windows'] }],
    ['alert', 'AlertConsumerOwnfailures', { unreachable: ['Alerts'] }],
    ['publish', 'PublishConsumerOwnfailures', { bus: true }],
    ['outlet', 'OutletConsumerOwnfailures', { bus: true }],
    ['live', 'LiveConsumerOwnfailures', { unreachable: ['LiveState'] }],
    ['hang-up', 'LiveHangUpOwnfailures', { unreachable: ['LiveState'] }],
    ['close', 'CloseConsumerOwnfailed', { unwritable: ['Sources'] }],
    ['alert-clock', 'AlertClockConsumerOwnfailed', { unwritable: ['Alerts'] }],
  ])('tell of %s, which answers that its work fails, and to Lambda does not', async (name, id, trouble) => {
    const run = await AlarmRun.start();
    run.schedule();
    await minutes(run, 3, 40);
    Object.assign(run.trouble, trouble);
    // What is to be closed is closed once all before it has been read: the stream brings nothing but ticks.
    if (name === 'close') await run.clock.advance(16 * MINUTE);
    // To and fro, so that alerts begin and end.
    else for (let minute = 0; minute < 6; minute += 1) await minutes(run, 1, minute % 2 === 0 ? 20 : 50);
    expect(note(run)).toContain(id);
    // What the clock runs throws what it cannot go on with.
    if (name !== 'hang-up') expect(note(run)).not.toContain(id.replace(/Own.*/, 'Errors'));
  });

  it.each<[FunctionName, string, Partial<AlarmRun['trouble']>, unknown]>([
    ['authorize', 'DoorAuthorizeConsumerOwnfailures', { secrets: true }, asked('aaa.bbb.ccc')],
    ['query', 'QueryConsumerOwnfailures', { unreachable: ['Sources'] }, restEvent('/v1/sources')],
    [
      'retire',
      'RetireConsumerOwnfailures',
      { unreachable: ['Sources'] },
      { ...restEvent('/v1/sources/a/retirement'), resource: RETIREMENT_PATH, httpMethod: 'POST' },
    ],
  ])('tell of %s, which answers for itself', async (name, id, trouble, event) => {
    const run = await AlarmRun.start(() => false);
    Object.assign(run.trouble, trouble);
    for (let minute = 0; minute < 3; minute += 1) {
      await run.invoke(name, event);
      await run.clock.advance(MINUTE);
    }
    expect(note(run)).toContain(id);
  });

  it('tell of what is stored and does not add up', async () => {
    const run = await AlarmRun.start();
    run.schedule();
    await minutes(run, 12);
    expect(note(run)).not.toContain('AuditDifferences');
    const windows = run.table('Windows');
    for await (const item of windows.scan()) {
      const [series = '', window = ''] = [textOf(item, 'series'), textOf(item, 'window')];
      if (series.startsWith('source|'))
        await windows.deleteMany([{ series: text(series), window: text(window) }]);
    }
    // A pass begins once an hour, looks, and at the next run decides; the alarm looks at twenty minutes at a time.
    await run.clock.advance(95 * MINUTE);
    expect(note(run)).toContain('AuditDifferences');
  }, 60_000);

  it('tell of an audit that does not run', async () => {
    const run = await AlarmRun.start(() => false);
    run.trouble.failing = ['audit'];
    run.schedule();
    await run.clock.advance(100 * MINUTE);
    expect(note(run)).toContain('AuditStopped');
  }, 60_000);

  it('tell of closers that do not get through, and of those that do not run', async () => {
    const run = await AlarmRun.start();
    await minutes(run, 3);
    run.trouble.noTime = true;
    run.schedule();
    // Silence is due to be closed and to be alarmed of, and nobody gets to it.
    await run.clock.advance(8 * MINUTE);
    expect(note(run)).toEqual(
      expect.arrayContaining(['CloseConsumerOwnunreached', 'AlertClockConsumerOwnunreached']),
    );
    run.trouble.failing = ['close', 'alert-clock', 'hang-up'];
    await run.clock.advance(8 * MINUTE);
    expect(note(run)).toEqual(expect.arrayContaining(['CloseStopped', 'AlertClockStopped', 'LiveStopped']));
  });

  it('tell of silence that is not judged, since the stream is not read', async () => {
    const run = await AlarmRun.start();
    run.schedule();
    await minutes(run, 3);
    run.trouble.failing = ['aggregate'];
    await minutes(run, 16);
    expect(note(run)).toContain('CloseConsumerOwnsilenceNotJudged');
  });

  it('tell of readers that fall behind, of what they give up, and of what is lost so', async () => {
    const run = await AlarmRun.start();
    run.schedule();
    await minutes(run, 3, 40);
    await new LiveConnections(run.table('LiveState')).putChanges(
      [{ topic: 'source|a', to: 1, body: JSON.stringify({ series: 'a', versions: [], windows: [] }) }],
      run.clock.nowMs(),
    );
    await run.send(['a']);
    const readers = [...new Set(system.mappings.map(({ fn }) => nameOf(fn)))];
    // Something waits for each of them.
    run.trouble.failing = readers.filter((name) => name !== 'aggregate' && name !== 'alert');
    await minutes(run, 1, 20);
    run.trouble.failing = readers.filter((name) => name !== 'aggregate');
    await minutes(run, 1, 45);
    run.trouble.failing = readers;
    await fireOnce(run);
    await writeInto(run, 'Outlet');
    await minutes(run, 6, 45);
    expect(note(run)).toEqual(expect.arrayContaining(alarmIds(/Behind$/)));
    // They work again, on what has waited.
    run.trouble.failing = [];
    for (const table of ['Alerts', 'LiveState'])
      run.trouble.unreachable = [...run.trouble.unreachable, table];
    await minutes(run, 6, 50);
    expect(note(run)).toEqual(expect.arrayContaining(alarmIds(/Lagging$/)));
  }, 60_000);

  it.each([
    [false, 'GivenUp'],
    [true, 'Lost'],
  ])(
    'tell of records given up: where the bucket refuses is %s, %s',
    async (destination, which) => {
      for (const spec of system.mappings) {
        const run = await AlarmRun.start((mapping) => mapping === spec);
        run.trouble.failing = [nameOf(spec.fn)];
        run.trouble.destination = destination;
        if (spec.source.kind === 'kinesis') await run.send(['a']);
        else await writeInto(run, spec.source.table.logicalId);
        const days = spec.source.kind === 'kinesis' ? 7 : 1;
        // Four hours before the stream lets go of it.
        await run.clock.advance(days * 86_400_000 - 4 * 3_600_000 - MINUTE);
        const rung = new Set<string>();
        for (let minute = 0; minute < 5; minute += 1) {
          await run.clock.advance(MINUTE);
          for (const id of note(run)) rung.add(id);
        }
        expect([...rung], spec.logicalId).toContain(
          alarmIds(new RegExp(`${which}$`)).find((id) =>
            spec.logicalId.startsWith(id.slice(0, -which.length)),
          ),
        );
      }
    },
    120_000,
  );

  it('tell of books that do not balance, and not of work that fails', async () => {
    const run = await AlarmRun.start();
    run.schedule();
    await minutes(run, 5);
    run.trouble.unwritable = ['Sources'];
    await minutes(run, 15);
    expect(note(run)).not.toContain('AggregateImbalanceAlarm');
    run.trouble.unwritable = [];
    run.trouble.loses = 'applied';
    await minutes(run, 15);
    expect(note(run)).toContain('AggregateImbalanceAlarm');
  });

  it('tell of sources that are held, and of what that leaves unread downstream', async () => {
    const run = await AlarmRun.start();
    run.schedule();
    await minutes(run, 2);
    await run.table('Sources').putMany([{ source: text('torn'), version: number(1), state: TORN }]);
    await run.send(['torn']);
    expect(await heardWithin(run, 3)).toEqual(
      expect.arrayContaining([
        'AggregateConsumerOwnheld',
        'RollupConsumerOwnunreadableChanges',
        'AlertConsumerOwnunreadableChanges',
      ]),
    );
    for (let minute = 0; minute < 15; minute += 1) {
      await run.send(['torn']);
      await minutes(run, 1);
    }
    // Held events are in the books.
    expect(note(run)).not.toContain('AggregateImbalanceAlarm');
  });

  it('tell of alerts that cannot be read', async () => {
    const run = await AlarmRun.start();
    await minutes(run, 3, 40);
    await tear(run.table('Alerts'), () => true);
    await run.send(['a', 'b', 'c'], 50);
    await run.clock.advance(MINUTE);
    await run.send(['a', 'b', 'c'], 20);
    expect(await heardWithin(run, 4)).toEqual(
      expect.arrayContaining(['AlertConsumerOwnunfitAlerts', 'PublishConsumerOwnunreadableChanges']),
    );
  });

  it('tell of rollup windows that cannot be read', async () => {
    const run = await AlarmRun.start();
    await run.send(['a']);
    await run.clock.advance(10_000);
    await tear(run.table('Windows'), (item) => textOf(item, 'window')?.includes('#') === true);
    await run.send(['a']);
    expect(await heardWithin(run, 3)).toContain('RollupConsumerOwnrollupUnreadable');
  });

  it('tell of rollup windows that are full', async () => {
    const run = await AlarmRun.start();
    const candidates = Array.from({ length: 200 }, (_, at) => `s${at}`);
    // Sources that are added up in one part.
    const sources = candidates.filter((source) => firstPartOf(source, DEFAULT_PARTS) === 0).slice(0, 4);
    await run.send(sources);
    await run.clock.advance(10_000);
    // Each makes up names of its own, as many as its window holds.
    for (const source of sources) {
      for (let event = 0; event < 16; event += 1) {
        const names = Array.from({ length: 63 }, (_, at) => `${source}-${event}-${at}`.padEnd(60, '-'));
        await run.send([source], 20, Object.fromEntries(names.map((name) => [name, 1])));
      }
    }
    expect(await heardWithin(run, 3)).toContain('RollupConsumerOwnrollupFull');
  });

  it('tell of rollups with many series, and of series that there is no room to note', async () => {
    const run = await AlarmRun.start();
    // As if so many had been there for long.
    const counted = { what: text('series-count|by-site'), name: text('all'), version: number(1) };
    await run.table('Readers').putMany([{ ...counted, count: number(MAX_SERIES - 550) }]);
    const sites = (from: number, count: number) =>
      Array.from({ length: count }, (_, at) => `site-${from + at}`);
    // Little by little: they are counted all the same.
    const many = new Set<string>();
    for (let minute = 0; minute < 15; minute += 1) {
      await run.send(['a'], 20, {}, sites(minute, 1));
      for (const id of await heardWithin(run, 1)) many.add(id);
    }
    expect([...many]).toContain('RollupManySeries');
    for (const [at, source] of ['b', 'c', 'd'].entries())
      await run.send([source], 20, {}, sites(1_000 * (at + 1), 240));
    await run.clock.advance(10_000);
    // One more source, with more sites than are kept apart.
    await run.send(['e'], 20, {}, sites(9_000, 260));
    expect([...many]).not.toContain('RollupConsumerOwnseriesNotNoted');
    expect(await heardWithin(run, 3)).toContain('RollupConsumerOwnseriesNotNoted');
  });

  it('tell of a stream that refuses writes, and of one that nothing comes into', async () => {
    const run = await AlarmRun.start(() => false);
    for (let minute = 0; minute < 20; minute += 1) {
      run.cloudWatch.takePut(system.streams[0]?.name ?? '', { records: 1, bytes: 10, refused: 2 });
      await run.clock.advance(MINUTE);
    }
    expect(note(run)).toContain('TelemetryWritesRefused');
    expect(note(run)).not.toContain('TelemetryQuiet');
    await run.clock.advance(25 * MINUTE);
    expect(note(run)).toContain('TelemetryQuiet');
  });

  it('tell of live connections that are shed', async () => {
    const run = await AlarmRun.start();
    run.trouble.slow = true;
    const connections = new LiveConnections(run.table('LiveState'));
    const { held: token } = await run.issue('reader');
    for (let minute = 0; minute < 5; minute += 1) {
      const nowMs = run.clock.nowMs();
      await connections.open({ connection: 'slow', token }, nowMs);
      await connections.subscribe(
        'slow',
        { id: '1', topic: 'rollup|by-site', filter: undefined },
        { nowMs, most: 10 },
      );
      await minutes(run, 1);
    }
    expect(note(run)).toContain('LiveConsumerOwnshed');
  });

  it('tell of doors that fail, and of doors that turn many away', async () => {
    const apiName = 'Tidemill-production';
    const liveId = system.webSocketApis[0]?.id ?? '';
    let nowMs = Date.UTC(2026, 0, 1);
    let fails = true;
    const cloudWatch = new LocalCloudWatch(() => nowMs);
    const door = await openDoor({
      // Its own stack's ids are those of the production stack's here.
      observe: (event) =>
        cloudWatch.takeGateway(
          event.kind === 'request' ? { ...event, apiName } : { ...event, apiId: liveId },
        ),
      callService: async () => ({ status: 500, body: '{"__type":"InternalFailure"}' }),
      functions: {
        LiveSubscribe: () => {
          if (fails) throw new Error('no');
          return { statusCode: 200, headers: { 'Sec-WebSocket-Protocol': 'tidemill.v1' } };
        },
      },
    });
    const token = await door.issue({});
    for (let minute = 0; minute < 3; minute += 1) {
      const event = JSON.stringify({ id: minute, time: door.clock.nowMs, values: { n: 1 } });
      expect((await door.post(event, token)).status).toBe(503);
      for (let one = 0; one < 25; one += 1) expect((await door.post(event)).status).toBe(401);
      for (let one = 0; one < 25; one += 1) await connectionTo(`${door.url}/live`, []);
      // A token that is valid, and a function behind the door that is not there.
      await connectionTo(`${door.url}/live`, ['tidemill.v1', `token.${await door.issue({ use: 'reader' })}`]);
      nowMs += MINUTE;
    }
    fails = false;
    await connectionTo(`${door.url}/live`, ['tidemill.v1', `token.${await door.issue({ use: 'reader' })}`]);
    expect(note({ cloudWatch })).toEqual(
      expect.arrayContaining(['DoorFailing', 'DoorRefusing', 'LiveFailing', 'LiveRefusing']),
    );
  }, 60_000);

  it('tell of files that are refused', async () => {
    const run = await AlarmRun.start(() => false);
    for (let minute = 0; minute < 3; minute += 1) {
      const name = `incoming/${minute}.bin`;
      const put = await run.objects.put(name, Buffer.from([1, 2, 3, minute]));
      const object = { key: name, etag: put.kind === 'refused' ? '' : put.tag };
      await run.invoke('incoming', { 'detail-type': 'Object Created', detail: { object } });
      await run.clock.advance(MINUTE);
    }
    expect(note(run)).toContain('IncomingConsumerOwnrefusedFiles');
  });

  it('tell of messages that the rule of the MQTT door could not put into the stream', async () => {
    const run = await AlarmRun.start(() => false);
    const [{ name: rule } = { name: '' }] = system.topicRules;
    run.cloudWatch.takeTopicRule({ rule, succeeded: true });
    await run.clock.advance(MINUTE);
    expect(note(run)).not.toContain('MqttFailing');
    run.cloudWatch.takeTopicRule({ rule, succeeded: false });
    await run.clock.advance(MINUTE);
    expect(note(run)).toContain('MqttFailing');
  });

  it('have all been heard now', () => {
    expect(system.alarms.map(idOf).filter((id) => !heard.has(id))).toEqual([]);
  });

  it('look at nothing that is not published, and so does the dashboard', () => {
    const watched = system.alarms.flatMap(({ metrics }) => [...metrics.values()].map(keyOf));
    const graphed = graphedIn(dashboard);
    expect(graphed.length).toBeGreaterThan(80);
    expect([...watched, ...graphed].filter((key) => !published.has(key))).toEqual([]);
  });

  it('go with a dashboard that says how far behind each reader is', () => {
    const lags = graphedIn(dashboard)
      .map((key) => JSON.parse(key))
      .filter(([, name]) => name === 'lagMs')
      .map(([, , dimensions]) => Object.fromEntries(dimensions).service);
    expect([...new Set(lags)].sort()).toEqual(
      [...new Set(system.mappings.map(({ fn }) => nameOf(fn)))].sort(),
    );
  });

  it('have an entry each in the runbook, and no entry is of none', async () => {
    const runbook = await readFile('docs/runbook.md', 'utf8');
    const entries = [...runbook.matchAll(/^## (.+)$/gm)].map(([, entry]) => entry).sort();
    const named = system.alarms.map(({ description }) => /runbook\.md#([a-z-]+)$/.exec(description)?.[1]);
    expect([...new Set(named)].sort()).toEqual(entries);
    for (const section of runbook.split(/^## /m).slice(1))
      for (const part of ['**Means**', '**Look at**', '**Do**']) expect(section).toContain(part);
  });

  it('look at metrics that are all told of, one by one, and nothing else is', async () => {
    const own = [...published]
      .map((key) => JSON.parse(key))
      .filter(([namespace]) => namespace === 'Tidemill-production')
      .map(([, name, dimensions]) => `${Object.fromEntries(dimensions)['service']} ${name}`);
    // No pipeline of theirs has shapes, and none of their records unpacks to so much.
    const rare = ['aggregate notTaken', 'aggregate postponed'];
    expect(await toldOf()).toEqual([...new Set([...own, ...rare])].sort());
  });
});

test('every metric that the source of a function publishes is told of', async () => {
  const told = await toldOf();
  const untold: string[] = [];
  let found = 0;
  for (const name of FUNCTION_NAMES) {
    for (const file of await readdir(`consumers/${name}`)) {
      for (const metric of publishedIn(await readFile(`consumers/${name}/${file}`, 'utf8'))) {
        found += 1;
        if (!told.includes(`${name} ${metric}`)) untold.push(`${name} ${metric}`);
      }
    }
  }
  expect(untold).toEqual([]);
  expect(found).toBeGreaterThan(90);
});

/** Function and name of each metric in the document's tables. */
async function toldOf(): Promise<readonly string[]> {
  const metrics = await readFile('docs/metrics.md', 'utf8');
  const rows = metrics.matchAll(/^\| `([a-z-]+)` \| `(\w+)` \| (?:count|ms) \| [^|]+ \| [^|]+ \|$/gm);
  return [...rows].map(([, service, name]) => `${service} ${name}`).sort();
}

/** Names that a source gives to `meter.publish`, but for those in objects that it spreads. */
function publishedIn(source: string): readonly string[] {
  return [...source.matchAll(/meter\.publish\(\{(.*?)\}\);/gs)].flatMap(([, text = '']) => {
    // What stands within brackets are values.
    let [flat, before] = [text, ''];
    while (flat !== before)
      [before, flat] = [flat, flat.replaceAll(/\([^()]*\)|\[[^[\]]*\]|\{[^{}]*\}/g, '')];
    return [...flat.matchAll(/(?:^|,)\s*(?:\/\/[^\n]*\s*)*(\w+)\s*(?=[:,]|$)/g)].map(([, name = '']) => name);
  });
}

/** Which go off in one of so many minutes. */
async function heardWithin(run: AlarmRun, count: number): Promise<readonly string[]> {
  const rung = new Set<string>();
  for (let minute = 0; minute < count; minute += 1) {
    await run.clock.advance(MINUTE);
    for (const id of note(run)) rung.add(id);
  }
  return [...rung];
}

/** A state that nobody can read. */
const TORN = { B: Uint8Array.of(99) };

/** Damages what is stored, under versions that no function has seen. */
async function tear(table: Table, which: (item: Item) => boolean): Promise<void> {
  for await (const item of table.scan()) {
    const version = numberOf(item, 'version') ?? 0;
    if (which(item)) await table.putMany([{ ...item, version: number(version + 1), state: TORN }]);
  }
}

/** What the authorizer is asked of a post. */
function asked(token: string) {
  return {
    methodArn: 'arn:aws:execute-api:r:a:api/api/POST/v1/events',
    resource: '/v1/events',
    httpMethod: 'POST',
    headers: { Authorization: `Bearer ${token}` },
  };
}

/** A change that the readers of the table's stream are handed. */
/** An alert that fires, as the functions that judge write it. */
async function fireOnce(run: AlarmRun): Promise<void> {
  const state: AlertState = {
    ...BLANK_ALERT,
    status: 'firing',
    sequence: 1,
    transitions: [
      {
        sequence: 1,
        from: 'ok',
        to: 'firing',
        severity: 'info',
        reason: 'why',
        window: { start: 0, end: 1, revision: 1, value: 2 },
      },
    ],
  };
  await new Alerts(run.table('Alerts')).commit([
    { rule: 'hot', series: 'source|a|waiting', expectedVersion: undefined, state, checkAtMs: undefined },
  ]);
}

async function writeInto(run: AlarmRun, logicalId: string): Promise<void> {
  const items: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    Sources: { source: 'a' },
    Windows: { series: 'rollup|by-site|mill', window: '0' },
    Alerts: { alert: 'hot|a' },
    LiveState: { topic: 'topic|a', item: 'change' },
    Outlet: { id: 'final|a', key: 'a', body: '{}' },
  };
  const start = Object.keys(items).find((each) => logicalId.startsWith(each)) ?? '';
  const item = Object.entries(items[start] ?? {}).map(([key, value]) => [key, text(value)]);
  await run.table(start).putMany([Object.fromEntries(item)]);
}

/** Resolves when the connection is open or refused. */
function connectionTo(url: string, protocols: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url.replace('http', 'ws'), [...protocols]);
    socket.on('error', () => resolve());
    socket.on('close', () => resolve());
    socket.on('open', () => {
      socket.send('hello');
      socket.close();
    });
  });
}

interface Widget {
  readonly properties: { readonly metrics?: readonly (readonly unknown[])[] };
}

/** Each metric of a dashboard's body; `.` and `...` stand for what the line above has, which the CDK does not write. */
function graphedIn(body: string): readonly string[] {
  const { widgets }: { readonly widgets: readonly Widget[] } = JSON.parse(body);
  return widgets.flatMap(({ properties }) =>
    (properties.metrics ?? []).map((line) => {
      const [namespace, name, ...rest] = line.filter((part) => typeof part === 'string');
      const pairs = Array.from({ length: rest.length / 2 }, (_, at) => [rest[2 * at], rest[2 * at + 1]]);
      return keyOf({
        namespace: String(namespace),
        name: String(name),
        dimensions: Object.fromEntries(pairs),
      });
    }),
  );
}
