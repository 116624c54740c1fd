// What a source may take of its item is bounded, whatever it sends: the bound is drawn by what was folded in alone.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { growthOf } from '../../src/core/apply-event.ts';
import { ByteWriter } from '../../src/core/byte-writer.ts';
import { trailBytes, writeTrail } from '../../src/core/counter-trail.ts';
import { foldEvents } from '../../src/core/fold.ts';
import { heldBytes } from '../../src/core/held-trail.ts';
import { imbalance } from '../../src/core/ledger.ts';
import { MAX_WINDOW_BYTES } from '../../src/core/limits.ts';
import type { SourceState } from '../../src/core/source-state.ts';
import { emptySourceState } from '../../src/core/source-state.ts';
import { decodeState, encodeState } from '../../src/core/state-encoding.ts';
import { textBytes } from '../../src/core/text-bytes.ts';
import { writeTimes } from '../../src/core/times-encoding.ts';
import { windowBytes } from '../../src/core/window-bytes.ts';
import { NameTable, writeWindow } from '../../src/core/window-encoding.ts';
import { arbitraryGreed, arbitraryGreedyPipeline, greedyStream } from '../support/adversarial-streams.ts';
import { arbitraryCuts, arbitraryPipeline, arbitraryStream, cut } from '../support/event-streams.ts';
import { batchOf } from '../support/events.ts';
import { runs } from '../support/runs.ts';
import { StreamRunner } from '../support/stream-runner.ts';

/** DynamoDB's limit for an item: names and values of all attributes. */
const MAX_ITEM_BYTES = 400_000;
/** Key, version, when it is to be closed. */
const OTHER_ATTRIBUTES_BYTES = 1_000;

describe('a source that sends whatever it likes', () => {
  test('has a state that can be stored, and the same one in whatever batches its events come', () => {
    fc.assert(
      fc.property(arbitraryGreedyPipeline, arbitraryGreed, arbitraryCuts, (pipeline, greed, cuts) => {
        const stream = greedyStream(greed);
        const [oneByOne, inBatches] = [new StreamRunner(pipeline), new StreamRunner(pipeline)];
        for (const batch of cut(stream, [1])) oneByOne.deliver(batch);
        for (const batch of cut(
          stream,
          cuts.map((length) => length * 9),
        ))
          inBatches.deliver(batch);
        expect(inBatches.verdicts).toEqual(oneByOne.verdicts);
        expect(inBatches.comparable()).toEqual(oneByOne.comparable());
        expect(inBatches.letters).toEqual(oneByOne.letters);
        const { counts, windowBytes: bytes } = inBatches.state('a');
        expect(imbalance(counts)).toBe(0);
        expect(bytes).toBeLessThanOrEqual(MAX_WINDOW_BYTES);
        for (const runner of [oneByOne, inBatches]) {
          runner.closeAll();
          const sizes = runner.changes.map(({ after }) => after.length);
          expect(Math.max(...sizes)).toBeLessThan(MAX_ITEM_BYTES - OTHER_ATTRIBUTES_BYTES);
          expect(runner.letters.length).toBe(counts.late + counts.quarantined);
        }
      }),
      { numRuns: runs(25) },
    );
  });

  test('never has more in its windows than is counted for them, nor grows by more than was said before', () => {
    fc.assert(
      fc.property(arbitraryGreedyPipeline, arbitraryGreed, (pipeline, greed) => {
        let state = emptySourceState('a', pipeline);
        for (const { event, at } of greedyStream({ ...greed, events: 60 })) {
          const before = { bytes: state.windowBytes, windows: state.windowCount, maxTime: state.maxTime };
          const growth = growthOf(state, event, before.maxTime);
          const batch = { ...batchOf([event]), sequences: [at.sequence] };
          const folded = foldEvents(state, batch, pipeline);
          state = folded.state;
          const closed = state.closed.reduce((sum, { bytes }) => sum + bytes, 0);
          if (folded.verdicts[0] === 'applied') {
            expect(state.windowBytes + closed - before.bytes).toBeLessThanOrEqual(growth.bytes);
            expect(state.windowCount + state.closed.length - before.windows).toBeLessThanOrEqual(
              growth.windows,
            );
          }
        }
        expectCountedRight(state);
        for (const { windows } of state.open) {
          for (const window of windows.values()) {
            const [writer, names] = [new ByteWriter(), new NameTable()];
            writeWindow(writer, window, names, state.maxTime);
            for (const group of window.groups) writeTimes(writer, group);
            const inNames = names.names.reduce((sum, name) => sum + textBytes(name), 0);
            expect(writer.finish().length + inNames).toBeLessThanOrEqual(window.bytes);
          }
        }
      }),
      { numRuns: runs(50) },
    );
  });
});

describe('what windows take', () => {
  test('is counted as they change, and is what it would be if it were counted anew', () => {
    fc.assert(
      fc.property(arbitraryStream({ maxLength: 60 }), arbitraryPipeline, (stream, pipeline) => {
        const own = stream.map(({ event }) => event).filter(({ source }) => source === 'a');
        const { state } = foldEvents(emptySourceState('a', pipeline), batchOf(own), pipeline);
        expectCountedRight(state);
        const read = decodeState('a', encodeState(state), pipeline);
        expectCountedRight(read);
        expect(read.windowBytes).toBe(state.windowBytes);
        expect(read.windowCount).toBe(state.windowCount);
      }),
      { numRuns: runs(125) },
    );
  });
});

function expectCountedRight(state: SourceState): void {
  const windows = state.open.flatMap((open) => [...open.windows.values()]);
  for (const window of windows) expect(window.bytes).toBe(windowBytes(window));
  const trails = state.open.flatMap((open) => [...open.trails]);
  for (const [name, trail] of trails) {
    expect(trail.bytes).toBe(trailBytes(name, trail.samples));
    const writer = new ByteWriter();
    writeTrail(writer, trail, () => 4_000);
    expect(writer.finish().length + textBytes(name)).toBeLessThanOrEqual(trail.bytes);
  }
  const held = state.open.flatMap((open) => [...open.held.values()]);
  for (const { name, trail } of held) expect(trail.bytes).toBe(trailBytes(name, trail.samples));
  const counted = [...windows, ...trails.map(([, trail]) => trail)].map(({ bytes }) => bytes);
  expect(state.windowBytes).toBe([...counted, ...held.map(heldBytes)].reduce((sum, bytes) => sum + bytes, 0));
  expect(state.windowCount).toBe(windows.length);
}
