// Exactly-once effect of the consumer of the changelog: windows, rollups and dead letters are the reference's,
// whatever delivery, tables and containers do to the changelog, and however it came about.
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { arbitraryFaults, arbitrarySteps, type Trouble } from '../../support/arbitrary-steps.ts';
import { arbitraryTelemetry } from '../../support/arbitrary-telemetry.ts';
import { ConsumerSystem } from '../../support/consumer-system.ts';
import { arbitraryPipeline } from '../../support/event-streams.ts';
import { expectReference } from '../../support/expect-reference.ts';
import { Faults } from '../../support/faults.ts';
import { runs } from '../../support/runs.ts';

// Streams long enough for windows to close and ids to come again while things go wrong.
fc.configureGlobal({ baseSize: 'medium' });

/** Parts that are full after a few sources, and containers whose pipelines ask for other parts. */
const arbitrarySpread = fc.record({
  partCapacity: fc.integer({ min: 1, max: 3 }),
  parts: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
});

interface Regime {
  readonly troubles: readonly Trouble[];
  readonly faults?: boolean;
  readonly containers?: number;
}

const REGIMES: Readonly<Record<string, Regime>> = {
  'however it is cut into batches': { troubles: [], containers: 1 },
  'when changes come again': { troubles: ['redeliver'], containers: 1 },
  'when changes come again and no part is in the cache': { troubles: ['redeliver', 'replace'] },
  'when tables fail, or do what they are asked and lose the answer': {
    troubles: [],
    faults: true,
    containers: 1,
  },
  'when containers take turns whose caches are out of date': { troubles: ['redeliver'] },
  'when a container that stalled comes back late with an old batch': { troubles: ['stall'] },
  'when all of it happens at once': { troubles: ['redeliver', 'stall', 'replace'], faults: true },
};

describe('windows, rollups and dead letters are those of the stream', () => {
  test.each(Object.entries(REGIMES))('%s', async (_, { troubles, faults, containers }) => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryTelemetry(),
        arbitraryPipeline,
        arbitrarySteps([], { containers: 1 }),
        arbitrarySteps(troubles, { containers: containers ?? 3 }),
        faults === true ? arbitraryFaults : fc.constant([]),
        arbitrarySpread,
        async (telemetry, pipeline, batches, steps, draws, spread) => {
          const system = new ConsumerSystem(pipeline);
          system.spread = spread;
          const first = system.aggregateDeliverer(telemetry.deliveries);
          await first.run(batches);
          await first.finish();
          await system.closeEverything();

          system.faults.begin(draws);
          const second = system.rollupDeliverer();
          await second.run(steps);
          system.faults.stop();
          await second.finish();
          await expectReference(system, telemetry);
        },
      ),
      { numRuns: runs(30) },
    );
  });

  test('when everything happens to both consumers and the closing at once', async () => {
    const troubles: readonly Trouble[] = ['redeliver', 'stall', 'replace'];
    await fc.assert(
      fc.asyncProperty(
        arbitraryTelemetry({ reshards: true }),
        arbitraryPipeline,
        fc.record({ steps: arbitrarySteps(troubles), faults: arbitraryFaults }),
        arbitraryFaults,
        fc.record({ steps: arbitrarySteps(troubles), faults: arbitraryFaults, spread: arbitrarySpread }),
        async (telemetry, pipeline, folding, closing, rolling) => {
          const system = new ConsumerSystem(pipeline, new Faults(folding.faults));
          system.spread = rolling.spread;
          const first = system.aggregateDeliverer(telemetry.deliveries);
          await first.run(folding.steps);
          system.faults.stop();
          await first.finish();
          system.faults.begin(closing);
          await system.closeEverything();
          system.faults.begin(rolling.faults);
          const second = system.rollupDeliverer();
          await second.run(rolling.steps);
          system.faults.stop();
          await second.finish();
          await expectReference(system, telemetry);
        },
      ),
      { numRuns: runs(40) },
    );
  });
});
