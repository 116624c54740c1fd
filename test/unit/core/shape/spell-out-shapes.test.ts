// A definition with its built-in shapes in it is the definition that names them.
import { expect, test } from 'vitest';
import { parsePipeline } from '../../../../src/core/pipeline/parse-pipeline.ts';
import { readPipeline } from '../../../../src/core/pipeline/read-pipeline.ts';
import { BUILT_IN_SHAPES } from '../../../../src/core/shape/built-in-shapes.ts';
import type { ShapeDefinition } from '../../../../src/core/shape/shape-definition.ts';
import { spellOutShapes } from '../../../../src/core/shape/spell-out-shapes.ts';

const AGGREGATIONS = [{ name: 'per-minute', window: { tumbling: '60s' } }];
const NONE = new Map<string, ShapeDefinition>();

/** As a function finds it: JSON. */
function deployed(shapes: readonly unknown[]) {
  const text = JSON.stringify(spellOutShapes({ aggregations: AGGREGATIONS, shapes }));
  return { definition: JSON.parse(text) as object, pipeline: readPipeline(JSON.parse(text), NONE) };
}

test.each([...BUILT_IN_SHAPES.keys()])('%s, named or like it', (name) => {
  const like = { name: 'mine', like: name, from: '2026-11-28T12:00:00Z', id: 'x', source: 'y' };
  const shapes = [name, like];
  const { definition, pipeline } = deployed(shapes);
  const named = parsePipeline({ aggregations: AGGREGATIONS, shapes });
  // With what decides whether a record delivered again is cut as before.
  expect(pipeline).toEqual(named);
  expect(spellOutShapes(definition)).toEqual(definition);
});

test('what is not known is refused, by whoever reads it', () => {
  const message = 'found "nothing", expected a shape';
  expect(() => deployed(['nothing'])).toThrow(message);
  expect(() => deployed([{ name: 'a', like: 'nothing', source: 's', time: 't' }])).toThrow(message);
  expect(() => deployed([{ like: 'csv' }])).toThrow('shapes[0].name: missing');
});

test('a definition without shapes stays as it is', () => {
  const definition = { aggregations: AGGREGATIONS };
  expect(spellOutShapes(definition)).toBe(definition);
});
