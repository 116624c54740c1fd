// Exactly-once effect of alerts: what is published, by id, is what comes of the changelogs undisturbed; of rollups, which windows did what in the end, whatever delivery,
// tables, containers and the bus do on the way.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import type { AlertEvent } from '../../../src/wire/alert-event.ts';
import { AlertSystem } from '../../support/alert-system.ts';
import { arbitraryFaults, arbitrarySteps, type Trouble } from '../../support/arbitrary-steps.ts';
import { arbitraryTelemetry } from '../../support/arbitrary-telemetry.ts';
import { episodesOf } from '../../support/episodes.ts';
import { runs } from '../../support/runs.ts';

// Streams long enough for windows to close and alerts to fire and resolve while things go wrong.
fc.configureGlobal({ baseSize: 'medium' });

const PIPELINE = parsePipeline({
  aggregations: [
    {
      name: 'a',
      window: { tumbling: '7ms' },
      allowedLateness: '5ms',
      aggregates: ['mean', 'last'],
      idleTimeout: '1s',
    },
  ],
  rollups: [
    { name: 'one', of: 'a', by: ['site'], parts: 1 },
    { name: 'many', of: 'a', by: [], parts: 4 },
  ],
  alerts: [
    { name: 'max', on: { aggregation: 'a' }, metric: 'v', aggregate: 'max', when: { above: 0.5 } },
    {
      name: 'min',
      on: { aggregation: 'a', provisional: true },
      metric: 'v',
      aggregate: 'min',
      when: { below: 0 },
    },
    {
      name: 'slow',
      on: { aggregation: 'a' },
      metric: 'v',
      aggregate: 'max',
      when: { above: 0 },
      for: '14ms',
    },
    { name: 'busy', on: { aggregation: 'a' }, aggregate: 'events', when: { changesBy: { difference: 1 } } },
    {
      name: 'north',
      on: { aggregation: 'a' },
      aggregate: 'events',
      when: { above: 1 },
      filter: { tags: { site: ['n'] } },
    },
    { name: 'last', on: { last: 'a' }, metric: 'w', when: { above: 0 } },
    {
      name: 'odd',
      on: { aggregation: 'a' },
      aggregate: 'events',
      when: { deviates: { history: '84ms', score: 1 } },
    },
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
  'when tables and the bus fail, or do what they are asked and lose the answer': {
    troubles: [],
    faults: true,
  },
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
          expect(inOrder(troubled)).toEqual(inOrder(plain));
          expect(episodes(troubled)).toEqual(episodes(plain));
          expectNumbered(troubled);
        },
      ),
      { numRuns: runs(40) },
    );
  });
});

/** Rules whose windows may become final behind others: how often they are corrected depends on what came when. */
const IN_PLACE = new Set(['min', 'site', 'sites', 'all']);

/** What comes in order is told in one way alone. */
function inOrder(system: AlertSystem): ReadonlyMap<string, AlertEvent> {
  return new Map([...system.transitions()].filter(([, { rule }]) => !IN_PLACE.has(rule)));
}

/** By rule and subject, which windows did what in the end. */
function episodes(system: AlertSystem): ReadonlyMap<string, readonly object[]> {
  const found = [...bySubject(system)]
    .filter(([, [first]]) => IN_PLACE.has(first?.rule ?? ''))
    .map(([subject, events]): readonly [string, readonly object[]] => [
      subject,
      episodesOf(events).map(({ from, to, window: { start, end } }) => ({ from, to, start, end })),
    ]);
  return new Map(found.filter(([, steps]) => steps.length > 0));
}

function bySubject(system: AlertSystem): ReadonlyMap<string, readonly AlertEvent[]> {
  return Map.groupBy(system.transitions().values(), ({ id }) => id.replace(/\/\d+$/, ''));
}

/** Transitions of each alert and subject are numbered 1, 2, 3 …, and each begins where the one before ended. */
function expectNumbered(system: AlertSystem): void {
  for (const [subject, events] of bySubject(system)) {
    const list = events.toSorted((a, b) => a.sequence - b.sequence);
    expect({ subject, numbers: list.map(({ sequence }) => sequence) }).toEqual({
      subject,
      numbers: list.map((_, at) => at + 1),
    });
    let status = 'ok';
    for (const { from, to } of IN_PLACE.has(list[0]?.rule ?? '') ? episodesOf(list) : list) {
      expect({ subject, from }).toEqual({ subject, from: status });
      status = to;
    }
  }
}
