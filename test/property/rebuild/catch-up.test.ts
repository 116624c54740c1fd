// The law of the last step before a switch: wherever the archive ends and workers do, a generation that has caught up with the stream has
// folded each record that it carries once, and folding the same from the archive later changes no book.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { kinesisEventRecord } from '../../../src/event-source/kinesis-record.ts';
import { auditGeneration } from '../../../src/rebuild/audit-generation.ts';
import { catchUpWithStream } from '../../../src/rebuild/catch-up.ts';
import { rebuildAll } from '../../../src/rebuild/rebuild.ts';
import { MemoryObjects } from '../../../src/stores/archive/memory-objects.ts';
import { arbitraryCarried, archiveCarried, type CarriedRecord } from '../../support/arbitrary-rebuild.ts';
import { carriedStream } from '../../support/carried-stream.ts';
import { endingFold } from '../../support/ending-fold.ts';
import { ProcessEnd, ProcessEnded } from '../../support/ending-table.ts';
import { generationOf } from '../../support/rebuilt-generation.ts';
import { viewOf } from '../../support/rebuilt-tables.ts';
import { runs } from '../../support/runs.ts';

const DEFINITION = {
  aggregations: [
    { name: 'per-minute', window: { tumbling: '60s' }, allowedLateness: '2m', idleTimeout: '10m' },
  ],
  rollups: [{ name: 'by-model', of: 'per-minute', by: ['model'] }],
};
const PIPELINE = parsePipeline(DEFINITION);
const WRITERS = [{ sizes: [4], failing: undefined }];

/** What a plain fold of the same records comes to: those of the archive hour by hour, the others in order, with nothing closed between. */
async function plain(archived: readonly CarriedRecord[], rest: readonly CarriedRecord[]) {
  const archive = new MemoryObjects();
  await archiveCarried(archive, archived, WRITERS);
  const { options, side } = generationOf(archive, DEFINITION);
  if (archived.length > 0) await rebuildAll(options);
  for (const { shard, sequence, arrivalMs, partitionKey, data } of rest) {
    const datum = { shard, sequence, arrivalMs, partitionKey, data: Buffer.from(data) };
    await options.fold.fold([kinesisEventRecord(datum, options.generation.streamArn)]);
  }
  return await viewOf(side, PIPELINE);
}

describe('catching up with the stream', () => {
  test('folds what the archive does not have yet, once, wherever it ends', async () => {
    const workers = fc.array(fc.record({ calls: fc.nat({ max: 40 }), isDone: fc.boolean() }), {
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(arbitraryCarried, fc.nat({ max: 40 }), workers, async (carried, cut, ends) => {
        const [archived, rest] = [carried.slice(0, cut), carried.slice(cut)];
        const archive = new MemoryObjects();
        await archiveCarried(archive, archived, WRITERS);
        const { options, tables, side } = generationOf(archive, DEFINITION);
        if (archived.length > 0) await rebuildAll(options);
        const source = carriedStream(carried, options.generation.streamArn);
        const catchUp = (end: ProcessEnd) => {
          const fold = endingFold(tables, end, PIPELINE);
          return catchUpWithStream({ ...options, source, fold, clock: { sleep: async () => {} } });
        };
        for (const end of ends) {
          await catchUp(new ProcessEnd(end)).catch((error: unknown) => {
            if (!(error instanceof ProcessEnded) && !String(error).includes('ProcessEnded')) throw error;
          });
        }
        expect((await catchUp(new ProcessEnd({ calls: undefined, isDone: false }))).level).toBe(true);
        expect(await viewOf(side, PIPELINE)).toEqual(await plain(archived, rest));

        await archiveCarried(archive, carried, WRITERS);
        await rebuildAll(options);
        expect((await auditGeneration(options, tables)).problems).toEqual([]);
      }),
      { numRuns: runs(60) },
    );
  });
});
