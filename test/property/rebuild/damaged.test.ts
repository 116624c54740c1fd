// The law of bad recordings: whatever was damaged, and whenever, a rebuild ends with an answer that names the place, and nothing is switched; or
// it comes to what it would have without. Once mended it goes on, and comes to the same.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wire } from '../../../consumers/rebuild/wire.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { memoryHost } from '../../../src/host/memory-host.ts';
import type { RebuildStepRequest } from '../../../src/rebuild/do-step.ts';
import { rebuildAll } from '../../../src/rebuild/rebuild.ts';
import { ArchiveReader } from '../../../src/stores/archive/archive-reader.ts';
import { MemoryObjects } from '../../../src/stores/archive/memory-objects.ts';
import { Generations } from '../../../src/stores/generations.ts';
import {
  arbitraryCarried,
  arbitraryWriters,
  archiveCarried,
  type CarriedRecord,
  REBUILT_STREAM,
} from '../../support/arbitrary-rebuild.ts';
import { arbitraryDamage, damage } from '../../support/damage.ts';
import { generationOf } from '../../support/rebuilt-generation.ts';
import { storesOf, viewOf } from '../../support/rebuilt-tables.ts';
import { runStateMachine, stateMachineIn } from '../../support/run-state-machine.ts';
import { runs } from '../../support/runs.ts';
import { synthesizedStack } from '../../support/synthesized-stack.ts';

const DEFINITION = {
  aggregations: [
    { name: 'per-minute', window: { tumbling: '60s' }, allowedLateness: '2m', idleTimeout: '10m' },
  ],
  rollups: [{ name: 'by-model', of: 'per-minute', by: ['model'] }],
};
const PIPELINE = parsePipeline(DEFINITION);
const INPUT = { generation: 'second', switch: true, force: true };
const FIRST = 'first';

async function archiveOf(carried: readonly CarriedRecord[], writers: Parameters<typeof archiveCarried>[2]) {
  const archive = new MemoryObjects();
  await archiveCarried(archive, carried, [...writers, { sizes: [4], failing: undefined }]);
  return archive;
}

/** Keys of the objects that a manifest names. */
async function listedIn(archive: MemoryObjects): Promise<ReadonlySet<string>> {
  const reader = new ArchiveReader(archive);
  const keys = new Set<string>();
  for (const shard of await reader.shards(REBUILT_STREAM))
    for (const { place, manifest } of await reader.hours({ stream: REBUILT_STREAM, shard }))
      for (const { name } of manifest.objects)
        keys.add(`records/stream=${REBUILT_STREAM}/shard=${shard}/hour=${place.hour}/${name}`);
  return keys;
}

function systemOf(archive: MemoryObjects) {
  const host = memoryHost({
    pipeline: PIPELINE,
    objects: () => archive,
    setting: (name) => (name === 'rebuildStream' ? REBUILT_STREAM : 'arn:aws:kinesis:r:1:stream/telemetry'),
    clock: { nowMs: () => Date.parse('2026-12-01T00:00:00Z'), sleep: async () => {} },
  });
  const step = wire({ ...host, definition: DEFINITION });
  const unlimited = { getRemainingTimeInMillis: () => 900_000 };
  // as the state machine makes it
  const invoke = (request: unknown) => step(request as RebuildStepRequest, unlimited);
  const table = (name: Parameters<typeof host.table>[0]) => host.table(name, 'second');
  return {
    generations: new Generations(host.table('readers')),
    work: {
      invoke,
      runTask: ({ TIDEMILL_REBUILD_STEP: name, TIDEMILL_REBUILD_REQUEST: request = '{}' }) =>
        invoke({ ...JSON.parse(request), step: name }),
    } satisfies Parameters<typeof runStateMachine>[2],
    view: () =>
      viewOf(
        storesOf({
          sources: table('sources'),
          windows: table('windows'),
          deadLetters: table('deadLetters'),
          alerts: table('alerts'),
          readers: table('readers'),
        }),
        PIPELINE,
      ),
  };
}

/** What the report says, to which a failure sends whoever reads it: where there is one by then. */
async function problemsIn({ invoke }: ReturnType<typeof systemOf>['work']): Promise<string> {
  const report: unknown = await invoke({ step: 'report', generation: 'second' }).catch(() => undefined);
  return JSON.stringify(report ?? '');
}

test('a damaged archive has an answer and switches nothing, or comes to the same; mended it goes on', async () => {
  const definition = stateMachineIn(synthesizedStack({ archive: true, rebuild: true }));
  const outcomes = { answered: 0, same: 0 };
  await fc.assert(
    fc.asyncProperty(
      arbitraryCarried,
      arbitraryWriters,
      arbitraryDamage,
      fc.option(fc.constantFrom('Fold by function', 'Close silent windows', 'Audit and compare'), {
        nil: undefined,
      }),
      async (carried, writers, what, begun) => {
        const archive = await archiveOf(carried, writers);
        const plain = generationOf(archive, DEFINITION, REBUILT_STREAM);
        await rebuildAll(plain.options);
        const expected = await viewOf(plain.side, PIPELINE);
        const { generations, work, view } = systemOf(archive);
        const current = async () => (await generations.current()).generation;
        // Some has been folded before it is damaged.
        if (begun !== undefined)
          await expect(runStateMachine(definition, INPUT, { ...work, ends: [begun] })).rejects.toThrow();
        const damaged = await damage(archive, what, await listedIn(archive));
        fc.pre(damaged !== undefined);
        const failure = await runStateMachine(definition, INPUT, work).then(
          () => undefined,
          (error: unknown) => String(error),
        );
        if (failure === undefined) {
          outcomes.same += 1;
          expect(await current()).toBe('second');
        } else {
          outcomes.answered += 1;
          expect(failure).toMatch(/found .+ expected|Not accounted for|in the books/s);
          expect(`${failure} ${await problemsIn(work)}`).toMatch(
            /records\/stream=telemetry\/shard=|\d{4}-\d\d-\d\dT\d\d (?:of )?shardId-/,
          );
          expect(await current()).toBe(FIRST);
          await damaged?.mend();
          await runStateMachine(definition, INPUT, work);
          expect(await current()).toBe('second');
        }
        expect(await view()).toEqual(expected);
      },
    ),
    { numRuns: runs(12) },
  );
  // Few may all come to the same by chance.
  if (outcomes.answered + outcomes.same > 40) expect(outcomes.answered).toBeGreaterThan(outcomes.same / 10);
});
