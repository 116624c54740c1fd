// Exactly-once effect of the first consumer: whatever delivery, tables and containers do, a stream comes to what it
// comes to when its records are delivered once, one at a time, and to what the semantics say it must.
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { arbitraryFaults, arbitrarySteps, type Trouble } from '../../support/arbitrary-steps.ts';
import { arbitraryTelemetry } from '../../support/arbitrary-telemetry.ts';
import { arbitraryPipeline } from '../../support/event-streams.ts';
import { expectAsUndisturbed } from '../../support/expect-as-undisturbed.ts';
import { heavyTelemetry } from '../../support/heavy-telemetry.ts';
import { runs } from '../../support/runs.ts';

// Streams long enough for windows to close and ids to come again while things go wrong.
fc.configureGlobal({ baseSize: 'medium' });

interface Regime {
  readonly troubles: readonly Trouble[];
  readonly faults?: boolean;
  readonly reshards?: boolean;
  /** How many take turns. */
  readonly containers?: number;
}

const REGIMES: Readonly<Record<string, Regime>> = {
  'however it is cut into batches': { troubles: [], containers: 1 },
  'when records come again': { troubles: ['redeliver'], containers: 1 },
  'when tables fail, or do what they are asked and lose the answer': {
    troubles: [],
    faults: true,
    containers: 1,
  },
  'when caches are dropped at any moment': { troubles: ['replace', 'redeliver'] },
  'when containers take turns whose caches are out of date': { troubles: ['redeliver'] },
  'when a container that stalled comes back late with an old batch': { troubles: ['stall'] },
  'when a parent shard is delivered again after its child': { troubles: ['redeliver'], reshards: true },
  'when all of it happens at once': {
    troubles: ['redeliver', 'stall', 'replace'],
    faults: true,
    reshards: true,
  },
};

describe('the aggregate of a stream is that of its records one at a time, and the reference’s', () => {
  test.each(Object.entries(REGIMES))('%s', async (_, { troubles, faults, reshards, containers }) => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryTelemetry({ reshards: reshards === true }),
        arbitraryPipeline,
        arbitrarySteps(troubles, { containers: containers ?? 3 }),
        faults === true ? arbitraryFaults : fc.constant([]),
        async (telemetry, pipeline, steps, draws) => {
          await expectAsUndisturbed({ telemetry, pipeline, steps, draws });
        },
      ),
      { numRuns: runs(50) },
    );
  });

  // 1,000 bytes of cache for each of 0.0025 MB: one state that is hot beside others that are bytes, or none.
  test('whatever room the caches have: none, for some states as bytes, or for all', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryTelemetry({ reshards: true }),
        arbitraryPipeline,
        arbitrarySteps(['redeliver', 'stall']),
        fc.array(
          fc.oneof(
            fc.constantFrom(0, 1_024),
            fc.integer({ min: 1, max: 40 }).map((n) => n * 0.0025),
          ),
          {
            minLength: 1,
            maxLength: 3,
          },
        ),
        async (telemetry, pipeline, steps, memoriesMb) => {
          await expectAsUndisturbed({ telemetry, pipeline, steps, memoriesMb, draws: [] });
        },
      ),
      { numRuns: runs(50) },
    );
  });

  test('when a batch takes several writes, and some of them fail', async () => {
    await fc.assert(
      fc.asyncProperty(
        heavyTelemetry,
        arbitraryPipeline,
        arbitrarySteps(['redeliver', 'stall']),
        arbitraryFaults,
        async (telemetry, pipeline, steps, draws) => {
          await expectAsUndisturbed({ telemetry, pipeline, steps, draws });
        },
      ),
      { numRuns: runs(20) },
    );
  });
});
