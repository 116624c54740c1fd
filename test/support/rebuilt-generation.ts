// A generation in memory, rebuilt from an archive in memory.
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import { GenerationFold } from '../../src/rebuild/generation-fold.ts';
import type { RebuildOptions } from '../../src/rebuild/rebuild.ts';
import type { Objects } from '../../src/stores/archive/objects.ts';
import { Generations } from '../../src/stores/generations.ts';
import { MemoryTable } from '../../src/stores/memory-table.ts';
import { TABLE_SCHEMAS } from '../../src/stores/table-schemas.ts';
import { memoryGeneration, storesOf } from './rebuilt-tables.ts';

export function generationOf(archive: Objects, definition: object, stream = 'telemetry') {
  const pipeline = parsePipeline(definition);
  const tables = memoryGeneration();
  const noted = new MemoryTable(TABLE_SCHEMAS.readers);
  const clock = { sleep: async () => {} };
  const options: RebuildOptions = {
    generation: {
      name: 'second',
      stream,
      streamArn: `arn:aws:kinesis:us-east-1:000000000000:stream/${stream}`,
    },
    archive,
    generations: new Generations(noted),
    fold: new GenerationFold({ pipeline, tables, clock, random: () => 0 }),
  };
  return { options, tables, noted, side: { ...storesOf(tables), pipeline } };
}
