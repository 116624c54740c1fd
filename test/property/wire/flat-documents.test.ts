// A flat document read in one pass is the event that the long way makes of it, with the same told of what was not taken:
// compression keeps a record from the short way.
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ShapeDefinition } from '../../../src/core/shape/shape-definition.ts';
import { type SkippedPath, SkippedPaths } from '../../../src/wire/shapes/skipped-paths.ts';
import { UsualEventReader } from '../../../src/wire/usual-event.ts';
import { runs } from '../../support/runs.ts';
import { ARRIVAL_MS, shaped, shapesOf } from '../../support/shaped.ts';

const flat: ShapeDefinition = { name: 'flat', source: 'device', id: 'n', time: { path: 'at', as: 'ms' } };
const DEFINITIONS: readonly (readonly (string | ShapeDefinition)[])[] = [
  [{ ...flat, when: { has: ['device', 'at'], lacks: ['b'] }, type: 'kind', tags: { site: 'site', a: 'a' } }],
  [
    {
      ...flat,
      source: ['{site}/{device}', 'device#0', '@partitionKey'],
      id: ['n', 'a'],
      time: { path: ['at', 'time'], as: 'auto', zone: 'UTC' },
      values: [{ path: '.', rename: { a: 'c', t: 'temperature' }, drop: ['hum*'], text: 'units' }],
      tags: ['site', { path: ['kind', 'a'], name: 'kind' }],
    },
  ],
  [
    'senml',
    {
      ...flat,
      when: [{ partitionKey: 'k*', has: ['at'] }, { has: ['b'] }],
      type: { text: 'x' },
      values: { c: ['a', 't'], d: 'b' },
    },
    { ...flat, name: 'second', source: { text: 'second' } },
  ],
  [
    {
      ...flat,
      time: 'time',
      source: 'source',
      id: 'id',
      values: [{ path: '.', missing: [-1, 'NA'], enums: { on: 1 }, text: 'skip', only: ['t', 'a', 'b'] }],
    },
  ],
  [{ ...flat, ignore: { has: ['b'] } }],
  [{ ...flat, each: 'a[*]' }, flat],
];

const name = fc.oneof(
  {
    weight: 30,
    arbitrary: fc.constantFrom('n', 'kind', 'site', 'a', 'b', 't', 'temperature', 'humidity', 'c'),
  },
  { weight: 4, arbitrary: fc.constantFrom('source', 'id', 'time', 'type', 'values', 'tags', 'at', 'device') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '__proto__',
      'route',
      'document',
      'events',
      '',
      '7',
      'x'.repeat(65),
      'é',
      'a b',
    ),
  },
);
const value = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.oneof(
      fc.integer().map(String),
      fc.integer({ min: -1e6, max: 1e6 }).map((number) => String(number / 100)),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      '"a"',
      '"on"',
      '"NA"',
      '"7"',
      '"3.3 V"',
      '-1',
      '"x/y"',
      '"2026-03-01T08:00:00"',
    ),
  },
  { weight: 3, arbitrary: fc.constantFrom('true', 'false', 'null', '""', '-0', '0.10') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '[1]',
      '{"a":1}',
      '1e999',
      '1e3',
      '01',
      '"\\u0041"',
      '"\x7f"',
      '"é"',
      `"${'y'.repeat(300)}"`,
      'nul',
    ),
  },
);
const member = fc
  .tuple(name, fc.constantFrom('', '', '', ' '), value)
  .map(([key, blank, own]) => `${JSON.stringify(key)}:${blank}${own}`);
const document = fc
  .tuple(
    fc.constantFrom(
      '"device":"d","at":1772352000000',
      '"source":"d","time":"2026-03-01T08:00:00Z"',
      '"at":1772352000000,"device":7',
    ),
    fc.array(member, { maxLength: 8 }),
    fc.constantFrom('', '', '', '', '', ' ', '}', ',{}'),
  )
  .map(([fields, members, end]) => `{${[fields, ...members].join(',')}}${end}`);

test('the short way of a flat document gives what the long way gives, or nothing', () => {
  const all = DEFINITIONS.map((definitions) => ({
    shapes: shapesOf(...definitions),
    reader: new UsualEventReader(),
  }));
  let taken = 0;
  fc.assert(
    fc.property(
      fc.nat({ max: DEFINITIONS.length - 1 }),
      document,
      fc.constantFrom('key', 'other'),
      (at, text, partitionKey) => {
        const { shapes, reader } = all[at] ?? { shapes: [], reader: new UsualEventReader() };
        const skipped = new SkippedPaths();
        const record = { partitionKey, arrivalMs: ARRIVAL_MS, route: undefined };
        const short = reader.read(Buffer.from(text).toString('base64'), true, { shapes, skipped, record });
        if (short === undefined) {
          expect(skipped.total).toBe(0);
          return;
        }
        taken += 1;
        const long = shaped(gzipSync(text), shapes, { partitionKey });
        expect(long.items).toStrictEqual([{ index: 0, kind: 'event', event: short }]);
        expect(Object.keys(short.tags)).toEqual(long.events.flatMap(({ tags }) => Object.keys(tags)));
        // In whichever order: names that look like indexes come first where JSON.parse reads them.
        expect(byPath(skipped.list())).toEqual(byPath(long.skipped));
      },
    ),
    { numRuns: runs(4_000) },
  );
  // One in nine is: far fewer, and the documents made here would not be near enough.
  expect(taken).toBeGreaterThan(runs(4_000) / 40);
});

function byPath(skipped: readonly SkippedPath[]): readonly string[] {
  return skipped.map((each) => JSON.stringify(each)).sort();
}

test('of records in turn each is read by its own form', () => {
  const shapes = shapesOf({ ...flat, when: { has: ['device'] } });
  const texts = [
    '{"device":"d","at":1772352000000,"t":1}',
    '{"source":"d","time":1772352000000,"values":{"t":1}}',
    '{"device":"d","at":1772352000000,"deep":{"t":1}}',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...texts), { maxLength: 12 }), (sent) => {
      for (const text of sent) {
        const one = shaped(text, shapes);
        expect(one.items).toStrictEqual(shaped(gzipSync(text), shapes).items);
        expect(one.events).toHaveLength(1);
      }
    }),
    { numRuns: runs(300) },
  );
});
