// Integers longer than a double is exact are told apart wherever a shape makes a text of them, and are numbers everywhere else.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseExactly, withDoubles } from '../../../src/wire/shapes/parse-exactly.ts';
import { runs } from '../../support/runs.ts';
import { shaped, shapesOf } from '../../support/shaped.ts';

const shapes = shapesOf({
  name: 'mine',
  when: { has: ['rows'] },
  each: 'rows[*]',
  source: 'dev',
  id: 'n',
  type: 'kind',
  time: { path: 'at', as: 'ns' },
  values: { x: 'x' },
  tags: ['serial', 'inner.serial'],
  open: { inner: ['json'] },
});

const integer = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
const AT_NS = 1_772_352_000_123_999_999n;

test('as texts they are what was written, as numbers the nearest double, as times exact', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(integer, integer, integer, integer), { minLength: 1, maxLength: 3 }),
      (all) => {
        const rows = all.map(
          ([dev, n, x, serial]) =>
            `{"dev":${dev},"n":${n},"kind": ${n},"at":${AT_NS},"x":${x},"inner":"{\\"serial\\":${serial}}"}`,
        );
        const { events, refused } = shaped(`{"rows":[${rows.join(',')}]}`, shapes);
        expect(refused).toEqual([]);
        expect(
          events.map(({ source, id, type, time, values, tags }) => [
            source,
            String(id),
            type,
            time,
            values,
            tags,
          ]),
        ).toEqual(
          all.map(([dev, n, x, serial]) => [
            `${dev}`,
            `${n}`,
            `${n}`,
            1_772_352_000_123,
            { x: Number(x) },
            { serial: `${serial}` },
          ]),
        );
      },
    ),
    { numRuns: runs(200) },
  );
});

test('a document with them is otherwise as JSON says, and one without them to the last member', () => {
  const leaf = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    integer.map(String),
    fc.json({ maxDepth: 2 }),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.string(), leaf), (members) => {
      const text = `{${Object.entries(members)
        .map(([name, each]) => `${JSON.stringify(name)}:${each}`)
        .join(' , ')}}`;
      expect(withDoubles(parseExactly(text).value)).toEqual(JSON.parse(text));
    }),
    { numRuns: runs(300) },
  );
});

test.each([
  ['an exponent', '1e30', 0],
  ['levels in levels', '12345678901234567890', 300],
])('what cannot be told apart from others is no id: %s', (_, id, levels) => {
  const deep = `${'['.repeat(levels)}1${']'.repeat(levels)}`;
  const { events, refused } = shaped(`{"rows":[{"dev":"a","n":${id},"at":${AT_NS},"deep":${deep}}]}`, shapes);
  expect(events).toEqual([]);
  expect(refused.map(({ reason }) => reason)).toEqual(['id']);
});

test('an event in its own form is judged as without shapes: the integer is no id, and a value is a number', () => {
  const own = (members: string) => shaped(`{"source":"a","time":1772352000000,${members}}`, shapes);
  expect(own('"id":12345678901234567890').refused[0]?.detail).toContain('found the number 1234567890123456');
  expect(own('"values":{"x":12345678901234567890}').events[0]?.values).toEqual({
    x: Number(12345678901234567890n),
  });
});
