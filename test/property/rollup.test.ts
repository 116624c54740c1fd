// Rollup windows, summed up from changes in whatever batches and however often they come, are the group-by of all
// applied events.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Pipeline } from '../../src/core/pipeline.ts';
import {
  closedSourceWindows,
  contributionsOf,
  foldContribution,
  mergeParts,
  partOf,
} from '../../src/core/rollup.ts';
import { rollupSeries } from '../../src/core/series.ts';
import { decodeChangedWindows } from '../../src/core/state-encoding.ts';
import type { StoredWindow } from '../../src/core/stored-window.ts';
import { decodeStoredWindow, encodeStoredWindow, summarizeStored } from '../../src/core/stored-window.ts';
import { judge, metricsOf } from '../../src/simulation/reference-model.ts';
import type { StreamEntry } from '../support/event-streams.ts';
import { arbitraryCuts, arbitraryPipeline, arbitraryStream, cut } from '../support/event-streams.ts';
import type { Change } from '../support/stream-runner.ts';
import { StreamRunner } from '../support/stream-runner.ts';

const RUNS = { numRuns: 300 };

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
        for (const { event, appliedTo } of judge(
          stream.map((entry) => entry.event),
          first,
        )) {
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
    const key = JSON.stringify([contribution.series, contribution.start, partOf(source)]);
    const stored = parts.get(key);
    const folded = foldContribution(stored, contribution, { source, version });
    expect(folded.part).toBe(partOf(source));
    parts.set(key, decodeStoredWindow(folded.series, encodeStoredWindow(folded)));
  }
}

function decoded(source: string, json: string | undefined) {
  return json === undefined ? undefined : decodeChangedWindows(source, json);
}

function mergedView(parts: ReadonlyMap<string, StoredWindow>): ReadonlyMap<string, unknown> {
  const windows = Map.groupBy(parts.values(), ({ series, start }) => `${start} ${series}`);
  return new Map(
    [...windows].map(([key, all]) => {
      const merged = mergeParts(all);
      if (merged === undefined) throw new Error('no parts');
      const { events, metrics } = summarizeStored(merged);
      return [
        key,
        { events, metrics: new Map([...metrics].map(([name, summary]) => [name, plain(summary)])) },
      ];
    }),
  );
}

function groupByView(stream: readonly StreamEntry[], pipeline: Pipeline): ReadonlyMap<string, unknown> {
  const judged = judge(
    stream.map(({ event }) => event),
    pipeline,
  );
  const views = pipeline.rollups.flatMap((rollup) => {
    const aggregation = pipeline.aggregations.find(({ name }) => name === rollup.of);
    if (aggregation === undefined) throw new Error('a rollup of nothing');
    const applied = judged.filter(({ appliedTo }) => appliedTo.includes(rollup.of)).map(({ event }) => event);
    const groups = Map.groupBy(applied, ({ time, tags }) => {
      const values = rollup.by.map((tag) => (Object.hasOwn(tags, tag) ? (tags[tag] ?? null) : null));
      return `${time - (time % aggregation.sizeMs)} ${rollupSeries(rollup.name, values)}`;
    });
    return [...groups].map(([key, events]) => {
      // First and last go by time, then by source; within a source by stream order, which a stable sort keeps.
      const bySource = [...events].sort((a, b) => (a.source < b.source ? -1 : a.source > b.source ? 1 : 0));
      const metrics = [...metricsOf(bySource, aggregation.values)].map(
        ([name, { first, last, ...always }]) => {
          return [name, plain(aggregation.keepSamples ? { ...always, first, last } : always)] as const;
        },
      );
      return [key, { events: events.length, metrics: new Map(metrics) }] as const;
    });
  });
  return new Map(views);
}

function pipelineBy(by: readonly string[]): Pipeline {
  return {
    aggregations: [
      {
        name: 'a0',
        sizeMs: 10,
        allowedLatenessMs: 20,
        idleTimeoutMs: 1_000,
        values: undefined,
        aggregates: ['sum'],
        keepSamples: false,
        groupBy: [...by].sort(),
      },
    ],
    rollups: [{ name: 'r', of: 'a0', by }],
    dedupeHorizonMs: 8,
    maxClockSkewMs: 0,
    retentionMs: undefined,
  };
}

function add(totals: Map<string, number>, key: string, count: number): void {
  totals.set(key, (totals.get(key) ?? 0) + count);
}

/** A negative zero is a zero. */
function plain(summary: object): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(summary).map(([name, value]) => [name, value === 0 ? 0 : value]));
}
