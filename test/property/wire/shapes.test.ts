// Laws of reading other forms: the same on every delivery, and bounded whatever is sent and whatever a shape asks for.
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareIndexes } from '../../../src/core/record-index.ts';
import { BUILT_IN_SHAPES } from '../../../src/core/shape/built-in-shapes.ts';
import type { ShapeDefinition } from '../../../src/core/shape/shape-definition.ts';
import { runs } from '../../support/runs.ts';
import { shaped, shapesOf } from '../../support/shaped.ts';

const all = shapesOf(...BUILT_IN_SHAPES.keys());

const member = fc.constantFrom(
  'source',
  'id',
  'time',
  'ts',
  't',
  'v',
  'n',
  'bn',
  'bt',
  'rows',
  'columns',
  'data',
  'specversion',
  'type',
  'values',
  'tags',
  'events',
  '__proto__',
);
const { document } = fc.letrec((tie) => ({
  leaf: fc.oneof(
    fc.integer(),
    fc.double(),
    fc.string(),
    fc.boolean(),
    fc.constant(null),
    fc.constant('2026-03-01T08:00:00Z'),
  ),
  list: fc.array(tie('document'), { maxLength: 4 }),
  object: fc.dictionary(member, tie('document'), { maxKeys: 6 }),
  document: fc.oneof({ depthSize: 'small' }, tie('leaf'), tie('list'), tie('object')),
}));

const mine: ShapeDefinition = {
  name: 'mine',
  each: ['rows[*]'],
  source: ['source', '^.source', 't', '{n}/{@key}'],
  id: ['id', '@key'],
  time: { path: ['time', 'ts', '^.time'], as: 'auto' },
  values: '.',
  tags: 'tags',
};

test('the same data gives the same events and the same letters, in the same places', () => {
  fc.assert(
    fc.property(fc.array(document, { minLength: 1, maxLength: 3 }), (documents) => {
      const text = documents.map((each) => JSON.stringify(each)).join('\n');
      const shapes = [...shapesOf(mine), ...all];
      const [first, second] = [shaped(text, shapes), shaped(text, shapes)];
      expect(second).toEqual(first);
      const indexes = first.items.map(({ index }) => index);
      expect(indexes).toEqual([...new Set(indexes)].sort(compareIndexes));
    }),
    { numRuns: runs(500) },
  );
});

test('a letter of a part reads again as one part, with the same reason', () => {
  fc.assert(
    fc.property(
      fc.dictionary(member, document),
      fc.array(document, { minLength: 1, maxLength: 5 }),
      (around, rows) => {
        const shapes = shapesOf({ ...mine, when: { has: ['rows'] }, source: 'source', id: 'id' });
        for (const letter of shaped({ ...around, source: undefined, time: undefined, rows }, shapes)
          .refused) {
          const again = shaped(letter.payload.body, shapes);
          expect(again.items).toHaveLength(1);
          expect(again.refused[0]?.reason).toBe(letter.reason);
        }
      },
    ),
    { numRuns: runs(300) },
  );
});

test('a letter of a place in lists side by side reads again as that place alone', () => {
  const shapes = shapesOf({ ...mine, each: { transpose: 'rows' }, when: { has: ['rows'] }, id: 'id' });
  fc.assert(
    fc.property(
      fc.dictionary(member, fc.oneof(document, fc.array(document, { maxLength: 4 }))),
      fc.dictionary(member, document),
      (rows, around) => {
        for (const letter of shaped({ ...around, source: undefined, rows }, shapes).refused) {
          const again = shaped(letter.payload.body, shapes);
          expect(again.items).toHaveLength(1);
          expect(again.refused[0]?.reason).toBe(letter.reason);
        }
      },
    ),
    { numRuns: runs(300) },
  );
});

test('no text at all makes decoding throw', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string({ unit: 'grapheme' }),
        fc.stringMatching(/^[a-z,= "{}[\]0-9\n]{0,60}$/),
      ),
      (text) => {
        shaped(text, all);
      },
    ),
    { numRuns: runs(1_000) },
  );
});

describe('bounded', () => {
  const deep = (open: string, close: string, count: number) => `${open.repeat(count)}1${close.repeat(count)}`;
  const rows = shapesOf({ ...mine, when: { has: ['rows'] } });

  test('10,000 parts are read, one more refuses the record', () => {
    const parts = (count: number) => ({
      source: 's',
      rows: Array.from({ length: count }, () => ({ ts: 1_772_352_000 })),
    });
    expect(shaped(parts(10_000), rows).events).toHaveLength(10_000);
    expect(shaped(parts(10_001), rows).items).toMatchObject([
      { kind: 'quarantined', reason: 'too-many-events' },
    ]);
  });

  test('splits of splits count together', () => {
    const nested = shapesOf({ ...mine, each: 'rows[*].rows[*]', when: { has: ['rows'] } });
    const inner = { rows: Array.from({ length: 101 }, () => ({})) };
    expect(shaped({ rows: Array.from({ length: 100 }, () => inner) }, nested).refused[0]?.reason).toBe(
      'too-many-events',
    );
  });

  test('letters of one record hold so much and no more', () => {
    const document = { blob: 'x'.repeat(500_000), rows: Array.from({ length: 10_000 }, () => ({})) };
    const { refused } = shaped(document, rows);
    expect(refused).toHaveLength(10_000);
    const characters = refused.reduce((sum, { payload }) => sum + payload.body.length, 0);
    expect(characters).toBeLessThan(18 * 1024 * 1024);
    expect(refused.at(-1)?.detail).toContain('rows[9999]');
    expect(refused.at(-1)?.detail).toContain('the payload is left out');
  });

  test.each([
    ['lists in lists', deep('[', ']', 100_000)],
    ['objects in objects', deep('{"rows":', '}', 100_000)],
    ['a part nested deeply', `{"rows":[{"v":${deep('{"v":', '}', 50_000)}}]}`],
    ['quotations without an end', `{"a":"${'\\"'.repeat(100_000)}`],
    ['braces without an end', '{"rows":['.repeat(20_000)],
    ['NaN after NaN, and texts without an end', `[${'NaN,'.repeat(50_000)}"${'\\"'.repeat(100_000)}`],
    ['a million commas', `[${','.repeat(1_000_000)}`],
    ['a million numbers', `[${'1,'.repeat(1_000_000)}1]`],
    ['texts after texts', '{}'.repeat(100_000)],
    ['lines after lines', '{}\n'.repeat(100_000)],
    ['a csv of one line', `${'a,'.repeat(200_000)}b\n${'1,'.repeat(200_000)}2`],
    ['spaces', `a ${' '.repeat(500_000)}`],
    ['a topic without an end', `${'a/'.repeat(200_000)} {`],
    ['labels without an end', `m{${'a="b",'.repeat(50_000)}`],
    ['tags without an end', `m${',a=b'.repeat(100_000)} f=1 1`],
    [
      'base64 of base64 of base64',
      Buffer.from(Buffer.from(Buffer.from('{}').toString('base64')).toString('base64')).toString('base64'),
    ],
  ])('%s', (_, text) => {
    for (const shapes of [rows, all, [...rows, ...all]])
      expect(shaped(text, shapes).items.length).toBeLessThanOrEqual(10_000);
  });

  test('what unpacks to too much stays packed', () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20)).toString('base64');
    const opening = shapesOf({
      ...mine,
      each: '.',
      when: { has: ['data'] },
      open: { data: ['base64', 'gzip', 'json'] },
    });
    expect(shaped({ source: 's', ts: 1_772_352_000, data: bomb }, opening).skipped[0]).toMatchObject({
      reason: 'not opened',
    });
    expect(shaped(bomb, all).items).toMatchObject([{ kind: 'quarantined' }]);
  });

  test('paths that are told apart are few, whatever payloads call them', () => {
    const data = Object.fromEntries(Array.from({ length: 1_900 }, (_, at) => [`name-${at}`, 'text']));
    const { skipped } = shaped({ source: 's', ts: 1_772_352_000, data }, shapesOf({ ...mine, each: '.' }));
    expect(skipped.length).toBeLessThanOrEqual(201);
    expect(skipped.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThanOrEqual(1_900);
  });
});
