import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { ShapeDefinition } from '../../../../src/core/shape/shape-definition.ts';
import { ARRIVAL_MS, shaped, shapesOf } from '../../../support/shaped.ts';

const NODE: ShapeDefinition = {
  name: 'node',
  when: { has: ['node', 'ts'] },
  source: 'node',
  id: 'n',
  time: { path: 'ts', as: 's' },
  values: { temperature: 't' },
};
const shapes = shapesOf(NODE);
const READING = { node: 'a', n: 7, ts: 1_772_351_990, t: 21.5 };
const EVENT = {
  source: 'a',
  id: 7,
  type: 'reading',
  time: 1_772_351_990_000,
  values: { temperature: 21.5 },
  tags: {},
};
const OWN = { source: 'b', time: 1_772_351_990_000, values: { x: 1 } };

describe('data comes as', () => {
  const text = JSON.stringify(READING);
  const packed: readonly (readonly [string, string | Buffer, number])[] = [
    ['JSON', text, 1],
    ['JSON with a byte order mark', `\ufeff${text}`, 1],
    ['a list', `[${text}, ${text}]`, 2],
    ['a list of lists', `[[${text}], [${text}, [${text}]]]`, 3],
    ['a JSON text a line', `${text}\n${text}\n\n`, 2],
    ['JSON texts without anything between', text + text + text, 3],
    ['JSON texts behind record separators', `\u001e${text}\n\u001e${text}\n`, 2],
    ['JSON in a text', JSON.stringify(text), 1],
    ['base64', Buffer.from(text).toString('base64'), 1],
    ['base64 of gzip', gzipSync(text).toString('base64'), 1],
    ['gzip', gzipSync(`${text}\n${text}`), 2],
    ['zlib', deflateSync(text), 1],
    ['zlib without compression', deflateSync(text, { level: 0 }), 1],
  ];
  test.each(packed)('%s', (_, data, count) => {
    const { events, refused } = shaped(data, shapes);
    expect(refused).toEqual([]);
    expect(events).toEqual(Array.from({ length: count }, () => EVENT));
  });
});

test('an event in its own form is taken as such, alone, in lists and under one source', () => {
  const whatever = shapesOf({ ...NODE, when: { has: ['time'] }, source: { text: 'taken' }, time: 'time' });
  const one = { ...OWN, id: undefined, type: 'reading', tags: {} };
  expect(shaped(OWN, whatever).events).toEqual([one]);
  expect(shaped([OWN, READING, OWN], whatever).events).toEqual([one, one]);
  expect(shaped({ source: 'b', events: [{ time: OWN.time, values: { x: 1 } }] }, whatever).events).toEqual([
    one,
  ]);
});

test('a shape that takes everything takes no event in its own form, however events come', () => {
  const everything = shapesOf({ name: 'any', source: { text: 'taken' }, time: '@arrival', values: '.' });
  const { source, ...rest } = OWN;
  const bad = { values: { x: 1 } };
  // Which shapes were tried is told there.
  const untold = (items: readonly object[]) => items.map((item) => ({ ...item, detail: undefined }));
  for (const data of [
    OWN,
    [OWN],
    { events: [OWN] },
    { source, events: [rest] },
    { source, events: [rest, bad] },
    [{ source, events: [rest] }],
    { source, events: [{ ...rest, more: 1 }, rest] },
  ])
    expect(untold(shaped(data, everything).items)).toEqual(untold(shaped(data, []).items));
  // What is in no such form is the shape's, as before.
  expect(shaped({ source, events: [bad] }, everything).events).toMatchObject([{ time: ARRIVAL_MS }]);
});

test('the first shape that matches counts', () => {
  const both = shapesOf({ ...NODE, name: 'first', type: { text: 'first' } }, { ...NODE, name: 'second' });
  expect(shaped(READING, both).events[0]?.type).toBe('first');
  const other = shapesOf({ ...NODE, name: 'first', when: { equals: { node: ['x', 'y'] } } }, NODE);
  expect(shaped(READING, other).events).toEqual([EVENT]);
});

test('a shape may ask for the partition key', () => {
  const keyed = shapesOf({ ...NODE, when: { partitionKey: 'plant-*' }, source: '@partitionKey' });
  expect(shaped(READING, keyed, { partitionKey: 'plant-7' }).events[0]?.source).toBe('plant-7');
  expect(shaped(READING, keyed, { partitionKey: 'office' }).refused).toHaveLength(1);
});

test.each([
  ['alone', (one: string, other: string) => [one, other]],
  ['in a list', (one: string, other: string) => [`[${one},${other}]`]],
  ['a line each', (one: string, other: string) => [`${one}\n${other}`]],
])('NaN and Infinity are left out and counted, and what stands beside them is taken: %s', (_, write) => {
  const row = (t: string) => `{"node":"NaN","n":7,"ts":${READING.ts},"t":${t},"u":-Infinity}`;
  const taking = shapesOf({ ...NODE, values: '.' });
  const all = write(row('NaN'), row('2')).map((text) => shaped(text, taking));
  expect(all.flatMap(({ refused }) => refused)).toEqual([]);
  expect(all.flatMap(({ events }) => events).map(({ source, values }) => [source, values])).toEqual([
    ['NaN', {}],
    ['NaN', { t: 2 }],
  ]);
  const skipped = all.flatMap(({ skipped: each }) => each);
  expect(skipped.filter(({ path }) => path === 'u').reduce((sum, { count }) => sum + count, 0)).toBe(2);
  expect(skipped).toContainEqual(expect.objectContaining({ path: 't', reason: 'not a number', count: 1 }));
});

test('a letter of what holds NaN is JSON, and reads again as the same', () => {
  const text = `{"rows":{"node":["a","b"],"t":[NaN,2],"ts":[5,-1]}}`;
  const side = shapesOf({ ...NODE, when: { has: ['rows'] }, each: { transpose: 'rows' }, id: '@key' });
  const [letter] = shaped(text.replace('5', 'NaN'), side).refused;
  expect(letter?.payload.body).toBe('{"rows":{"node":["a"],"t":[1e999],"ts":[1e999]}}');
  expect(shaped(letter?.payload.body, side).refused.map(({ reason }) => reason)).toEqual([letter?.reason]);
});

test('what is not JSON for another reason stays so, whatever stands in it', () => {
  for (const text of ['{"node":"a","t":NaNs}', '{"node":NaN', "{'t': NaN}", '{"t":N"aN"}'])
    expect(shaped(text, shapes).refused.map(({ reason }) => reason)).toEqual(['not-json']);
});

test('a damaged text among others is quarantined alone, with its own text', () => {
  const { items, refused } = shaped(
    `${JSON.stringify(READING)}\n{"node": "a", "ts": nan}\n${JSON.stringify(READING)}`,
    shapes,
  );
  expect(items.map(({ kind }) => kind)).toEqual(['event', 'quarantined', 'event']);
  expect(refused[0]).toMatchObject({
    index: 1,
    reason: 'not-json',
    payload: { body: '{"node": "a", "ts": nan}' },
  });
});

test('what no shape takes is told with the shapes that were tried', () => {
  expect(shaped({ a: 1 }, shapes).refused[0]).toMatchObject({
    reason: 'source',
    detail: expect.stringMatching(/source: found nothing.*no shape matches \(node\)/),
    payload: { encoding: 'json', body: '{"a":1}' },
  });
});

describe('a document is cut', () => {
  const MATCH: ShapeDefinition = {
    name: 'match',
    when: { has: ['match', 'frames'] },
    each: 'frames[*].players.*',
    source: '{$.match}/{@key}',
    id: '{$.match}-{^@key}-{@key}',
    time: { path: '$.start', as: 'rfc3339', plus: { path: '^.at', as: 's' } },
    values: { gold: 'gold' },
  };
  const MATCHED = {
    match: 'm1',
    start: '2026-03-01T08:00:00Z',
    frames: [
      { at: 0, players: { ann: { gold: 1 }, bob: { gold: 2 } } },
      { at: 60, players: { ann: { gold: 3 }, bob: {} } },
    ],
  };

  test('into every entry of every element; what is around stays in reach', () => {
    const { events } = shaped(MATCHED, shapesOf({ ...MATCH, id: '@key' }));
    expect(events.map(({ source, time, values }) => [source, time, values])).toEqual([
      ['m1/ann', ARRIVAL_MS, { gold: 1 }],
      ['m1/bob', ARRIVAL_MS, { gold: 2 }],
      ['m1/ann', ARRIVAL_MS + 60_000, { gold: 3 }],
      ['m1/bob', ARRIVAL_MS + 60_000, {}],
    ]);
  });

  test('into parts that know the keys of what is around them', () => {
    const { events } = shaped(MATCHED, shapesOf(MATCH));
    expect(events.map(({ id }) => id)).toEqual(['m1-0-ann', 'm1-0-bob', 'm1-1-ann', 'm1-1-bob']);
  });

  test('into rows under columns', () => {
    const table = shapesOf({
      ...NODE,
      when: { has: ['columns'] },
      each: [{ rows: 'rows', columns: 'columns' }],
      source: '^.node',
    });
    const { events } = shaped(
      {
        node: 'a',
        columns: ['ts', 't', 'n'],
        rows: [
          [1_772_351_990, 21.5, 7],
          [1_772_351_991, 22],
        ],
      },
      table,
    );
    expect(events).toEqual([
      EVENT,
      { ...EVENT, id: undefined, time: 1_772_351_991_000, values: { temperature: 22 } },
    ]);
  });

  test('into parts of several kinds, kind by kind', () => {
    const [...kinds] = shapesOf({
      name: 'kinds',
      source: '^.node',
      time: { path: 'ts', as: 's' },
      parts: [
        { each: 'readings[*]', values: { t: 't' } },
        { each: 'alarms[*]', type: { text: 'alarm' }, values: {} },
      ],
    });
    const document = {
      node: 'a',
      alarms: [{ ts: 1_772_351_990 }],
      readings: [
        { ts: 1_772_351_991, t: 1 },
        { ts: 1_772_351_992, t: 2 },
      ],
    };
    expect(shaped(document, kinds).events.map(({ type, time }) => [type, time % 10_000])).toEqual([
      ['reading', 1_000],
      ['reading', 2_000],
      ['alarm', 0],
    ]);
  });

  test('a bad part is quarantined alone; its letter has its place, and reads again as that part alone', () => {
    const broken = structuredClone(MATCHED) as typeof MATCHED & { frames: { at: unknown }[] };
    broken.frames[1] = { ...MATCHED.frames[1], at: 'late' } as never;
    const text = JSON.stringify(broken, null, 1);
    const { items, refused } = shaped(text, shapesOf(MATCH));
    expect(items.map(({ kind }) => kind)).toEqual(['event', 'event', 'quarantined', 'quarantined']);
    expect(refused.map(({ detail }) => detail)).toEqual([
      'shape match at frames[1].players.ann: time: found no number at ^.at, expected an offset',
      'shape match at frames[1].players.bob: time: found no number at ^.at, expected an offset',
    ]);
    const again = shaped(refused[0]?.payload.body, shapesOf(MATCH)).refused;
    expect(again).toHaveLength(1);
    expect(JSON.parse(refused[0]?.payload.body ?? '')).toEqual({
      match: 'm1',
      start: '2026-03-01T08:00:00Z',
      frames: [{ at: 'late', players: { ann: { gold: 3 } } }],
    });
  });

  test('what the shape ignores is no event, and is counted', () => {
    const picky = shapesOf({ ...MATCH, ignore: { lacks: ['gold'] } });
    const { events, skipped } = shaped(MATCHED, picky);
    expect(events).toHaveLength(3);
    expect(skipped).toEqual([{ shape: 'match', path: '', reason: 'ignored', count: 1 }]);
  });

  test('a document without parts is no event, and is counted', () => {
    const { items, skipped } = shaped({ ...MATCHED, frames: [] }, shapesOf(MATCH));
    expect(items).toEqual([]);
    expect(skipped).toEqual([{ shape: 'match', path: '', reason: 'no parts', count: 1 }]);
  });
});

test('the document may stand inside another', () => {
  const inside = shapesOf({ ...NODE, inside: ['result', '.'] });
  expect(shaped([{ result: READING }, READING], inside).events).toEqual([EVENT, EVENT]);
});

test('an id too long to be remembered is known by its hash', () => {
  const long = 'x'.repeat(70);
  const ids = [long, `${long}y`, long].map((n) => shaped({ ...READING, n }, shapes).events[0]?.id);
  expect(ids[0]).toMatch(/^[0-9a-f]{40}$/);
  expect(ids[2]).toBe(ids[0]);
  expect(ids[1]).not.toBe(ids[0]);
});

describe('what is packed is opened', () => {
  const packed = shapesOf({
    ...NODE,
    open: { body: ['base64', 'gzip', 'json'], labels: ['pairs'], image: ['dynamodb'] },
    values: { inside: 'body.t', label: 'labels.t', number: 'image.t' },
  });
  test('in place', () => {
    const document = {
      node: 'a',
      ts: 1_772_351_990,
      body: gzipSync('{"t": 1}').toString('base64'),
      labels: [{ key: 't', value: { intValue: '2' } }],
      image: { t: { N: '3' } },
    };
    expect(shaped(document, packed).events[0]?.values).toEqual({ inside: 1, label: 2, number: 3 });
  });
  test('or counted where it cannot be', () => {
    const { events, skipped } = shaped({ node: 'a', ts: 1_772_351_990, body: 'no base64 at all' }, packed);
    expect(events).toHaveLength(1);
    expect(skipped).toContainEqual({ shape: 'node', path: 'body', reason: 'not opened', count: 1 });
  });
});
