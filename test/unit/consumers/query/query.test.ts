import { describe, expect, it } from 'vitest';
import { createQuery } from '../../../../consumers/query/query.ts';
import type { AlertStatus } from '../../../../src/core/alerts/alert-state.ts';
import { rollupSeries, sourceSeries } from '../../../../src/core/series.ts';
import type { AlertWrite } from '../../../../src/stores/alerts.ts';
import { Alerts } from '../../../../src/stores/alerts.ts';
import { SourceStates } from '../../../../src/stores/source-states.ts';
import { BLANK_ALERT } from '../../../support/blank-alert.ts';
import { ReadingSystem, restEvent } from '../../../support/reading-system.ts';
import { down, tableOver } from '../../../support/table-over.ts';

const PIPELINE = {
  aggregations: [{ name: 'short', window: { tumbling: '10ms' }, aggregates: ['sum', 'first'] as const }],
  rollups: [
    { name: 'by-site', of: 'short', by: ['site'] },
    { name: 'all', of: 'short', by: [] },
    { name: 'by-place', of: 'short', levels: ['region', 'site'] },
  ],
};

/** Two sources, windows at 0, 10 and 20; all but the last are closed. */
async function setUp() {
  const system = new ReadingSystem(PIPELINE);
  const tags = { site: 'a,b', region: 'eu' };
  await system.send({ source: 'dev/1', time: 1, values: { v: 1 }, tags });
  await system.send({ source: 'dev/1', time: 12, values: { v: 2 }, tags });
  await system.send({ source: 'dev/1', time: 25, values: { v: 4 }, tags }, { source: 'b', time: 3 });
  await system.rollUp();
  const json = async (path: string, headers?: Readonly<Record<string, string>>) =>
    JSON.parse((await system.get(path, headers)).body);
  const get = (path: string) => system.get(path);
  return { system, json, get };
}

describe('windows of a source', () => {
  it('are final where they have closed and provisional where they are open, by start', async () => {
    const { json } = await setUp();
    const { source, aggregation, windows, next } = await json('/v1/sources/dev%2F1/windows');
    expect({ source, aggregation, next }).toEqual({ source: 'dev/1', aggregation: 'short', next: undefined });
    expect(windows).toMatchObject([
      { startMs: 0, endMs: 10, final: true, revision: 1, events: 1 },
      { startMs: 10, endMs: 20, final: true, metrics: [{ name: 'v', count: 1, sum: 2, first: 2 }] },
      { startMs: 20, endMs: 30, final: false, revision: 1 },
    ]);
  });

  it('are read from their own state while the changelog is behind', async () => {
    const system = new ReadingSystem(PIPELINE);
    await system.send({ source: 'a', time: 1 });
    await system.send({ source: 'a', time: 11 });
    const { windows } = JSON.parse((await system.get('/v1/sources/a/windows')).body);
    expect(windows).toMatchObject([
      { startMs: 0, final: true },
      { startMs: 10, final: false },
    ]);
  });

  it('are those that start from `from` on and before `to`, in either order', async () => {
    const { json } = await setUp();
    const starts = async (query: string) =>
      (await json(`/v1/sources/dev%2F1/windows?${query}`)).windows.map(
        ({ startMs }: { readonly startMs: number }) => startMs,
      );
    expect(await starts('from=10&to=20')).toEqual([10]);
    expect(await starts('from=1970-01-01T00:00:00.010Z')).toEqual([10, 20]);
    expect(await starts('to=20&order=desc')).toEqual([10, 0]);
    expect(await starts('from=20&to=20')).toEqual([]);
  });

  it('have null for quantiles where no sketch is kept', async () => {
    const { json } = await setUp();
    const { windows } = await json('/v1/sources/dev%2F1/windows?p=50,99&limit=1');
    expect(windows[0].metrics[0].quantiles).toEqual([
      { p: 50, value: null },
      { p: 99, value: null },
    ]);
  });

  it('of a source or an aggregation nobody knows are not found, with what there is', async () => {
    const { system } = await setUp();
    const answer = await system.get('/v1/sources/nobody/windows');
    expect(answer.statusCode).toBe(404);
    expect(answer.headers['Content-Type']).toBe('application/problem+json');
    expect(JSON.parse(answer.body)).toMatchObject({
      status: 404,
      problems: [{ where: 'path.source', found: '"nobody"' }],
    });
    const other = await system.get('/v1/sources/b/windows?aggregation=long');
    expect(JSON.parse(other.body).problems).toEqual([
      { where: 'query.aggregation', found: '"long"', expected: 'one of short' },
    ]);
  });

  it('are waited for where one that was open on the page before is on its way', async () => {
    const system = new ReadingSystem(PIPELINE);
    await system.send({ source: 'a', time: 1 });
    const first = JSON.parse((await system.get('/v1/sources/a/windows')).body);
    expect(first.windows).toHaveLength(1);
    await system.send({ source: 'a', time: 11 }, { source: 'a', time: 21 });
    await system.rollUp();
    const page = JSON.parse((await system.get('/v1/sources/a/windows?limit=2')).body);
    expect(page.windows).toMatchObject([{ startMs: 0 }, { startMs: 10 }]);
    // 20 closes, and a write later it is in the state no more; the changelog has not been read.
    await system.send({ source: 'a', time: 31 });
    await system.send({ source: 'a', time: 32 });
    const path = `/v1/sources/a/windows?limit=2&cursor=${page.next}`;
    const early = await system.get(path);
    expect(early).toMatchObject({ statusCode: 503, headers: { 'Retry-After': '1' } });
    const asking = system.query(restEvent(path));
    await system.clock.advance(500);
    await system.rollUp();
    const late = await system.clock.run(asking);
    expect(JSON.parse(late.body).windows).toMatchObject([
      { startMs: 20, final: true },
      { startMs: 30, final: false },
    ]);
  });
});

describe('windows of a rollup', () => {
  it('are found by the values of its tags, commas in them escaped', async () => {
    const { json } = await setUp();
    const { tags, values, windows } = await json('/v1/rollups/by-site/a%5C%2Cb/windows');
    expect({ tags, values }).toEqual({ tags: ['site'], values: ['a,b'] });
    expect(windows).toMatchObject([
      { startMs: 0, final: true, events: 1 },
      { startMs: 10, final: true },
      { startMs: 20, final: false },
    ]);
    expect((await json('/v1/rollups/by-site/%5Cn/windows')).windows).toMatchObject([
      { startMs: 0, events: 1 },
    ]);
    expect((await json('/v1/rollups/all/*/windows')).windows).toMatchObject([
      { startMs: 0, events: 2 },
      { startMs: 10 },
      { startMs: 20 },
    ]);
    expect((await json('/v1/rollups/by-place/eu/windows')).tags).toEqual(['region']);
    expect((await json('/v1/rollups/by-place/eu,a%5C%2Cb/windows')).windows).toHaveLength(3);
  });

  it('with too many values are refused, with the tags there are', async () => {
    const { json } = await setUp();
    expect((await json('/v1/rollups/by-site/a,b/windows')).problems).toEqual([
      { where: 'path.value', found: '"a,b", values: 2', expected: 'the values of site' },
    ]);
    expect((await json('/v1/rollups/nothing/a/windows')).problems[0]).toMatchObject({
      where: 'path.name',
      expected: 'one of by-site, all, by-place',
    });
  });

  it('have their combinations of values listed, page by page', async () => {
    const { json } = await setUp();
    const first = await json('/v1/rollups/by-place?limit=2');
    const second = await json(`/v1/rollups/by-place?limit=2&cursor=${first.next}`);
    expect(second.next).toBeUndefined();
    expect([...first.series, ...second.series]).toHaveLength(4);
    expect([...first.series, ...second.series]).toEqual(
      expect.arrayContaining([
        { tags: ['region'], values: ['eu'] },
        { tags: ['region', 'site'], values: ['eu', 'a,b'] },
        { tags: ['region'], values: [null] },
        { tags: ['region', 'site'], values: [null, null] },
      ]),
    );
  });
});

describe('sources', () => {
  it('are listed with their books, and one of them is told of in more words', async () => {
    const { json } = await setUp();
    const { sources } = await json('/v1/sources');
    expect(sources).toHaveLength(2);
    expect(sources).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ source: 'dev/1', maxTimeMs: 25, openWindows: 1, version: 3 }),
      ]),
    );
    expect(await json('/v1/sources/dev%2F1')).toMatchObject({
      source: 'dev/1',
      counts: { received: 3, applied: 3, duplicate: 0, late: 0, quarantined: 0 },
      aggregations: [{ name: 'short', openWindows: 1, late: 0 }],
    });
  });

  it('with a state that cannot be read take nothing from the others', async () => {
    const { system, json } = await setUp();
    await system.tables.sources.putMany([
      { source: { S: 'odd' }, version: { N: '1' }, state: { S: '{"v":9}' } },
    ]);
    const { sources } = await json('/v1/sources');
    expect(sources).toHaveLength(3);
    expect(sources).toEqual(
      expect.arrayContaining([
        { source: 'odd', version: 1, unreadable: expect.stringContaining('version 9') },
      ]),
    );
  });
});

describe('alerts', () => {
  const write = (rule: string, series: string, status: AlertStatus, end = 20): AlertWrite => ({
    rule,
    series,
    expectedVersion: undefined,
    checkAtMs: undefined,
    state: {
      ...BLANK_ALERT,
      status,
      sequence: 1,
      transitions: [
        {
          sequence: 1,
          from: 'pending',
          to: status,
          severity: 'critical',
          reason: 'v is 9, above 5',
          window: { start: end - 10, end, revision: 1, value: 9 },
        },
      ],
    },
  });
  const ofSource = (source: string) => sourceSeries('short', source);

  it('that are not well are listed with what they watch and why they stand so, by rule and status', async () => {
    const { system, json, get } = await setUp();
    await system.alerts.commit([
      write('hot', ofSource('dev/1'), 'firing'),
      write('hot', rollupSeries('by-site', ['a,b']), 'pending'),
      write('cold', ofSource('b'), 'ok'),
      write('cold', ofSource('c'), 'resolved'),
    ]);
    const stand = async (query: string) =>
      (await json(`/v1/alerts${query}`)).alerts
        .map(({ rule, status }: { rule: string; status: string }) => `${rule} ${status}`)
        .sort();
    expect(await stand('')).toEqual(['cold resolved', 'hot firing', 'hot pending']);
    expect(await stand('?status=active')).toEqual(['hot firing', 'hot pending']);
    expect(await stand('?status=resolved')).toEqual(['cold resolved']);
    expect(await stand('?rule=cold')).toEqual(['cold resolved']);
    expect(await stand('?rule=ho')).toEqual([]);
    expect((await json('/v1/alerts?status=firing')).alerts).toEqual([
      {
        rule: 'hot',
        series: 'source|short|dev/1',
        source: 'dev/1',
        aggregation: 'short',
        status: 'firing',
        sequence: 1,
        from: 'pending',
        sinceMs: 10,
        severity: 'critical',
        reason: 'v is 9, above 5',
        window: { startMs: 10, endMs: 20, revision: 1, value: 9 },
      },
    ]);
    expect((await json('/v1/alerts?rule=hot&status=pending')).alerts).toMatchObject([
      { rollup: 'by-site', values: ['a,b'] },
    ]);
    expect(JSON.parse((await get('/v1/alerts?status=ok')).body).problems).toMatchObject([
      { where: 'query.status', found: 'ok' },
    ]);
  });

  it('of a source are those of the pipeline’s rules, well or not', async () => {
    const system = new ReadingSystem({
      ...PIPELINE,
      alerts: [
        { name: 'hot', on: { aggregation: 'short' }, metric: 'v', aggregate: 'max', when: { above: 5 } },
        { name: 'gone', when: { absent: '10m' }, filter: { sources: ['dev/'] } },
      ],
    });
    await system.alerts.commit([
      write('hot', ofSource('dev/1'), 'ok'),
      write('gone', sourceSeries('', 'dev/1'), 'firing'),
      write('gone', sourceSeries('', 'b'), 'firing'),
      write('hot', ofSource('b'), 'resolved'),
      write('of another pipeline', ofSource('b'), 'firing'),
    ]);
    const of = async (query: string) => {
      const { body } = await system.get(`/v1/alerts?${query}`);
      const { alerts, next } = JSON.parse(body);
      return {
        next,
        rules: alerts.map(({ rule, status }: { rule: string; status: string }) => `${rule} ${status}`),
      };
    };
    expect((await of('source=dev%2F1')).rules).toEqual(['gone firing', 'hot ok']);
    expect((await of('source=dev%2F1&status=ok')).rules).toEqual(['hot ok']);
    expect((await of('source=b')).rules).toEqual(['hot resolved']);
    const first = await of('source=dev%2F1&limit=1');
    const second = await of(`source=dev%2F1&limit=1&cursor=${first.next}`);
    expect([first.rules, second.rules, second.next]).toEqual([['gone firing'], ['hot ok'], undefined]);
  });

  it('come page by page, active ones by rule, then resolved ones, the latest first, none twice', async () => {
    const { system, json, get } = await setUp();
    const sources = Array.from({ length: 40 }, (_, at) => ofSource(`s${at}`));
    await system.alerts.commit([
      ...sources.map((series, at) => write(`rule${at % 3}`, series, at % 2 === 0 ? 'firing' : 'pending')),
      ...sources.map((series, at) => write('past', series, 'resolved', 1_000 + 10 * at)),
      ...sources.map((series) => write('well', series, 'ok')),
    ]);
    const walk = async (query: string, meanwhile: () => Promise<unknown> = async () => {}) => {
      const all: { rule: string; series: string; window: { endMs: number } }[] = [];
      let cursor = '';
      for (let pages = 1; ; pages += 1) {
        const page = await json(`/v1/alerts?${query}${cursor}`);
        all.push(...page.alerts);
        if (page.next === undefined) return { all, pages };
        cursor = `&cursor=${page.next}`;
        if (pages === 2) await meanwhile();
      }
    };
    for (const limit of [1, 7, 8, 40, 80, 200]) {
      const { all } = await walk(`limit=${limit}`);
      expect(all.slice(0, 40).map(({ rule }) => rule)).toEqual(
        sources.map((_, at) => `rule${at % 3}`).sort(),
      );
      expect(new Set(all.slice(0, 40).map(({ series }) => series)).size).toBe(40);
      expect(all.slice(40).map(({ window }) => window.endMs)).toEqual(
        sources.map((_, at) => 1_000 + 10 * at).reverse(),
      );
    }
    expect((await walk('limit=9&rule=rule1')).all).toHaveLength(13);
    // From pending to firing and back an alert keeps its place.
    const swap = () =>
      system.alerts.commit(
        sources.map((series, at) => ({
          ...write(`rule${at % 3}`, series, at % 2 === 0 ? 'pending' : 'firing'),
          expectedVersion: 1,
        })),
      );
    const { all } = await walk('limit=9&status=active', swap);
    expect(all).toHaveLength(40);
    expect(new Set(all.map(({ series }) => series)).size).toBe(40);
    const other = await json('/v1/alerts?limit=1');
    expect((await get(`/v1/alerts?limit=2&cursor=${other.next}`)).statusCode).toBe(400);
  });

  it('are found without a look at those that are well', async () => {
    const { system } = await setUp();
    await system.alerts.commit([
      write('hot', ofSource('a'), 'firing'),
      ...Array.from({ length: 50 }, (_, at) => write('hot', ofSource(`well${at}`), 'ok')),
    ]);
    const { pipeline, states, windows, deadLetters, directory, readersTable, clock, observed } = system;
    let read = 0;
    const counting = tableOver(system.tables.alerts, {
      getMany: async (keys) => {
        read += keys.length;
        return await system.tables.alerts.getMany(keys);
      },
      scan: () => {
        throw new Error('the table was walked');
      },
      scanPage: down,
    });
    const { log, meter } = observed;
    const alerts = new Alerts(counting);
    const query = createQuery({
      pipeline,
      states,
      windows,
      deadLetters,
      alerts,
      directory,
      readersTable,
      clock,
      log,
      meter,
    });
    const { body } = await query(restEvent('/v1/alerts'));
    expect(JSON.parse(body).alerts).toMatchObject([{ source: 'a', status: 'firing' }]);
    expect(read).toBe(1);
  });
});

describe('the ledger', () => {
  it('is added up once a minute, and says of when it is', async () => {
    const { system, json } = await setUp();
    await system.send({ source: 'b', time: 'never' });
    const before = await json('/v1/ledger');
    expect(before).toMatchObject({ received: 5, applied: 4, quarantined: 1, sources: 2, balanced: true });
    await system.send({ source: 'c', time: 1 });
    await system.clock.advance(59_000);
    expect(await json('/v1/ledger')).toEqual(before);
    await system.clock.advance(2_000);
    expect(await json('/v1/ledger')).toMatchObject({ received: 6, applied: 5, fromMs: system.clock.nowMs() });
  });

  it('of more sources than one request reads is added up over several, and balances meanwhile', async () => {
    const system = new ReadingSystem(PIPELINE);
    await system.send(...Array.from({ length: 1_000 }, (_, at) => ({ source: `s${at}`, time: 1 })));
    let scans = 0;
    const counting = tableOver(system.tables.sources, {
      scanPage: async (request) => {
        scans += 1;
        // As where an item is 20 KB: a page holds a megabyte.
        return await system.tables.sources.scanPage({ ...request, limit: 50 });
      },
    });
    const { pipeline, windows, deadLetters, alerts, directory, readersTable, clock, observed } = system;
    const query = createQuery({
      pipeline,
      states: new SourceStates(counting),
      windows,
      deadLetters,
      alerts,
      directory,
      readersTable,
      clock,
      log: observed.log,
      meter: observed.meter,
    });
    const statuses: number[] = [];
    for (let request = 1; request <= 3; request += 1) {
      scans = 0;
      statuses.push((await query(restEvent('/v1/ledger'))).statusCode);
      expect(scans).toBeLessThanOrEqual(8);
    }
    expect(statuses).toEqual([503, 503, 200]);
    const { body } = await query(restEvent('/v1/ledger'));
    expect(JSON.parse(body)).toMatchObject({ received: 1_000, sources: 1_000, balanced: true });
  });
});

describe('forms and headers', () => {
  it('are JSON unless CSV is liked better', async () => {
    const { system } = await setUp();
    const path = '/v1/sources/dev%2F1/windows?limit=2&p=50';
    const csv = await system.get(path, { accept: 'application/json;q=0.5, text/csv' });
    expect(csv.headers['Content-Type']).toBe('text/csv; charset=utf-8; header=present');
    expect(csv.headers['Link']).toMatch(/^<\?limit=2&p=50&cursor=[\w-]+>; rel="next"$/);
    expect(csv.body.split('\r\n')).toEqual([
      'source,aggregation,start_ms,end_ms,final,revision,events,metric,count,sum,min,max,mean,first,last,variance,stddev,increase,rate,quantileError,p50,partial_since_ms,partial_until_ms,timeWeightedMean,state,state_ms,changes',
      'dev/1,short,0,10,true,1,1,v,1,1,1,1,1,1,1,,,,,,,,,,,,',
      'dev/1,short,10,20,true,1,1,v,1,2,2,2,2,2,2,,,,,,,,,,,,',
      '',
    ]);
    expect((await system.get(path, { Accept: '*/*' })).headers['Content-Type']).toBe('application/json');
    const pdf = await system.get(path, { Accept: 'application/pdf' });
    expect(pdf.statusCode).toBe(406);
  });

  it('of CSV hold no formulas: names that begin like one are texts, figures are numbers', async () => {
    const { system } = await setUp();
    await system.send({ source: '=1+1', time: 26, values: { '@SUM(A1)': -3 } });
    const { body } = await system.get('/v1/sources/%3D1%2B1/windows?aggregation=short', {
      Accept: 'text/csv',
    });
    expect(body).toContain("\r\n'=1+1,short,20,30,false,1,1,'@SUM(A1),1,-3,-3,-3,-3,");
    const list = await system.get('/v1/sources', { Accept: 'text/csv' });
    expect(list.body).toContain("\r\n'=1+1,");
  });

  it('spare a reader an answer it has', async () => {
    const { system } = await setUp();
    const path = '/v1/sources/dev%2F1/windows';
    const { headers } = await system.get(path);
    expect(headers).toMatchObject({ 'Cache-Control': 'private, no-cache', Vary: 'Accept, Authorization' });
    const etag = headers['ETag'] ?? '';
    const again = await system.get(path, { 'If-None-Match': `"other", W/${etag}` });
    expect(again).toMatchObject({ statusCode: 304, body: '', headers: { ETag: etag } });
    await system.send({ source: 'dev/1', time: 26 });
    const changed = await system.get(path, { 'If-None-Match': etag });
    expect(changed.statusCode).toBe(200);
    expect(changed.headers['ETag']).not.toBe(etag);
    expect((await system.get(path, { accept: 'text/csv', 'if-none-match': etag })).statusCode).toBe(200);
  });

  it('of a request that is wrong say everything that is wrong with it', async () => {
    const { json } = await setUp();
    const { status, problems } = await json(
      '/v1/sources/%ff/windows?limit=1000&from=yesterday&p=50,x&p=1&order=up&colour=red&cursor=%00',
    );
    expect(status).toBe(400);
    expect(problems).toEqual([
      { where: 'path.source', found: '"%ff"', expected: 'a percent-encoded text' },
      {
        where: 'query.from',
        found: 'the text "yesterday"',
        expected: 'a whole number of 0 to 8640000000000000',
      },
      { where: 'query.order', found: 'the text "up"', expected: 'one of asc, desc' },
      { where: 'query.p', found: '2 of them', expected: 'one' },
      { where: 'query.limit', found: 'the number 1000', expected: 'a whole number of 1 to 200' },
      {
        where: 'query',
        found: 'the unknown parameter "colour"',
        expected: 'one of aggregation, from, to, order, p, limit, cursor',
      },
    ]);
  });

  it('refuse a cursor that is none, or of another request', async () => {
    const { json } = await setUp();
    const { next } = await json('/v1/sources/dev%2F1/windows?limit=1');
    for (const path of [
      '/v1/sources/dev%2F1/windows?cursor=nonsense',
      `/v1/sources/b/windows?limit=1&cursor=${next}`,
      `/v1/sources/dev%2F1/windows?limit=2&cursor=${next}`,
      `/v1/rollups/by-site?limit=1&cursor=${next}`,
    ]) {
      expect(await json(path)).toMatchObject({ status: 400, problems: [{ where: 'query.cursor' }] });
    }
  });

  it('tell nothing of what went wrong inside, but the log does', async () => {
    const { system } = await setUp();
    const { pipeline, windows, deadLetters, alerts, directory, readersTable, clock, observed } = system;
    const states = new SourceStates(tableOver(system.tables.sources, { getMany: down }));
    const query = createQuery({
      pipeline,
      states,
      windows,
      deadLetters,
      alerts,
      directory,
      readersTable,
      clock,
      log: observed.log,
      meter: observed.meter,
    });
    const answer = await query(restEvent('/v1/sources/b'));
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('table');
    expect(observed.lines.at(-1)).toMatchObject({
      level: 'error',
      fields: { operation: 'getSource', reason: 'Error: the table is down' },
    });
  });
});
