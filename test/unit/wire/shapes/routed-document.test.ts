// Bodies that came by a route of the HTTP door: their source is the token's, whatever stands in them.
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { ShapeDefinition } from '../../../../src/core/shape/shape-definition.ts';
import { decodeRecord } from '../../../../src/wire/record-codec.ts';
import { ARRIVAL_MS, shaped, shapesOf } from '../../../support/shaped.ts';

const routed = (document: unknown, more: object = {}) => ({
  document,
  route: 'mine',
  source: 'token',
  ...more,
});
const mine: ShapeDefinition = {
  name: 'mine',
  when: { route: 'mine', has: ['rows'] },
  each: 'rows[*]',
  source: 'dev',
  time: { path: 't', as: 'ms' },
  values: ['v'],
  tags: { device: 'dev' },
};
const row = { dev: 'other', t: ARRIVAL_MS, v: 1 };

describe('a body that came by a route', () => {
  test('is read by the shapes that ask for it, under the token’s source', () => {
    const { events, refused } = shaped(routed({ rows: [row, row] }), shapesOf(mine));
    expect(refused).toEqual([]);
    expect(events.map(({ source, tags, values }) => ({ source, tags, values }))).toEqual(
      [1, 2].map(() => ({ source: 'token', tags: { device: 'other' }, values: { v: 1 } })),
    );
  });

  test('is not read by a shape that asks for another route, nor a body that came by none', () => {
    const other = shapesOf({ ...mine, when: { route: 'theirs' } });
    expect(shaped(routed({ rows: [row] }), other).refused).toHaveLength(1);
    expect(shaped({ rows: [row] }, shapesOf(mine)).refused).toHaveLength(1);
  });

  test.each([
    ['an event', { source: 'other', time: ARRIVAL_MS }],
    ['an event among others', [{ source: 'other', time: ARRIVAL_MS }]],
    ['an envelope', { source: 'other', events: [{ time: ARRIVAL_MS }] }],
    ['a request in a request', routed({ rows: [row] }, { source: 'other' })],
  ])('in its own form cannot speak for another: %s', (_, document) => {
    const { events, refused } = shaped(routed(document), shapesOf(mine));
    expect(events).toEqual([]);
    expect(refused.length).toBeGreaterThan(0);
  });

  test('in its own form needs no source', () => {
    const event = { time: ARRIVAL_MS, values: { v: 1 } };
    for (const document of [event, [event], { events: [event] }])
      expect(shaped(routed(document), shapesOf(mine)).events).toMatchObject([
        { source: 'token', values: { v: 1 } },
      ]);
  });

  test.each([
    ['a part', { rows: [row, { dev: 'x' }] }],
    ['an event', [{ time: 'x' }]],
  ])('leaves a letter that reads again as the same: %s', (_, document) => {
    const [letter] = shaped(routed(document), shapesOf(mine)).refused;
    expect(JSON.parse(letter?.payload.body ?? '')).toMatchObject({ route: 'mine', source: 'token' });
    const again = shaped(letter?.payload.body, shapesOf(mine));
    expect(again.items).toHaveLength(1);
    expect(again.refused).toMatchObject([{ reason: letter?.reason, source: letter?.source }]);
  });

  test('keeps what an ordinary record of the door states: no shape makes its events another’s', () => {
    const { route: _, ...when } = { route: 'x', has: ['events'] };
    const taking = shapesOf({ ...mine, when, each: 'events[*]' });
    const { events } = shaped({ events: [{ ...row, more: 1 }], source: 'token' }, taking);
    expect(events).toMatchObject([{ source: 'token' }]);
  });
});

test('a route is a piece of a path', () => {
  expect(() => shapesOf({ ...mine, when: { route: 'a/b' } })).toThrow('found "a/b", expected small letters');
});

describe('a payload as the MQTT door encodes it', () => {
  const encoded = (payload: string | Buffer, route = 'events') =>
    ({ document: Buffer.from(payload).toString('base64'), route, source: 'thing' }) as const;
  const event = JSON.stringify({ time: ARRIVAL_MS, values: { v: 1 } });

  test.each([
    ['an event', event, 1],
    ['events', `[${event},${event}]`, 2],
    ['an envelope', `{"events":[${event}]}`, 1],
    ['a line each', `${event}\n${event}\n`, 2],
    ['gzip', gzipSync(event), 1],
  ])('%s in its own form, whether other forms are read or not', (_, payload, count) => {
    for (const shapes of [[], shapesOf(mine)]) {
      const { events, refused } = shaped(encoded(payload), shapes);
      expect(refused).toEqual([]);
      expect(events).toHaveLength(count);
      expect(new Set(events.map(({ source }) => source))).toEqual(new Set(['thing']));
    }
    const items = decodeRecord(Buffer.from(JSON.stringify(encoded(payload))).toString('base64'));
    expect(items).toHaveLength(count);
    expect(items.every(({ kind }) => kind === 'event')).toBe(true);
  });

  test('in another form, a text too, under the thing’s own name', () => {
    const shapes = shapesOf(mine, { name: 'lines', like: 'line-protocol' });
    expect(shaped(encoded(JSON.stringify({ rows: [row] }), 'mine'), shapes).events).toMatchObject([
      { source: 'thing', values: { v: 1 } },
    ]);
    expect(shaped(encoded(`m,host=other v=2 ${ARRIVAL_MS}`), shapes).events).toMatchObject([
      { source: 'thing', values: { 'm.v': 2 } },
    ]);
  });

  test('cannot speak for another, and its letter reads again as the same', () => {
    const shapes = shapesOf({ name: 'lines', like: 'line-protocol' });
    for (const payload of ['{"source":"other","time":1,"values":{}}', '{"time":"x"}', 'm v=2 -5', '?!']) {
      const { events, refused } = shaped(encoded(payload), shapes);
      expect(events).toEqual([]);
      const again = shaped(refused[0]?.payload.body ?? '', shapes);
      expect(again.refused.map(({ reason }) => reason)).toEqual(refused.map(({ reason }) => reason));
      expect(JSON.parse(refused[0]?.payload.body ?? '')).toMatchObject({ route: 'events', source: 'thing' });
    }
  });

  test('a form that was posted to a route is the token’s, whatever station it names', () => {
    const shapes = shapesOf(
      { name: 'lines', like: 'line-protocol', when: { route: 'lines' } },
      { name: 'weather', like: 'ecowitt-form', when: { route: 'weather' } },
    );
    const form = 'PASSKEY=SECRET&stationtype=EasyWeather&dateutc=2026-03-01+08:00:00&tempf=50.5';
    const { events, refused } = shaped(encoded(form, 'weather'), shapes);
    expect(refused).toEqual([]);
    expect(events).toMatchObject([{ source: 'thing', time: Date.parse('2026-03-01T08:00:00Z') }]);
    expect(shaped(encoded(form, 'lines'), shapes).refused).toMatchObject([{ source: 'thing' }]);
  });

  test('a line that no shape asks for leaves a letter that is the thing’s own, once one does', () => {
    const lines = { name: 'lines', like: 'line-protocol' } as const;
    const asking = shapesOf({ ...lines, when: { has: ['tags.room'] } });
    const [letter] = shaped(encoded(`m,host=other v=2 ${ARRIVAL_MS}`), asking).refused;
    expect(letter).toMatchObject({ reason: 'shape', source: 'thing' });
    expect(shaped(letter?.payload.body, shapesOf(lines)).events).toMatchObject([{ source: 'thing' }]);
  });

  test.each([
    ['no base64', 'not base64!'],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0xfd]).toString('base64')],
  ])('%s is quarantined', (_, document) => {
    const routed = { document, route: 'events', source: 'thing' };
    const { refused } = shaped(routed, []);
    expect(refused).toMatchObject([{ reason: 'not-utf8', source: 'thing' }]);
    expect(JSON.parse(refused[0]?.payload.body ?? '')).toEqual(routed);
  });
});
