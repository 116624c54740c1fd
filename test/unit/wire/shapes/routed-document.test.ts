// Bodies that came by a route of the HTTP door: their source is the token's, whatever stands in them.
import { describe, expect, test } from 'vitest';
import type { ShapeDefinition } from '../../../../src/core/shape/shape-definition.ts';
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
