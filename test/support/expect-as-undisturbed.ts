import { expect } from 'vitest';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import type { Table } from '../../src/stores/table.ts';
import type { Telemetry } from './arbitrary-telemetry.ts';
import { ConsumerSystem } from './consumer-system.ts';
import type { DeliveryStep } from './deliverer.ts';
import { expectLeftOnce } from './expect-left-once.ts';
import { expectReference } from './expect-reference.ts';
import { Faults } from './faults.ts';
import { StoredTables } from './stored-tables.ts';
import { lettersView, statesView } from './system-view.ts';

/** Aggregates the stream in these steps, with these faults, and compares all that comes of it, rollups too. */
export async function expectAsUndisturbed(run: {
  readonly telemetry: Telemetry;
  readonly pipeline: Pipeline;
  readonly steps: readonly DeliveryStep[];
  readonly draws: readonly number[];
  /** Memory of the function's containers in MB, taken in turn. */
  readonly memoriesMb?: readonly number[];
  /** In place of the table of the sources, for what must be found out. */
  readonly sources?: (table: Table) => Table;
}): Promise<void> {
  const { telemetry, pipeline } = run;
  const disturbed = new ConsumerSystem(pipeline, new Faults(run.draws), new StoredTables(run.sources));
  disturbed.memoriesMb = run.memoriesMb ?? [];
  const deliverer = disturbed.aggregateDeliverer(telemetry.deliveries);
  await deliverer.run(run.steps);
  disturbed.faults.stop();
  await deliverer.finish();

  const undisturbed = new ConsumerSystem(pipeline);
  const oneByOne = undisturbed.aggregateDeliverer(telemetry.deliveries);
  for (const _ of telemetry.deliveries) {
    await oneByOne.step({ kind: 'deliver', lane: 0, container: 0, length: 1 });
  }
  expect(await statesView(disturbed), 'states as of one record at a time').toEqual(
    await statesView(undisturbed),
  );
  expect(await lettersView(disturbed), 'quarantine as of one record at a time').toEqual(
    await lettersView(undisturbed),
  );
  await disturbed.closeEverything();
  await disturbed.rollupDeliverer().finish();
  expectLeftOnce(disturbed);
  await expectReference(disturbed, telemetry);
}
