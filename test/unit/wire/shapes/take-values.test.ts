import { describe, expect, test } from 'vitest';
import { pieceIndex } from '../../../../src/core/record-index.ts';
import type { PartDefinition, ShapeDefinition } from '../../../../src/core/shape/shape-definition.ts';
import { shaped, shapesOf } from '../../../support/shaped.ts';

const TIME = 1_772_351_990_000;

function take(part: PartDefinition, data: object) {
  const shapes = shapesOf({ name: 's', source: { text: 's' }, time: { path: 'ts', as: 'ms' }, ...part });
  const { events, skipped } = shaped({ ts: TIME, ...data }, shapes);
  const [event] = events;
  return {
    values: event?.values,
    tags: event?.tags,
    skipped: skipped.map(({ path, reason, count }) => `${path}: ${reason} ${count}`).sort(),
  };
}

describe('values', () => {
  test.each([
    ['12.5 µg/m3', 12.5],
    ['6.5 l/100km', 6.5],
    ['9.81 m/s^2', 9.81],
    ['001234.567*kWh', 1234.567],
    ['50%', 50],
  ])('a unit is taken off: %s', (text, number) => {
    expect(take({ numbers: { text: 'units' } }, { v: text }).values).toEqual({ v: number });
  });
  test.each(['1h30m', '5m30s', '3d 4h', '10^3', '5*2', '1/2', '10:30', '2026-03-01', '5-7', '0x1F', '1.2.3'])(
    'what is more than a number with its unit is none: %s',
    (text) => {
      const { values, skipped } = take({ numbers: { text: 'units' } }, { v: text });
      expect(values).toEqual({});
      expect(skipped).toEqual(['v: not a number 1']);
    },
  );
  test('count by what their unit is, where the shape says so, and others are none', () => {
    const units = { m: 0.001, '': 1, Ki: 1024, Mi: 1024 ** 2 };
    const { values, skipped } = take(
      { numbers: { units, missing: [-1] } },
      { a: '250m', b: '1', c: 2, d: '3 Mi', e: '5Gi', f: '-1Ki', g: '1.5 Ki ' },
    );
    expect(values).toEqual({ a: 0.25, b: 1, c: 2, d: 3 * 1024 ** 2, g: 1536 });
    expect(skipped).toEqual(['e: not a number 1', 'f: missing 1']);
  });
  test('with units need a number for each', () => {
    const wrong = { name: 's', source: 's', time: 't', numbers: { units: { m: 'milli' as never } } };
    expect(() => shapesOf(wrong)).toThrow('numbers.units.m: found "milli", expected a finite number');
  });
  test('are everything numeric that nothing else is read from, under dotted names', () => {
    const { values, skipped } = take(
      { tags: { site: 'meta.site' } },
      {
        t: 1,
        ok: true,
        off: null,
        gps: { lat: 2, lon: 3 },
        accel: [4, 5],
        meta: { site: 'x', battery: 6 },
        state: 'ON',
      },
    );
    expect(values).toEqual({
      t: 1,
      ok: 1,
      'gps.lat': 2,
      'gps.lon': 3,
      'accel.0': 4,
      'accel.1': 5,
      'meta.battery': 6,
    });
    expect(skipped).toEqual(['state: not a number 1']);
  });
  test('are what names say', () => {
    expect(
      take({ values: { temperature: 'a.t', first: ['none', 'a.t'] } }, { a: { t: 1 }, u: 2 }).values,
    ).toEqual({
      temperature: 1,
      first: 1,
    });
  });
  test('have names made of what is around', () => {
    expect(take({ values: { '{sensor}.{unit}': 'v' } }, { sensor: 't', unit: 'C', v: 1 }).values).toEqual({
      't.C': 1,
    });
  });
  test('of a path with * are called by the keys on the way', () => {
    const { values } = take({ values: { rssi: 'rx[*].rssi' } }, { rx: [{ rssi: 1 }, {}, { rssi: 3 }] });
    expect(values).toEqual({ 'rssi.0': 1, 'rssi.2': 3 });
  });
  test('are renamed, dropped and picked', () => {
    const data = { d: { Bat: 1, 'x.raw': 2, y: 3 } };
    expect(
      take({ values: [{ path: 'd', rename: { Bat: 'battery' }, drop: ['*.raw'] }] }, data),
    ).toMatchObject({
      values: { battery: 1, y: 3 },
      skipped: ['x.raw: dropped 1'],
    });
    expect(take({ values: [{ path: 'd', only: ['B*'] }] }, data).values).toEqual({ Bat: 1 });
    expect(take({ values: [{ path: 'd', name: 'dev' }] }, data).values).toEqual({
      'dev.Bat': 1,
      'dev.x.raw': 2,
      'dev.y': 3,
    });
  });
  test('are numbers in texts, with or without units, or none', () => {
    const data = {
      a: ' 1.5 ',
      b: '3.384 V',
      c: '1e3',
      d: '12:30',
      e: '5 apples 6',
      f: '30.1°C',
      g: '1,5',
      h: '',
    };
    expect(take({}, data).values).toEqual({ a: 1.5, c: 1000 });
    expect(take({ numbers: { text: 'units' } }, data).values).toEqual({ a: 1.5, b: 3.384, c: 1000, f: 30.1 });
    expect(take({ numbers: { text: 'skip' } }, data).values).toEqual({});
    expect(take({ numbers: { decimalComma: true } }, data).values).toEqual({ a: 1.5, c: 1000, g: 1.5 });
  });
  test('are numbers for words, and none for what says that there is none', () => {
    const data = { door: 'OPEN', power: 'ON', a: -200, b: 'N/A', c: '-200', d: 1 };
    expect(take({ numbers: { enums: { OPEN: 1, ON: 2 }, missing: [-200, 'N/A'] } }, data)).toEqual({
      values: { door: 1, power: 2, d: 1 },
      tags: {},
      skipped: ['a: missing 1', 'b: missing 1', 'c: missing 1'],
    });
  });
  test('keep to their limits, and what is beyond is counted', () => {
    const many = Object.fromEntries(Array.from({ length: 3_000 }, (_, at) => [`v${at}`, at]));
    expect(take({}, { many }).skipped.some((one) => one.includes('too many'))).toBe(true);
    const deep = JSON.parse(`${'{"a":'.repeat(50)}1${'}'.repeat(50)}`);
    expect(take({}, { deep }).skipped).toEqual(['deep.a.a.a.a.a.a.a: too deep 1']);
    expect(take({}, { '\ud800': 1 }).skipped).toHaveLength(1);
  });
  test('come out of the payload alone, whatever they are called', () => {
    const data = JSON.parse('{"__proto__": 1, "constructor": 2}');
    expect(Object.entries(take({}, data).values ?? {})).toEqual(Object.entries(data));
    expect(take({ values: { a: 'toString', b: 'x.constructor' } }, { x: {} }).values).toEqual({});
  });
});

describe('tags', () => {
  test('are texts, numbers and truth values; what is empty is none', () => {
    expect(
      take({ tags: { a: 'a', b: 'b', c: 'c', d: 'd', e: 'e' } }, { a: 'x', b: 3, c: true, d: '', e: null })
        .tags,
    ).toEqual({
      a: 'x',
      b: '3',
      c: 'true',
    });
  });
  test('of an object are all its members', () => {
    const data = { labels: { site: 'x', floor: 2, nested: { y: 1 } } };
    expect(take({ tags: 'labels' }, data)).toMatchObject({
      tags: { site: 'x', floor: '2' },
      skipped: expect.arrayContaining(['nested: no tag 1']),
    });
    expect(take({ tags: [{ path: 'labels', name: 'l', only: ['l.s*'] }] }, data).tags).toEqual({
      'l.site': 'x',
    });
  });
  test('are pieces of a topic', () => {
    expect(
      take({ tags: { site: 'topic#1', last: 'topic#-1' } }, { topic: 'plant/north/line/7' }).tags,
    ).toEqual({ site: 'north', last: '7' });
  });
});

describe('more than an event may hold', () => {
  const wide: ShapeDefinition = {
    name: 'wide',
    source: 'device',
    id: 'id',
    time: '@arrival',
    values: [{ path: 'fields' }],
    tags: 'tags',
  };
  const numbers = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`v${at}`, at]));

  test('becomes several events of one source and time, ids told apart, indexes of one part', () => {
    const data = { device: 'd', id: 'x', fields: numbers(150), tags: { site: 'n' } };
    const { items, events, skipped } = shaped(
      [data, { ...data, id: 'y', fields: numbers(1) }],
      shapesOf(wide),
    );
    expect(events.map(({ id, values }) => [id, Object.keys(values).length])).toEqual([
      ['x', 64],
      ['x~1', 64],
      ['x~2', 22],
      ['y', 1],
    ]);
    expect(Object.assign({}, ...events.slice(0, 3).map(({ values }) => values))).toEqual(numbers(150));
    expect(new Set(events.map(({ time, tags }) => JSON.stringify([time, tags])))).toHaveLength(1);
    expect(items.map(({ index }) => index)).toEqual([0, pieceIndex(0, 1), pieceIndex(0, 2), 1]);
    expect(skipped).toEqual([]);
  });

  test('an id that is too long with its piece is known by its hash, and pieces of none have none', () => {
    const ids = (id: unknown) =>
      shaped({ device: 'd', id, fields: numbers(65) }, shapesOf(wide)).events.map((event) => event.id);
    expect(ids('i'.repeat(64))[1]).toMatch(/^[0-9a-f]{40}$/);
    expect(ids(7)).toEqual([7, '7~1']);
    expect(ids(undefined)).toEqual([undefined, undefined]);
  });

  test('names that are too long are shortened, each to one of its own', () => {
    const [one, other] = ['a', 'b'].map((end) => `process_${'x'.repeat(70)}_${end}`);
    const fields = { [one ?? '']: 1, [other ?? '']: 2 };
    const { events, skipped } = shaped({ device: 'd', fields, tags: { [one ?? '']: 't' } }, shapesOf(wide));
    const names = Object.keys(events[0]?.values ?? {});
    expect(names).toHaveLength(2);
    for (const name of [...names, ...Object.keys(events[0]?.tags ?? {})])
      expect(name).toMatch(/^process_x{43}~[0-9a-f]{12}$/);
    expect(skipped).toEqual([]);
  });

  test('of too many tags those that the pipeline asks for are kept, and the others counted', () => {
    const tags = Object.fromEntries(Array.from({ length: 18 }, (_, at) => [`t${at}`, 'x']));
    const asking = shaped({ device: 'd', tags }, shapesOf(wide), { askedTags: new Set(['t17']) });
    const names = Object.keys(asking.events[0]?.tags ?? {});
    expect(names).toHaveLength(16);
    expect(names).toContain('t17');
    expect(asking.skipped.map(({ path, reason }) => [path, reason])).toEqual([
      ['t15', 'too many'],
      ['t16', 'too many'],
    ]);
  });
});
