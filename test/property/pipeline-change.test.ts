// A pipeline may change under states that have windows open: none is lost, and none that closed comes back.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { imbalance } from '../../src/core/ledger.ts';
import { decodeState, encodeState } from '../../src/core/state-encoding.ts';
import { arbitraryCuts, arbitraryPipeline, arbitraryStream, cut } from '../support/event-streams.ts';
import { keyOfEntry, StreamRunner } from '../support/stream-runner.ts';

describe('a state', () => {
  test('comes back from its text as it was', () => {
    fc.assert(
      fc.property(arbitraryStream(), arbitraryPipeline, arbitraryCuts, (stream, pipeline, cuts) => {
        const runner = new StreamRunner(pipeline);
        for (const batch of cut(stream, cuts)) runner.deliver(batch);
        for (const { source, after } of runner.changes) {
          expect(encodeState(decodeState(source, after, pipeline), pipeline)).toBe(after);
        }
      }),
    );
  });

  test('is refused where its encoding is of another version', () => {
    const pipeline = fc.sample(arbitraryPipeline, 1)[0];
    if (pipeline === undefined) throw new Error('no sample');
    expect(() => decodeState('a "b"', '{"v":99}', pipeline)).toThrow(
      'state of source "a \\"b\\"": found encoding version 99, expected 1',
    );
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
        let folded = 0;
        for (const [at, batch] of cut(stream, [length]).entries()) {
          const pipeline = deployments[at % deployments.length] ?? first;
          runner.changePipeline(pipeline);
          const lateBefore = lateOf(runner);
          runner.deliver(batch);
          const judged = batch.length - countOf(runner, batch, 'duplicate');
          folded += judged * pipeline.aggregations.length - (lateOf(runner) - lateBefore);
        }
        runner.closeAll();
        const inWindows = runner.closed
          .flatMap(({ window }) => window.groups)
          .reduce((sum, group) => sum + group.events, 0);
        expect(inWindows).toBe(folded);
        expectNoTwins(runner);
        for (const source of runner.sources()) {
          expect(imbalance({ ...runner.state(source).counts, quarantined: 0 })).toBe(0);
        }
      }),
      { numRuns: 500 },
    );
  });
});

function expectNoTwins(runner: StreamRunner): void {
  const keys = runner.closed.map(({ source, window }) =>
    JSON.stringify([source, window.aggregation, window.sizeMs, window.start]),
  );
  expect(new Set(keys).size).toBe(keys.length);
}

/** Events late for an aggregation, summed over all. */
function lateOf(runner: StreamRunner): number {
  return runner
    .sources()
    .flatMap((source) => runner.state(source).open)
    .reduce((sum, open) => sum + open.late, 0);
}

function countOf(
  runner: StreamRunner,
  batch: Parameters<StreamRunner['deliver']>[0],
  verdict: string,
): number {
  return batch.filter((entry) => runner.verdicts.get(keyOfEntry(entry)) === verdict).length;
}
