// A pipeline may change under states that have windows open: none is lost, and none that closed comes back.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { passesFilter } from '../../src/core/event-filter.ts';
import { imbalance } from '../../src/core/ledger.ts';
import { decodeState, encodeState } from '../../src/core/state-encoding.ts';
import { specText } from '../../src/core/window-spec.ts';
import { arbitraryCuts, arbitraryPipeline, arbitraryStream, cut } from '../support/event-streams.ts';
import { runs } from '../support/runs.ts';
import { keyOfEntry, StreamRunner } from '../support/stream-runner.ts';

describe('a state', () => {
  test('comes back from its bytes as it was', () => {
    fc.assert(
      fc.property(arbitraryStream(), arbitraryPipeline, arbitraryCuts, (stream, pipeline, cuts) => {
        const runner = new StreamRunner(pipeline);
        for (const batch of cut(stream, cuts)) runner.deliver(batch);
        for (const { source, after } of runner.changes) {
          expect(encodeState(decodeState(source, after, pipeline))).toEqual(after);
        }
      }),
    );
  });

  test('is refused where its encoding is of another version', () => {
    const pipeline = fc.sample(arbitraryPipeline, 1)[0];
    if (pipeline === undefined) throw new Error('no sample');
    for (const unknown of ['{"v":99}', Uint8Array.of(99)]) {
      expect(() => decodeState('a "b"', unknown, pipeline)).toThrow(
        'state of source "a \\"b\\"": found encoding version 99, expected 1, 2 or 3',
      );
    }
  });
});

describe('a change of pipeline', () => {
  const pipelines = fc.array(arbitraryPipeline, { minLength: 2, maxLength: 5 });

  test('loses no event of any window, and brings no closed window back', () => {
    fc.assert(
      fc.property(arbitraryStream(), pipelines, fc.boolean(), (stream, versions, goesBack) => {
        const [first = fc.sample(arbitraryPipeline, 1)[0], ...others] = versions;
        if (first === undefined) throw new Error('no sample');
        const runner = new StreamRunner(first);
        const length = Math.ceil(stream.length / (versions.length + 1));
        const deployments = [first, ...others, ...(goesBack ? [first] : [])];
        let held = NOTHING_HELD;
        for (const [at, batch] of cut(stream, [length]).entries()) {
          const pipeline = deployments[at % deployments.length] ?? first;
          runner.changePipeline(pipeline);
          expect(eventsHeld(runner), 'the change itself moves no event').toEqual(held);
          const lateBefore = lateOf(runner);
          runner.deliver(batch);
          const judged = batch.filter((entry) =>
            ['applied', 'late'].includes(runner.verdicts.get(keyOfEntry(entry)) ?? ''),
          );
          const taken = byHops(
            pipeline.aggregations.flatMap(({ filter, window }) =>
              judged
                .filter(({ event }) => filter === undefined || passesFilter(filter, event))
                .map(() => ({ hops: window.kind === 'hopping', events: 1 })),
            ),
          );
          const late = lateOf(runner);
          const now = eventsHeld(runner);
          expect(now.once - held.once).toBe(taken.once - (late.once - lateBefore.once));
          // Each that is not late is in one hopping window at least.
          expect(now.hops - held.hops).toBeGreaterThanOrEqual(taken.hops - (late.hops - lateBefore.hops));
          held = now;
        }
        runner.closeAll();
        expect(eventsHeld(runner)).toEqual(held);
        for (const source of runner.sources()) expect(runner.state(source).windowCount).toBe(0);
        expectNoTwins(runner);
        for (const source of runner.sources()) {
          expect(imbalance(runner.state(source).counts)).toBe(0);
        }
      }),
      { numRuns: runs(250) },
    );
  });
});

function expectNoTwins(runner: StreamRunner): void {
  const keys = runner.closed.map(({ source, window }) =>
    JSON.stringify([source, window.aggregation, window.spec, window.start, window.end]),
  );
  expect(new Set(keys).size).toBe(keys.length);
}

interface EventCounts {
  /** In windows that share no event. */
  readonly once: number;
  /** In hopping windows. */
  readonly hops: number;
}

const NOTHING_HELD: EventCounts = { once: 0, hops: 0 };

function byHops(counts: readonly { readonly hops: boolean; readonly events: number }[]): EventCounts {
  const sum = (hops: boolean) =>
    counts.filter((each) => each.hops === hops).reduce((total, { events }) => total + events, 0);
  return { once: sum(false), hops: sum(true) };
}

/** Events in all windows there are, open or closed. */
function eventsHeld(runner: StreamRunner): EventCounts {
  const states = runner.sources().map((source) => runner.state(source));
  const open = states.flatMap((state) =>
    state.open.flatMap(({ aggregation, windows }) =>
      [...windows.values()].map(({ groups }) => ({ groups, spec: specText(aggregation.window) })),
    ),
  );
  const closed = runner.closed.map(({ window }) => window);
  const orphans = states.flatMap((state) => state.orphans);
  return byHops(
    [...open, ...closed, ...orphans].flatMap(({ groups, spec }) =>
      groups.map(({ events }) => ({ hops: spec.startsWith('h'), events })),
    ),
  );
}

/** Events late for an aggregation, summed over all. */
function lateOf(runner: StreamRunner): EventCounts {
  return byHops(
    runner
      .sources()
      .flatMap((source) => runner.state(source).open)
      .map(({ aggregation, late }) => ({ hops: aggregation.window.kind === 'hopping', events: late })),
  );
}
