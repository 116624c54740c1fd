import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import { GenerationFold } from '../../src/rebuild/generation-fold.ts';
import type { GenerationTables } from '../../src/stores/generation-tables.ts';
import { EndingTable, type ProcessEnd } from './ending-table.ts';

/** A fold into a generation's tables by a process that ends, for all of them at once. */
export function endingFold(tables: GenerationTables, end: ProcessEnd, pipeline: Pipeline): GenerationFold {
  const { sources, windows, deadLetters, alerts, readers } = tables;
  return new GenerationFold({
    pipeline,
    tables: {
      sources: new EndingTable(sources, end),
      windows: new EndingTable(windows, end),
      deadLetters: new EndingTable(deadLetters, end),
      alerts: new EndingTable(alerts, end),
      readers: new EndingTable(readers, end),
    },
    clock: { sleep: async () => {} },
    random: () => 0,
  });
}
