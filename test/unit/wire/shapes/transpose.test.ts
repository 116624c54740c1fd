// Lists side by side, cut into what stands first in each, second, and so on.
import { expect, test } from 'vitest';
import type { ShapeDefinition } from '../../../../src/core/shape/shape-definition.ts';
import { shaped, shapesOf } from '../../../support/shaped.ts';

const HOURLY: ShapeDefinition = {
  name: 'hourly',
  each: { transpose: 'hourly' },
  source: '^.station',
  time: { path: 'time', as: 'iso', zone: 'UTC' },
  values: '.',
};

const document = {
  station: 's1',
  hourly: {
    time: ['2022-07-01T00:00', 'never', '2022-07-01T02:00'],
    t: [13, 12.7],
    rain: [0, 0.1, 0],
    unit: 'x',
  },
};

test('each place is a part; lists that are shorter have nothing there', () => {
  const { events, refused } = shaped(document, shapesOf(HOURLY));
  expect(events.map(({ time, values }) => [new Date(time).toISOString().slice(11, 13), values])).toEqual([
    ['00', { t: 13, rain: 0 }],
    ['02', { rain: 0 }],
  ]);
  expect(refused).toMatchObject([{ detail: expect.stringContaining('at hourly[1]') }]);
});

test('a letter holds the part alone, as it was written', () => {
  const text = JSON.stringify(document).replace('12.7', '12.70');
  const [letter] = shaped(text, shapesOf(HOURLY)).refused;
  expect(letter?.payload.body).toBe(
    '{"station":"s1","hourly":{"time":["never"],"t":[12.70],"rain":[0.1],"unit":"x"}}',
  );
  const again = shaped(letter?.payload.body, shapesOf(HOURLY));
  expect(again.items).toHaveLength(1);
  expect(again.refused).toHaveLength(1);
});

test('10,001 places refuse the record', () => {
  const hourly = { time: Array.from({ length: 10_001 }, () => 0) };
  expect(shaped({ hourly }, shapesOf(HOURLY)).items).toMatchObject([
    { kind: 'quarantined', reason: 'too-many-events' },
  ]);
});

test('nothing is cut out of such a part', () => {
  expect(() => shapesOf({ ...HOURLY, each: [{ transpose: 'hourly' }, 'x[*]'] })).toThrow(
    'found a step behind {"transpose": …}, expected it to be the last',
  );
});
