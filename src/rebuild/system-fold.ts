import type { Pipeline } from '../core/pipeline/pipeline.ts';
import { systemClock } from '../platform/clock.ts';
import type { GenerationTables } from '../stores/generation-tables.ts';
import type { Table } from '../stores/table.ts';
import { GenerationFold } from './generation-fold.ts';

/** A fold by the machine's clock and randomness, for pauses between tries; what it folds goes by the recording's. `devices`: the stack's. */
export function systemFold(pipeline: Pipeline, tables: GenerationTables, devices: Table): GenerationFold {
  return new GenerationFold({ pipeline, tables, devices, clock: systemClock, random: Math.random });
}
