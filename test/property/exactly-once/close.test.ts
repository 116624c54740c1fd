// What the closer closes depends on when it runs, so here are no equalities, but what must hold whenever it does.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { imbalance } from '../../../src/core/ledger.ts';
import { emptyMetric, type Metric, mergeMetric, summarizeMetric } from '../../../src/core/metric.ts';
import { parseRollupSeries, sourceSeries } from '../../../src/core/series.ts';
import { decodeChangedWindows } from '../../../src/core/state-changes.ts';
import { decodeState } from '../../../src/core/state-encoding.ts';
import type { StoredWindow } from '../../../src/core/stored-window.ts';
import { readLedger } from '../../../src/stores/read-ledger.ts';
import { bytesOf, textOf } from '../../../src/stores/table.ts';
import { arbitraryFaults, arbitrarySteps } from '../../support/arbitrary-steps.ts';
import { arbitraryTelemetry, type Telemetry } from '../../support/arbitrary-telemetry.ts';
import { collect } from '../../support/collect.ts';
import { ConsumerSystem } from '../../support/consumer-system.ts';
import { arbitraryPipeline } from '../../support/event-streams.ts';
import { runs } from '../../support/runs.ts';
import { Stall } from '../../support/stall.ts';
import { plain, windowKey } from '../../support/system-view.ts';

// Streams long enough for windows to close and ids to come again while things go wrong.
fc.configureGlobal({ baseSize: 'medium' });

/** Between two steps of the delivery: the closer runs at a moment, or begins and stalls. */
const arbitraryClosing = fc.record({
  afterSteps: fc.nat({ max: 3 }),
  nowMs: fc.integer({ min: 1_000, max: 8_000 }),
  /** Calls let through before it stalls until the next closing; undefined: it does not. */
  stallsAfter: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
});

describe('whenever the closer runs, stalls or fails', () => {
  test('each window is closed once and stays as it is', async () => {
    await forAnyClosings(async (system) => expectClosedForGood(system));
  });

  test('the books balance and every late event has its dead letter', async () => {
    await forAnyClosings(async (system, telemetry) => {
      const ledger = await readLedger(system.states, system.deadLetters);
      expect(imbalance(ledger)).toBe(0);
      expect(ledger.received).toBe(telemetry.entries.length + telemetry.quarantined.length);
      expect(ledger.quarantined - ledger.refused).toBe(telemetry.quarantined.length);
      expect(ledger.refusedLetters).toBe(ledger.refused);
      expect(ledger.lateLetters).toBe(ledger.late);
    });
  });

  test('every applied event is in a window of each aggregation that did not count it late', async () => {
    await forAnyClosings(async (system) => {
      for await (const { source, state } of system.states.scan()) {
        const { counts, open } = decodeState(source, state, system.pipeline);
        for (const { aggregation, windows, late } of open) {
          expect(windows.size, 'all is closed').toBe(0);
          if (aggregation.filter !== undefined) continue;
          const stored = await collect(system.windows.list(sourceSeries(aggregation.name, source)));
          const events = stored.reduce((sum, window) => sum + window.events, 0);
          const taken = counts.applied + counts.late;
          if (aggregation.window.kind !== 'hopping') expect(events + late).toBe(taken);
          else expect(events + late).toBeGreaterThanOrEqual(taken);
        }
      }
    });
  });

  test('rollups are the sums of the closed windows', async () => {
    await forAnyClosings(async (system) => {
      const stored = await collect(system.windows.scan());
      for (const { name, of, levels } of system.pipeline.rollups) {
        const closed = totals(stored.filter(({ series }) => series.startsWith(`source|${of}|`)));
        for (const tags of levels) {
          const parts = stored.filter(({ series }) => {
            const read = parseRollupSeries(series);
            return read?.rollup === name && read.values.length === tags.length;
          });
          expect(totals(parts)).toEqual(closed);
        }
      }
    });
  });

  test('every rollup window is final once all is closed', async () => {
    await forAnyClosings(async (system) => {
      for await (const { series, start, final, marks } of system.windows.scan()) {
        expect({ series, start, marks, final }).toEqual({ series, start, marks, final: true });
      }
    });
  });
});

async function forAnyClosings(
  holds: (system: ConsumerSystem, telemetry: Telemetry) => Promise<void>,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      arbitraryTelemetry({ reshards: true }),
      arbitraryPipeline,
      arbitrarySteps(['redeliver', 'stall', 'replace']),
      fc.array(arbitraryClosing, { maxLength: 10 }),
      arbitraryFaults,
      async (telemetry, pipeline, steps, closings, draws) => {
        const system = new ConsumerSystem(pipeline);
        system.faults.begin(draws);
        const folding = system.aggregateDeliverer(telemetry.deliveries);
        let stalled: { readonly stall: Stall; readonly run: Promise<boolean> } | undefined;
        let from = 0;
        for (const { afterSteps, nowMs, stallsAfter } of closings) {
          await folding.run(steps.slice(from, from + afterSteps));
          from += afterSteps;
          stalled?.stall.resume();
          await stalled?.run;
          const stall = new Stall();
          if (stallsAfter !== undefined) stall.after(stallsAfter);
          const run = system.close(nowMs, stall);
          stalled = stallsAfter === undefined ? undefined : { stall, run };
          if (stalled === undefined) await run;
        }
        await folding.run(steps.slice(from));
        system.faults.stop();
        await folding.finish();
        stalled?.stall.resume();
        await stalled?.run;
        await system.closeEverything();
        const rolling = system.rollupDeliverer();
        await rolling.run(steps);
        await rolling.finish();
        await holds(system, telemetry);
      },
    ),
    { numRuns: runs(50) },
  );
}

function expectClosedForGood({ tables }: ConsumerSystem): void {
  const closed = new Set<string>();
  for (const { keys, newImage } of tables.changes.sources) {
    const source = textOf(keys, 'source') ?? '';
    const after = decodeChangedWindows(source, bytesOf(newImage ?? {}, 'state') ?? '');
    for (const { aggregation, start, end } of after.closed) {
      const key = windowKey({ series: sourceSeries(aggregation, source), start, end });
      expect(closed, 'no window closes twice').not.toContain(key);
      closed.add(key);
    }
    for (const { aggregation, start, end } of after.open) {
      const key = windowKey({ series: sourceSeries(aggregation, source), start, end });
      expect(closed, 'no closed window opens again').not.toContain(key);
    }
  }
  const finals = tables.changes.windows.filter(({ keys }) => textOf(keys, 'series')?.startsWith('source|'));
  expect(new Set(finals.map(({ eventName }) => eventName)), 'a stored closed window never changes').toEqual(
    new Set(finals.length === 0 ? [] : ['INSERT']),
  );
  expect(finals.length, 'every closed window is stored').toBe(closed.size);
}

/** By start: all events, and each metric merged over all windows. */
function totals(windows: readonly StoredWindow[]): Map<number, unknown> {
  const byStart = Map.groupBy(windows, ({ start }) => start);
  return new Map(
    [...byStart].map(([start, group]) => {
      const metrics = new Map<string, Metric>();
      for (const metric of group.flatMap((window) => window.metrics)) {
        const into = metrics.get(metric.name) ?? emptyMetric(metric.name);
        mergeMetric(into, { ...metric, first: undefined, last: undefined });
        metrics.set(metric.name, into);
      }
      const summaries = [...metrics].map(
        ([name, metric]) => [name, plain(summarizeMetric(metric, 1))] as const,
      );
      const events = group.reduce((sum, window) => sum + window.events, 0);
      return [start, { events, metrics: new Map(summaries) }];
    }),
  );
}
