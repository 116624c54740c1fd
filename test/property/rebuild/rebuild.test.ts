// The law of rebuilding: whatever batches a stream was archived in and by whom, wherever workers end and however many there are, the
// generation comes to what a plain run of the same records under its definition does.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { planRebuild, type RebuildOptions, rebuildAll } from '../../../src/rebuild/rebuild.ts';
import { MemoryObjects } from '../../../src/stores/archive/memory-objects.ts';
import { Generations } from '../../../src/stores/generations.ts';
import { MemoryTable } from '../../../src/stores/memory-table.ts';
import { TABLE_SCHEMAS } from '../../../src/stores/table-schemas.ts';
import { PipelineRunner } from '../../../src/testing/pipeline-runner.ts';
import {
  arbitraryCarried,
  arbitraryWriters,
  archiveCarried,
  type CarriedRecord,
  closedAtLast,
  REBUILT_STREAM,
} from '../../support/arbitrary-rebuild.ts';
import { endingFold } from '../../support/ending-fold.ts';
import { EndingTable, ProcessEnd, ProcessEnded } from '../../support/ending-table.ts';
import { memoryGeneration, storesOf, viewOf } from '../../support/rebuilt-tables.ts';
import { runs } from '../../support/runs.ts';

const PIPELINE = parsePipeline({
  aggregations: [
    { name: 'per-minute', window: { tumbling: '60s' }, allowedLateness: '2m', idleTimeout: '10m' },
    { name: 'visits', window: { session: { gap: '5m' } }, allowedLateness: '1m', idleTimeout: '1h' },
  ],
  rollups: [{ name: 'by-model', of: 'per-minute', by: ['model'] }],
  alerts: [
    { name: 'high', on: { aggregation: 'per-minute' }, metric: 'v', aggregate: 'max', when: { above: 20 } },
    { name: 'models-high', on: { rollup: 'by-model' }, metric: 'v', aggregate: 'max', when: { above: 25 } },
  ],
  dedupe: { horizon: '10m' },
});
const GENERATION = {
  name: 'second',
  stream: REBUILT_STREAM,
  streamArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/telemetry',
};
const HOUR_MS = 3_600_000;

/** Record by record, in the order in which the stream carried them, through the mapping; the closer runs where an hour ends. */
async function plainRun(carried: readonly CarriedRecord[]) {
  const startMs = Math.min(...carried.map(({ arrivalMs }) => arrivalMs));
  const runner = new PipelineRunner({ pipeline: PIPELINE, startMs: startMs - HOUR_MS, batchSize: 100 });
  const latestMs = Math.max(...carried.map(({ arrivalMs }) => arrivalMs));
  const byHour = Map.groupBy(carried, ({ arrivalMs }) => Math.floor(arrivalMs / HOUR_MS));
  for (const [hour, records] of byHour) {
    for (const { data, shard, sequence, ...record } of records) {
      runner.put({ kind: 'record', ...record, data: Buffer.from(data), place: { shard, sequence } });
      await runner.caughtUp();
    }
    await runner.close({ atMs: Math.min((hour + 1) * HOUR_MS, latestMs) });
  }
  const view = await viewOf(runner, PIPELINE);
  await runner.stop();
  return view;
}

interface Worker {
  readonly calls: number | undefined;
  readonly isDone: boolean;
}

function optionsOf(
  place: Pick<RebuildOptions, 'archive'> & {
    readonly tables: ReturnType<typeof memoryGeneration>;
    readonly noted: MemoryTable;
  },
  end: ProcessEnd,
  batchRecords: number,
): RebuildOptions {
  const { tables, noted, archive } = place;
  return {
    generation: GENERATION,
    archive,
    generations: new Generations(new EndingTable(noted, end)),
    fold: endingFold(tables, end, PIPELINE),
    batchRecords,
  };
}

/** @returns whether it came to the end */
async function runWorker(options: RebuildOptions): Promise<boolean> {
  try {
    await rebuildAll(options);
    return true;
  } catch (error) {
    if (error instanceof ProcessEnded || String(error).includes('ProcessEnded')) return false;
    throw error;
  }
}

const arbitraryWorkers = fc.array(
  fc.record({ calls: fc.option(fc.nat({ max: 60 }), { nil: undefined, freq: 8 }), isDone: fc.boolean() }),
  { maxLength: 6 },
);
const arbitraryBatch = fc.constantFrom(1, 2, 3, 7, 1_000);

/** A plain run of records whose arrivals go back over an hour's border closes at other moments than any hour by hour can. */
function inOrderOfHours(carried: readonly CarriedRecord[]): boolean {
  return carried.every(
    ({ arrivalMs }, at) =>
      at === 0 || Math.floor(arrivalMs / HOUR_MS) >= Math.floor((carried[at - 1]?.arrivalMs ?? 0) / HOUR_MS),
  );
}

async function placeOf(carried: readonly CarriedRecord[], writers: Parameters<typeof archiveCarried>[2]) {
  const archive = new MemoryObjects();
  await archiveCarried(archive, carried, [...writers, { sizes: [4], failing: undefined }]);
  return { archive, tables: memoryGeneration(), noted: new MemoryTable(TABLE_SCHEMAS.readers) };
}

describe('a rebuild', () => {
  test('comes to what a plain run does, wherever its workers end', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryCarried.filter(inOrderOfHours).map(closedAtLast),
        arbitraryWriters,
        arbitraryWorkers,
        arbitraryBatch,
        async (carried, writers, workers, batchRecords) => {
          const place = await placeOf(carried, writers);
          for (const worker of workers)
            await runWorker(optionsOf(place, new ProcessEnd(worker), batchRecords));
          const last = optionsOf(place, new ProcessEnd({ calls: undefined, isDone: false }), batchRecords);
          expect(await runWorker(last)).toBe(true);
          expect(await viewOf(storesOf(place.tables), PIPELINE)).toEqual(await plainRun(carried));
          expect(await planRebuild(last), 'nothing is left to do').toEqual([]);
          const chunks = await last.generations.chunks(GENERATION.name);
          expect(chunks.reduce((sum, { records }) => sum + records, 0)).toBe(carried.length);
        },
      ),
      { numRuns: runs(20) },
    );
  });

  test('comes to the same when it is started several times side by side', async () => {
    const side = fc.array(
      fc.record({ calls: fc.option(fc.nat({ max: 60 }), { nil: undefined }), isDone: fc.boolean() }),
      { minLength: 2, maxLength: 3 },
    );
    await fc.assert(
      fc.asyncProperty(
        arbitraryCarried.filter(inOrderOfHours).map(closedAtLast),
        side,
        arbitraryBatch,
        fc.scheduler(),
        async (carried, workers: readonly Worker[], batchRecords, scheduler) => {
          const place = await placeOf(carried, []);
          const turn = () => scheduler.schedule(Promise.resolve());
          const running = workers.map((worker) =>
            runWorker(optionsOf(place, new ProcessEnd(worker, turn), batchRecords)),
          );
          await scheduler.waitFor(Promise.all(running));
          const last = optionsOf(place, new ProcessEnd({ calls: undefined, isDone: false }), batchRecords);
          expect(await runWorker(last)).toBe(true);
          expect(await viewOf(storesOf(place.tables), PIPELINE)).toEqual(await plainRun(carried));
        },
      ),
      { numRuns: runs(20) },
    );
  });
});
