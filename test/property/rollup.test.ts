// Rollup windows, summed up from changes in whatever batches and however often they come, are the group-by of all
// applied events.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { foldAdditions } from '../../src/core/fold-additions.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import { closedSourceWindows, contributionsOf, mergeParts } from '../../src/core/rollup.ts';
import { firstPartOf } from '../../src/core/rollup-parts.ts';
import { decodeChangedWindows } from '../../src/core/state-changes.ts';
import type { EncodedState } from '../../src/core/state-encoding.ts';
import type { StoredWindow } from '../../src/core/stored-window.ts';
import { decodeStoredWindow, encodeStoredWindow } from '../../src/core/stored-window.ts';
import { judge } from '../../src/simulation/reference-model.ts';
import type { StreamEntry } from '../support/event-streams.ts';
import {
  arbitraryCuts,
  arbitraryPipeline,
  arbitraryStream,
  cut,
  referenceEvents,
  sequenceOf,
} from '../support/event-streams.ts';
import { pipelineOf } from '../support/events.ts';
import { groupBy } from '../support/reference-system.ts';
import { runs } from '../support/runs.ts';
import type { Change } from '../support/stream-runner.ts';
import { StreamRunner } from '../support/stream-runner.ts';
import { windowContents, windowKey } from '../support/system-view.ts';

const RUNS = { numRuns: runs(300) };

describe('rollup windows', () => {
  test('are the group-by of the applied events, whatever the batches and repeats', () => {
    const repeats = fc.array(fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 60 })), { maxLength: 20 });
    fc.assert(
      fc.property(
        arbitraryStream(),
        arbitraryPipeline,
        arbitraryCuts,
        repeats,
        fc.boolean(),
        (stream, pipeline, cuts, again, closes) => {
          const runner = new StreamRunner(pipeline);
          for (const batch of cut(stream, cuts)) runner.deliver(batch);
          if (closes) runner.closeAll();
          const parts = new Map<string, StoredWindow>();
          for (const change of withRepeats(runner.changes, again)) foldChange(parts, change, pipeline);
          expect(mergedView(parts)).toEqual(groupByView(stream, pipeline));
        },
      ),
      RUNS,
    );
  });

  test('go on exactly when tags are added to, taken from or changed in the rollups', () => {
    const tags = fc.subarray(['site', '__proto__'], { minLength: 1 });
    fc.assert(
      fc.property(arbitraryStream(), fc.tuple(tags, tags, tags), arbitraryCuts, (stream, byOf, cuts) => {
        const versions = byOf.map((by) => pipelineBy(by));
        const [first] = versions;
        if (first === undefined) throw new Error('no pipeline');
        const runner = new StreamRunner(first);
        const totals = new Map<string, number>();
        for (const [at, batch] of cut(stream, cuts).entries()) {
          const pipeline = versions[at % versions.length] ?? first;
          runner.changePipeline(pipeline);
          const from = runner.changes.length;
          runner.deliver(batch);
          for (const { source, before, after } of runner.changes.slice(from)) {
            const contributions = contributionsOf(
              source,
              decoded(source, before),
              decodeChangedWindows(source, after),
              pipeline,
            );
            for (const { start, events, metrics } of contributions) {
              add(totals, `${start}`, events);
              for (const metric of metrics) add(totals, `${start} ${metric.name}`, metric.count);
            }
          }
        }
        const expected = new Map<string, number>();
        for (const { event, appliedTo } of judge(referenceEvents(stream), first)) {
          if (appliedTo.length === 0) continue;
          const start = event.time - (event.time % 10);
          add(expected, `${start}`, 1);
          for (const name of Object.keys(event.values)) add(expected, `${start} ${name}`, 1);
        }
        expect(totals).toEqual(expected);
      }),
      RUNS,
    );
  });
});

describe('closed source windows', () => {
  test('are stored once each, as they come out of their text', () => {
    fc.assert(
      fc.property(arbitraryStream(), arbitraryPipeline, arbitraryCuts, (stream, pipeline, cuts) => {
        const runner = new StreamRunner(pipeline);
        for (const batch of cut(stream, cuts)) runner.deliver(batch);
        runner.closeAll();
        const stored = runner.changes.flatMap(({ source, after }) =>
          closedSourceWindows(source, decodeChangedWindows(source, after)),
        );
        expect(stored.length).toBe(runner.closed.length);
        expect(new Set(stored.map(({ series, start }) => `${start} ${series}`)).size).toBe(stored.length);
        for (const window of stored) {
          expect(window.final).toBe(true);
          expect(decodeStoredWindow(window.series, encodeStoredWindow(window))).toEqual(window);
        }
      }),
      RUNS,
    );
  });
});

/** In order, each followed now and then by a change that has been there. */
function withRepeats(changes: readonly Change[], again: readonly (readonly [number, number])[]): Change[] {
  return changes.flatMap((change, at) => {
    const repeats = again
      .filter(([when]) => when % changes.length === at)
      .map(([, which]) => changes[which % (at + 1)] ?? change);
    return [change, ...repeats];
  });
}

function foldChange(parts: Map<string, StoredWindow>, change: Change, pipeline: Pipeline): void {
  const { source, version, before, after } = change;
  for (const contribution of contributionsOf(
    source,
    decoded(source, before),
    decodeChangedWindows(source, after),
    pipeline,
  )) {
    const { series, start } = contribution;
    const rollup = pipeline.rollups.find(({ name }) => series.startsWith(`rollup|${name}|`));
    expect(contribution.parts).toBe(rollup?.parts);
    const part = firstPartOf(source, contribution.parts);
    const key = JSON.stringify([series, start, part]);
    const addition = { source, version, sequence: sequenceOf(version), madeMs: 0, contribution };
    const { window } = foldAdditions(parts.get(key), [addition], { part });
    if (window === undefined) throw new Error('an addition came to nothing');
    parts.set(key, decodeStoredWindow(series, encodeStoredWindow(window)));
  }
}

function decoded(source: string, state: EncodedState | undefined) {
  return state === undefined ? undefined : decodeChangedWindows(source, state);
}

function mergedView(parts: ReadonlyMap<string, StoredWindow>): ReadonlyMap<string, unknown> {
  const windows = Map.groupBy(parts.values(), windowKey);
  return new Map(
    [...windows].map(([key, all]) => {
      const merged = mergeParts(all);
      if (merged === undefined) throw new Error('no parts');
      return [key, windowContents(merged)];
    }),
  );
}

function groupByView(stream: readonly StreamEntry[], pipeline: Pipeline): ReadonlyMap<string, unknown> {
  const judged = judge(referenceEvents(stream), pipeline);
  return new Map(pipeline.rollups.flatMap((rollup) => [...groupBy(rollup, judged, pipeline)]));
}

function pipelineBy(by: readonly string[]): Pipeline {
  const plain = pipelineOf({ allowedLatenessMs: 20, idleTimeoutMs: 1_000, groupBy: [...by].sort() });
  return { ...plain, rollups: [{ name: 'r', of: 'a0', levels: [by], parts: 4 }], dedupeHorizonMs: 8 };
}

function add(totals: Map<string, number>, key: string, count: number): void {
  totals.set(key, (totals.get(key) ?? 0) + count);
}
