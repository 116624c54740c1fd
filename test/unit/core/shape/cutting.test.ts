import { describe, expect, test } from 'vitest';
import { parsePipeline } from '../../../../src/core/pipeline/parse-pipeline.ts';
import { cuttingOf, shapesAt } from '../../../../src/core/shape/cutting.ts';
import type { ShapeDefinition } from '../../../../src/core/shape/shape-definition.ts';
import { ARRIVAL_MS, shapesOf } from '../../../support/shaped.ts';

const own = (changes: Partial<ShapeDefinition> = {}): ShapeDefinition => ({
  name: 'own',
  when: { has: ['rows'] },
  each: 'rows[*]',
  source: '^.device',
  time: 't',
  ...changes,
});
const cutting = (changes: Partial<ShapeDefinition>) => cuttingOf(shapesOf(own(changes)), ARRIVAL_MS);

describe('how records are cut', () => {
  test.each<[string, Partial<ShapeDefinition>]>([
    ['a name', { name: 'other' }],
    ['fields', { source: 'x', id: 'y', type: 'z', time: '@arrival', values: [], tags: 'tags', numbers: {} }],
    ['what is ignored', { ignore: { has: ['no'] } }],
  ])('does not change with %s', (_, changes) => {
    expect(cutting(changes)).toBe(cutting({}));
  });

  test.each<[string, Partial<ShapeDefinition>]>([
    ['each', { each: 'rows[*].more[*]' }],
    ['when', { when: { has: ['rows', 'device'] } }],
    ['inside', { inside: ['data', '.'] }],
    ['open', { open: { '$.rows': ['json'] } }],
    ['parts', { parts: [{ each: 'a[*]' }, { each: 'rows[*]' }] }],
    ['format', { format: 'csv' }],
  ])('changes with %s', (_, changes) => {
    expect(cutting(changes)).not.toBe(cutting({}));
  });

  test('does not change with a condition of a part: what does not meet it has its place', () => {
    const parts = (when: ShapeDefinition['when']) =>
      cutting({ parts: [{ each: 'rows[*]', ...(when && { when }) }] });
    expect(parts({ has: ['v'] })).toBe(parts(undefined));
  });
});

describe('shapes that hold for a time', () => {
  const until = '2026-03-01T08:00:00Z';
  const shapes = shapesOf(own({ until }), own({ from: until, each: 'items[*]' }));

  test('are those of the arrival; without one, those that hold in the end', () => {
    expect(Date.parse(until)).toBe(ARRIVAL_MS);
    expect(shapesAt(shapes, ARRIVAL_MS - 1)).toEqual([shapes[0]]);
    expect(shapesAt(shapes, ARRIVAL_MS)).toEqual([shapes[1]]);
    expect(shapesAt(shapes, undefined)).toEqual([shapes[1]]);
    expect(cuttingOf(shapes, ARRIVAL_MS - 1)).toBe(cutting({}));
  });

  const problems = (...own: ShapeDefinition[]) => {
    try {
      parsePipeline({ aggregations: [{ name: 'a', window: { tumbling: '1m' } }], shapes: own });
    } catch (error) {
      return String(error);
    }
    return '';
  };

  test('may have one name one after the other, and not at a time', () => {
    expect(problems(own({ until }), own({ from: until }))).toBe('');
    expect(problems(own({ until }), own())).toContain('shapes[1].name: found "own" a second time');
  });

  test('say when that is, in the right order', () => {
    expect(problems(own({ from: 'tomorrow' }))).toContain(
      'shapes[0].from: found "tomorrow", expected a time',
    );
    expect(problems(own({ from: until, until }))).toContain('expected a time after "from"');
  });
});
