import { expect, test } from 'vitest';
import { routesIn } from '../../../cdk/routes-in.ts';

test('routes are those of conditions of shapes, each once; what is wrong is told elsewhere', () => {
  const shapes = [
    'senml',
    { name: 'a', when: { route: 'ttn' } },
    {
      name: 'b',
      when: [{ route: 'senml' }, { route: 'ttn', has: ['x'] }, null, { route: '../x' }, { route: 5 }],
    },
  ];
  expect(routesIn({ shapes })).toEqual(['senml', 'ttn']);
  expect(routesIn({})).toEqual([]);
  expect(routesIn({ shapes: 'x' })).toEqual([]);
});
