// The result of a fold is a function of the record stream alone, and equals the semantics as written.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { passesFilter } from '../../src/core/event-filter.ts';
import { imbalance } from '../../src/core/ledger.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import { sourceWindow } from '../../src/core/rollup.ts';
import { summarizeStored } from '../../src/core/stored-window.ts';
import { specText } from '../../src/core/window-spec.ts';
import type { ReferenceVerdict } from '../../src/simulation/reference-model.ts';
import { finalWindows, judge } from '../../src/simulation/reference-model.ts';
import type { StreamEntry } from '../support/event-streams.ts';
import {
  arbitraryCuts,
  arbitraryPipeline,
  arbitraryStream,
  CHILD_SHARD,
  cut,
  endOfRecord,
  referenceEvents,
  sequenceOf,
} from '../support/event-streams.ts';
import { runs } from '../support/runs.ts';
import { keyOfEntry, StreamRunner } from '../support/stream-runner.ts';

const RUNS = { numRuns: runs(250) };

describe('the fold', () => {
  test('gives every event the verdict of the reference, and every window its final values, however it is cut', () => {
    fc.assert(
      fc.property(arbitraryStream(), arbitraryPipeline, arbitraryCuts, (stream, pipeline, cuts) => {
        const runner = runInBatches(pipeline, cut(stream, cuts));
        expectReference(runner, stream, pipeline);
      }),
      RUNS,
    );
  });

  test('leaves the same state in whatever batches the stream comes', () => {
    fc.assert(
      fc.property(arbitraryStream(), arbitraryPipeline, arbitraryCuts, (stream, pipeline, cuts) => {
        const oneByOne = runInBatches(pipeline, cut(stream, [1]));
        const inBatches = runInBatches(pipeline, cut(stream, cuts));
        expect(inBatches.comparable()).toEqual(oneByOne.comparable());
        expect(closedBySource(inBatches)).toEqual(closedBySource(oneByOne));
        expect(new Set(inBatches.letters)).toEqual(new Set(oneByOne.letters));
      }),
      RUNS,
    );
  });

  test('is not changed by records that come again, alone or together with new ones', () => {
    fc.assert(
      fc.property(
        arbitraryStream(),
        arbitraryPipeline,
        arbitraryCuts,
        fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 8 }),
        (stream, pipeline, cuts, rewinds) => {
          const once = runInBatches(pipeline, cut(stream, cuts));
          const again = new StreamRunner(pipeline);
          let position = 0;
          for (const [turn, batch] of cut(stream, cuts).entries()) {
            const rewind = rewinds[turn % rewinds.length] ?? 0;
            again.deliver(stream.slice(Math.max(0, position - rewind), position + batch.length));
            position += batch.length;
            again.deliver(stream.slice(Math.max(0, position - rewind), position));
          }
          expect(again.comparable()).toEqual(once.comparable());
          expect(closedBySource(again)).toEqual(closedBySource(once));
          expectReference(again, stream, pipeline);
        },
      ),
      RUNS,
    );
  });

  test('writes nothing for a batch that has all been there', () => {
    fc.assert(
      fc.property(arbitraryStream(), arbitraryPipeline, fc.nat({ max: 40 }), (stream, pipeline, from) => {
        const runner = runInBatches(pipeline, [stream]);
        const writes = runner.changes.length;
        runner.deliver(stream.slice(from));
        expect(runner.changes.length).toBe(writes);
      }),
      RUNS,
    );
  });

  test('is not changed by records of a parent shard that come again once the child is read', () => {
    fc.assert(
      fc.property(
        arbitraryStream(),
        arbitraryPipeline,
        arbitraryCuts,
        fc.nat({ max: 40 }),
        fc.nat({ max: 40 }),
        (stream, pipeline, cuts, reshardAt, redeliverFrom) => {
          const parent = stream.slice(0, reshardAt);
          // A child's numbers need not be greater: positions are kept by shard.
          const child = stream.slice(reshardAt).map(
            (entry, at): StreamEntry => ({
              ...entry,
              at: { shard: CHILD_SHARD, sequence: sequenceOf(at - 5), index: 0 },
            }),
          );
          const once = runInBatches(pipeline, [...cut(parent, cuts), ...cut(child, cuts)]);
          const again = runInBatches(pipeline, cut(parent, cuts));
          for (const batch of cut(child, cuts)) {
            again.deliver(batch);
            again.deliver(parent.slice(redeliverFrom));
          }
          expect(again.comparable()).toEqual(once.comparable());
          expectReference(again, [...parent, ...child], pipeline);
        },
      ),
      RUNS,
    );
  });
});

describe('closing', () => {
  test('is for good: no window closes twice or opens again, whenever silence or an end closes some', () => {
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant('deliver' as const), length: fc.nat({ max: 6 }) }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant('silence' as const),
          nowMs: fc.integer({ min: 1_000, max: 3_000 }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('end' as const) }) },
    );
    fc.assert(
      fc.property(
        arbitraryStream(),
        arbitraryPipeline,
        fc.array(step, { maxLength: 20 }),
        (stream, pipeline, steps) => {
          const runner = new StreamRunner(pipeline);
          let position = 0;
          for (const next of steps) {
            if (next.kind === 'silence') runner.closeBySilence(next.nowMs);
            else if (next.kind === 'end') runner.closeAll();
            else {
              const end = endOfRecord(stream, position + next.length);
              runner.deliver(stream.slice(position, end));
              position = end;
            }
            expectClosedForGood(runner, pipeline);
          }
          runner.closeAll();
          expectClosedForGood(runner, pipeline);
          expectEveryAppliedEventInItsWindows(runner, stream, pipeline);
        },
      ),
      RUNS,
    );
  });
});

function runInBatches(pipeline: Pipeline, batches: readonly StreamEntry[][]): StreamRunner {
  const runner = new StreamRunner(pipeline);
  for (const batch of batches) runner.deliver(batch);
  return runner;
}

/** Closes what is open and compares verdicts, windows and books with the reference. */
function expectReference(runner: StreamRunner, stream: readonly StreamEntry[], pipeline: Pipeline): void {
  const judged = judge(referenceEvents(stream), pipeline);
  expect(stream.map((entry) => runner.verdicts.get(keyOfEntry(entry)))).toEqual(
    judged.map(({ verdict }) => verdict),
  );
  for (const source of runner.sources()) {
    const { counts, open } = runner.state(source);
    const ownJudged = judged.filter(({ event }) => event.source === source);
    const own = ownJudged.map(({ verdict }) => verdict);
    expect(open.map(({ late }) => late)).toEqual(
      pipeline.aggregations.map(
        ({ name }) => ownJudged.filter(({ lateFor }) => lateFor.includes(name)).length,
      ),
    );
    expect(counts).toEqual({
      received: own.length,
      applied: own.filter((verdict) => verdict === 'applied').length,
      duplicate: own.filter((verdict) => verdict === 'duplicate').length,
      late: own.filter((verdict) => verdict === 'late').length,
      quarantined: own.filter((verdict) => verdict === 'quarantined').length,
    });
    expect(imbalance(counts)).toBe(0);
  }
  expect(runner.letters.length).toBe(
    judged.filter(({ verdict }) => verdict === 'late' || verdict === 'quarantined').length,
  );
  runner.closeAll();
  expect(finalView(runner, pipeline)).toEqual(referenceView(judged, pipeline));
}

/** By source, its windows in the order they closed. */
function referenceView(judged: readonly ReferenceVerdict[], pipeline: Pipeline): unknown {
  const windows = finalWindows(judged, pipeline).map(({ metrics, ...window }) => {
    const kept = pipeline.aggregations.find(({ name }) => name === window.aggregation)?.keep.samples === true;
    const view = [...metrics].map(([name, { first, last, ...always }]) => {
      return [name, plain(kept ? { ...always, first, last } : always)] as const;
    });
    return { ...window, metrics: new Map(view) };
  });
  return Map.groupBy(windows, ({ source }) => source);
}

function finalView(runner: StreamRunner, pipeline: Pipeline): unknown {
  const windows = runner.closed.map(({ source, window }) => {
    const of = pipeline.aggregations.find(({ name }) => name === window.aggregation);
    expect(window.spec).toBe(of === undefined ? undefined : specText(of.window));
    const { start, end, events, metrics } = summarizeStored(sourceWindow(source, window, true));
    const view = [...metrics].map(([name, summary]) => [name, plain(summary)] as const);
    return { source, aggregation: window.aggregation, start, end, events, metrics: new Map(view) };
  });
  return Map.groupBy(windows, ({ source }) => source);
}

/** A negative zero is a zero. */
function plain(summary: object): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(summary).map(([name, value]) => [name, value === 0 ? 0 : value]));
}

function closedBySource(runner: StreamRunner): unknown {
  return Map.groupBy(runner.closed, ({ source }) => source);
}

function expectClosedForGood(runner: StreamRunner, pipeline: Pipeline): void {
  const closed = runner.closed.map(({ source, window }) =>
    JSON.stringify([source, window.aggregation, window.start, window.end]),
  );
  expect(new Set(closed).size).toBe(closed.length);
  for (const source of runner.sources()) {
    const { open, counts } = runner.state(source);
    for (const { aggregation, windows } of open) {
      for (const { start, end } of windows.values()) {
        expect(closed).not.toContain(JSON.stringify([source, aggregation.name, start, end]));
      }
    }
    expect(open.map(({ aggregation }) => aggregation)).toEqual(pipeline.aggregations);
    expect(imbalance(counts)).toBe(0);
  }
}

/** Per aggregation, of the events it takes: those in closed windows, and those late for it, are all applied or late. */
function expectEveryAppliedEventInItsWindows(
  runner: StreamRunner,
  stream: readonly StreamEntry[],
  pipeline: Pipeline,
): void {
  for (const source of runner.sources()) {
    const { open } = runner.state(source);
    const judged = stream
      .filter(({ event }) => event.source === source)
      .filter((entry) => ['applied', 'late'].includes(runner.verdicts.get(keyOfEntry(entry)) ?? ''))
      .map(({ event }) => event);
    for (const [at, { name, filter, window }] of pipeline.aggregations.entries()) {
      const taken = judged.filter((event) => filter === undefined || passesFilter(filter, event)).length;
      const inWindows = runner.closed
        .filter((entry) => entry.source === source && entry.window.aggregation === name)
        .flatMap(({ window: { groups } }) => groups)
        .reduce((events, group) => events + group.events, 0);
      // A hopping window shares its events with others: each is in one at least.
      if (window.kind === 'hopping') expect(inWindows + (open[at]?.late ?? 0)).toBeGreaterThanOrEqual(taken);
      else expect(inWindows + (open[at]?.late ?? 0)).toBe(taken);
    }
  }
}
