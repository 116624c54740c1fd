// Batches that the mapping of `aggregate` has given up, as they lie in the failures bucket: the command's own code makes letters of them and
// puts these back, any number of times.
import { importBatch } from '../../consumers/aggregate/import-batches.ts';
import { type RedriveTotals, redriveLetters } from '../../consumers/aggregate/redrive-letters.ts';
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import type { DiscardedBatch } from '../event-source/ports.ts';
import { DeadLetters } from '../stores/dead-letters.ts';
import { GivenUpRecords } from '../stores/given-up-records.ts';
import { SourceStates } from '../stores/source-states.ts';
import type { Table } from '../stores/table.ts';
import type { KinesisEventRecord } from '../wire/stream-records.ts';
import type { SimulatedTable } from './simulated-tables.ts';

export interface GivenUpBatchesDeps {
  readonly table: (name: SimulatedTable, pipeline: Pipeline) => Table;
  readonly pipeline: () => Pipeline;
  readonly note: (line: string) => void;
  /** In place of the command's own. */
  readonly redrive?: typeof redriveLetters | undefined;
}

export class GivenUpBatches {
  readonly #deps: GivenUpBatchesDeps;
  readonly #batches: DiscardedBatch[] = [];

  constructor(deps: GivenUpBatchesDeps) {
    this.#deps = deps;
  }

  add(batch: DiscardedBatch): void {
    this.#batches.push(batch);
  }

  get isEmpty(): boolean {
    return this.#batches.length === 0;
  }

  /** Only what was given up: what was quarantined was so for good. */
  async redrive(): Promise<RedriveTotals> {
    const { table, redrive = redriveLetters, note } = this.#deps;
    const pipeline = this.#deps.pipeline();
    const deadLetters = new DeadLetters(table('deadLetters', pipeline));
    const givenUp = new GivenUpRecords(table('readers', pipeline));
    for (const { records, condition } of this.#batches) {
      // as the mapping read them from a stream of the kind kinesis
      const own = records.map(({ record }) => record as KinesisEventRecord);
      await importBatch({ kind: 'telemetry', records: own, condition }, { pipeline, deadLetters, givenUp });
    }
    const totals = await redrive(
      { pipeline, deadLetters, states: new SourceStates(table('sources', pipeline)) },
      { pick: ({ reason }) => reason === 'given-up' },
    );
    const { letters, applied, duplicate, late, left } = totals;
    note(`somebody redrives ${letters} letters: ${JSON.stringify({ applied, duplicate, late, left })}`);
    return totals;
  }
}
