import { describe, expect, test } from 'vitest';
import { parsePipeline } from '../../../../src/core/pipeline/parse-pipeline.ts';
import { BUILT_IN_SHAPES } from '../../../../src/core/shape/built-in-shapes.ts';
import { parsePath } from '../../../../src/core/shape/shape-path.ts';
import { shapesOf } from '../../../support/shaped.ts';

const SHAPE = { name: 's', source: 'a', time: 'b' };

test('every built-in shape is a shape, under its own name', () => {
  for (const [name, shape] of BUILT_IN_SHAPES) expect(shapesOf(name)[0]?.name, name).toBe(shape.name);
});

test('a shape like a built-in one has its words where it has none', () => {
  const [shape] = shapesOf({ name: 'mine', like: 'the-things-stack', id: 'x' });
  const [model] = shapesOf('the-things-stack');
  expect(shape).toMatchObject({ name: 'mine', when: model?.when, inside: model?.inside });
  expect(shape?.parts[0]?.id).toMatchObject([{ path: { text: 'x' } }]);
});

describe('paths', () => {
  test.each([
    'a',
    'a.b',
    'a[0].b',
    'a["x.y"].z',
    '[*].a',
    'a.*',
    '*',
    '.',
    '$',
    '$.a',
    '^',
    '^.a',
    '^^["a"]',
    '@key',
    '^@key',
    '@arrival',
    'topic#2',
    't#-1',
    'node-id',
    'a b',
    'é',
  ])('%s', (text) => {
    expect(parsePath(text)).toMatchObject({ text });
  });
  test.each([
    '',
    'a.',
    'a..b',
    'a[',
    'a[x]',
    'a]b',
    'a{b}',
    '@nothing',
    'a[*]b',
    'x'.repeat(257),
    'a.'.repeat(20),
  ])('%j is none', (text) => {
    expect(parsePath(text)).toEqual(expect.stringContaining('expected'));
  });
});

test.each([
  [
    'nothing-like-it',
    /shapes\[0\]: found "nothing-like-it", expected a shape, or the name of a built-in one: the-things-stack/,
  ],
  [{ ...SHAPE, source: undefined }, /shapes\[0\]\.source: missing/],
  [{ ...SHAPE, time: undefined }, /shapes\[0\]\.time: missing, expected where the time stands; "@arrival"/],
  [{ ...SHAPE, name: 'a b' }, /shapes\[0\]\.name/],
  [{ ...SHAPE, colour: 1 }, /shapes\[0\]\.colour: unknown key/],
  [{ ...SHAPE, source: 'a[' }, /shapes\[0\]\.source: found "a\[", expected a path such as/],
  [{ ...SHAPE, source: '{a' }, /shapes\[0\]\.source: found "\{a", expected each \{ with its \}/],
  [
    { ...SHAPE, time: { path: 'b', as: 'fortnights' } },
    /shapes\[0\]\.time\.as: found "fortnights", expected one of s, ms/,
  ],
  [{ ...SHAPE, time: { path: 'b', as: 'dd.MM.yyyy' } }, /shapes\[0\]\.time\.zone: missing/],
  [
    { ...SHAPE, time: { path: 'b', as: 'iso', zone: 'Nowhere/Atall' } },
    /shapes\[0\]\.time\.zone: found "Nowhere\/Atall"/,
  ],
  [{ ...SHAPE, time: { path: 'b', as: 'HH:mm', zone: 'UTC' } }, /it has no year and no month and no day/],
  [{ ...SHAPE, values: { t: { path: 't', unit: 'C' } } }, /shapes\[0\]\.values\.t\.unit: unknown key/],
  [
    { ...SHAPE, values: [{ path: 't', text: 'guess' }] },
    /shapes\[0\]\.values\[0\]\.text: found "guess", expected one of skip, number, units/,
  ],
  [
    { ...SHAPE, values: [{ path: 't', drop: ['*a*b*c*'] }] },
    /drop\[0\]: found "\*a\*b\*c\*", expected at most 3 stars/,
  ],
  [
    { ...SHAPE, each: '^.a[*]' },
    /shapes\[0\]\.each: found "\^\.a\[\*\]", expected a path that begins at the part at hand/,
  ],
  [{ ...SHAPE, open: { a: ['rot13'] } }, /shapes\[0\]\.open\.a\[0\]: found "rot13", expected one of json/],
  [{ ...SHAPE, when: {} }, /shapes\[0\]\.when: found \{\}, expected has, lacks/],
  [{ ...SHAPE, like: 'nothing' }, /shapes\[0\]\.like: found "nothing"/],
  [
    { ...SHAPE, parts: [{ source: 7 }] },
    /shapes\[0\]\.parts\[0\]\.source: found 7, expected a path, a template/,
  ],
])('%j is refused in words', (shape, words) => {
  const definition = { aggregations: [{ name: 'm', window: { tumbling: '60s' } }], shapes: [shape] };
  expect(() => parsePipeline(definition)).toThrow(words);
});

test('two shapes have two names', () => {
  const definition = { aggregations: [{ name: 'm', window: { tumbling: '60s' } }], shapes: [SHAPE, SHAPE] };
  expect(() => parsePipeline(definition)).toThrow(/shapes\[1\]\.name: found "s" a second time/);
});
