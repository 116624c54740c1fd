// Exactly-once effect of alerts: what is published, by id, is what comes of the changelogs undisturbed, whatever delivery,
// tables, containers and the bus do on the way.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePipeline } from '../../../src/core/pipeline.ts';
import { AlertSystem } from '../../support/alert-system.ts';
import { arbitraryFaults, arbitrarySteps, type Trouble } from '../../support/arbitrary-steps.ts';
import { arbitraryTelemetry } from '../../support/arbitrary-telemetry.ts';

// Streams long enough for windows to close and alerts to fire and resolve while things go wrong.
fc.configureGlobal({ baseSize: 'medium' });

const PIPELINE = parsePipeline({
  aggregations: [
    { name: 'a', window: { tumbling: '7ms' }, allowedLateness: '5ms', aggregates: ['mean', 'last'], idleTimeout: '1s' },
  ],
  rollups: [
    { name: 'one', of: 'a', by: ['site'], parts: 1 },
    { name: 'many', of: 'a', by: [], parts: 4 },
  ],
  alerts: [
    { name: 'max', on: { aggregation: 'a' }, metric: 'v', aggregate: 'max', when: { above: 0.5 } },
    { name: 'min', on: { aggregation: 'a', provisional: true }, metric: 'v', aggregate: 'min', when: { below: 0 } },
    { name: 'slow', on: { aggregation: 'a' }, metric: 'v', aggregate: 'max', when: { above: 0 }, for: '14ms' },
    { name: 'busy', on: { aggregation: 'a' }, aggregate: 'events', when: { changesBy: { difference: 1 } } },
    { name: 'north', on: { aggregation: 'a' }, aggregate: 'events', when: { above: 1 }, filter: { tags: { site: ['n'] } } },
    { name: 'last', on: { last: 'a' }, metric: 'w', when: { above: 0 } },
    { name: 'odd', on: { aggregation: 'a' }, aggregate: 'events', when: { deviates: { history: '84ms', score: 1 } } },
    { name: 'silent', when: { absent: '1m' } },
    { name: 'site', on: { rollup: 'one' }, aggregate: 'events', when: { above: 1 } },
    { name: 'sites', on: { rollup: 'one', provisional: true }, aggregate: 'events', when: { above: 1 } },
    { name: 'all', on: { rollup: 'many' }, aggregate: 'events', when: { above: 2 } },
  ],
});

interface Regime {
  readonly troubles: readonly Trouble[];
  readonly faults?: boolean;
}

const REGIMES: Readonly<Record<string, Regime>> = {
  'however they are cut into batches': { troubles: [] },
  'when changes come again, to containers that know nothing': { troubles: ['redeliver', 'replace'] },
  'when tables and the bus fail, or do what they are asked and lose the answer': { troubles: [], faults: true },
  'when a container that stalled comes back late with an old batch': { troubles: ['stall'] },
  'when all of it happens at once': { troubles: ['redeliver', 'stall', 'replace'], faults: true },
};

describe('transitions are those of the changelogs, each once', () => {
  test.each(Object.entries(REGIMES))('%s', async (_, { troubles, faults }) => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryTelemetry(),
        fc.integer({ min: 1, max: 6 }),
        fc.array(arbitrarySteps(troubles), { minLength: 3, maxLength: 3 }),
        faults === true ? arbitraryFaults : fc.constant([]),
        async ({ deliveries }, batchLength, [sources = [], windows = [], publishing = []], draws) => {
          const plain = new AlertSystem(PIPELINE);
          await plain.fill(deliveries, batchLength);
          await plain.sourcesDeliverer().finish();
          await plain.windowsDeliverer().finish();
          await plain.publishDeliverer().finish();

          const troubled = new AlertSystem(PIPELINE);
          await troubled.fill(deliveries, batchLength);
          for (const [deliverer, steps] of [
            [() => troubled.sourcesDeliverer(), sources],
            [() => troubled.windowsDeliverer(), windows],
            [() => troubled.publishDeliverer(), publishing],
          ] as const) {
            troubled.faults.begin(draws);
            const delivering = deliverer();
            await delivering.run(steps);
            troubled.faults.stop();
            await delivering.finish();
          }
          expect(withoutParts(troubled)).toEqual(withoutParts(plain));
          expectNumbered(troubled);
        },
      ),
      { numRuns: 200 },
    );
  });
});

/** Windows kept in parts are read as they are when somebody looks: which of them are seen depends on when. */
function withoutParts(system: AlertSystem): ReadonlyMap<string, unknown> {
  return new Map([...system.transitions()].filter(([id]) => !id.startsWith('all/')));
}

/** Of each alert and subject the transitions are 1, 2, 3 …, each going on from where the one before ended. */
function expectNumbered(system: AlertSystem): void {
  const events = [...system.transitions().values()];
  const bySubject = Map.groupBy(events, ({ id }) => id.replace(/\/\d+$/, ''));
  for (const [subject, list] of bySubject) {
    let status = 'ok';
    for (const [at, { sequence, from, to }] of list.sort((a, b) => a.sequence - b.sequence).entries()) {
      expect({ subject, sequence, from }).toEqual({ subject, sequence: at + 1, from: status });
      status = to;
    }
  }
}
