// A generation that was begun goes on with the same definition, however that names its shapes.
import { expect, test } from 'vitest';
import { spellOutShapes } from '../../../src/core/shape/spell-out-shapes.ts';
import { beginGeneration } from '../../../src/rebuild/begin-generation.ts';
import { Generations } from '../../../src/stores/generations.ts';
import { MemoryTable } from '../../../src/stores/memory-table.ts';
import { TABLE_SCHEMAS } from '../../../src/stores/table-schemas.ts';

const definition = {
  aggregations: [{ name: 'per-minute', window: { tumbling: '60s' } }],
  shapes: ['sigfox', { name: 'mine', like: 'csv', source: 'x' }],
};
const generation = (one: object) => ({
  name: 'again',
  createdMs: 1,
  archive: 'folder',
  stream: 'telemetry',
  streamArn: 'arn',
  definition: one,
});

test('by an earlier release with names, it goes on with the shapes themselves, and the other way round', async () => {
  const whole = spellOutShapes(definition);
  for (const [begun, wanted] of [
    [definition, whole],
    [whole, definition],
  ] as const) {
    const generations = new Generations(new MemoryTable(TABLE_SCHEMAS.readers));
    await beginGeneration(generations, generation(begun));
    expect((await beginGeneration(generations, generation(wanted))).definition).toEqual(begun);
  }
});

test('with another shape it is another', async () => {
  const generations = new Generations(new MemoryTable(TABLE_SCHEMAS.readers));
  await beginGeneration(generations, generation(definition));
  const other = generation({ ...definition, shapes: ['helium'] });
  await expect(beginGeneration(generations, other)).rejects.toThrow('begun with another definition');
});
