import { describe, expect, test } from 'vitest';
import { closeAll } from '../../../src/core/close-windows.ts';
import { foldEvents } from '../../../src/core/fold.ts';
import type { SourceState } from '../../../src/core/source-state.ts';
import { emptySourceState } from '../../../src/core/source-state.ts';
import { decodeState, encodeState } from '../../../src/core/state-encoding.ts';
import type { Verdict } from '../../../src/core/verdict.ts';
import { batchOf, eventOf, pipelineOf } from '../../support/events.ts';

// Sessions that end 10 ms after their last event, and stay open 5 ms longer.
const PIPELINE = pipelineOf({ window: { kind: 'session', gapMs: 10 }, allowedLatenessMs: 5 });

describe('an event', () => {
  test('joins a session up to a gap before its first and after its last, both excluded', () => {
    expect(openSessions(stateAfter([100, 109]))).toEqual([[100, 119, 2]]);
    expect(openSessions(stateAfter([100, 110]))).toEqual([
      [100, 110, 1],
      [110, 120, 1],
    ]);
    expect(openSessions(stateAfter([100, 91]))).toEqual([[91, 110, 2]]);
    expect(openSessions(stateAfter([100, 90]))).toEqual([
      [100, 110, 1],
      [90, 100, 1],
    ]);
  });

  test('that comes late makes one session of the two it lies between, with all that is in them', () => {
    const state = stateAfter([100, 112, 106]);
    expect(openSessions(state)).toEqual([[100, 122, 3]]);
    const [session] = [...(state.open[0]?.windows.values() ?? [])];
    const [metric] = session?.groups[0]?.metrics ?? [];
    expect(metric).toMatchObject({ count: 3, min: 100, max: 112, top: 318 });
  });

  test('joins an open session even where it could not begin one', () => {
    // At 124 a session begun at 105 would have closed, at 105 + 10 + 5; the one it touches is open until 111 + 10 + 5.
    const { verdicts, state } = fold([109, 111, 124, 105]);
    expect(verdicts).toEqual(['applied', 'applied', 'applied', 'applied']);
    expect(openSessions(state)).toEqual([
      [124, 134, 1],
      [105, 121, 3],
    ]);
  });

  test('that touches no open session is late once its own would have closed, to the millisecond', () => {
    expect(fold([200, 186]).verdicts).toEqual(['applied', 'applied']);
    expect(fold([200, 185]).verdicts).toEqual(['applied', 'late']);
  });

  test('is late before the end of a session that has closed, though it touches one that is open', () => {
    // 100 closes at 115. 109 is within its gap, and within that of 115; 110 is not before its end.
    const { verdicts, state } = fold([100, 115, 109, 110]);
    expect(verdicts).toEqual(['applied', 'applied', 'late', 'applied']);
    expect(state.closed.map(({ start, end }) => [start, end])).toEqual([[100, 110]]);
    expect(openSessions(state)).toEqual([[110, 125, 2]]);
  });

  test('is late there after the state was stored, too, and where the aggregation was gone in between', () => {
    const stored = encodeState(stateAfter([100, 115]));
    const other = pipelineOf({ name: 'other' });
    const gone = encodeState(decodeState('a', stored, other));
    for (const bytes of [stored, gone]) {
      const batch = batchOf([eventOf({ time: 109 })], { firstRecord: 9 });
      expect(foldEvents(decodeState('a', bytes, PIPELINE), batch, PIPELINE).verdicts).toEqual(['late']);
    }
  });

  test('never lies in more than two sessions at once, since what touches three has merged two of them before', () => {
    const times = Array.from({ length: 7 }, (_, at) => 100 + 10 * at);
    for (const time of Array.from({ length: 90 }, (_, at) => 90 + at)) {
      const before = openSessions(stateAfter([...times, time].slice(0, -1)));
      const after = openSessions(stateAfter([...times, time]));
      expect(after.length).toBeGreaterThanOrEqual(before.length - 1);
    }
  });
});

describe('a session', () => {
  test('closes when the event time reaches its last event, the gap and the lateness, not before', () => {
    expect(stateAfter([100, 105, 119]).closed).toEqual([]);
    expect(stateAfter([100, 105, 120]).closed.map(({ start, end }) => [start, end])).toEqual([[100, 115]]);
  });

  test('that was made of two closes once', () => {
    const state = stateAfter([100, 112, 106]);
    closeAll(state);
    expect(state.closed.map(({ start, end }) => [start, end])).toEqual([[100, 122]]);
    expect(state).toMatchObject({ windowBytes: 0, windowCount: 0 });
  });

  test('keeps groups apart by tags when two become one', () => {
    const pipeline = pipelineOf({ ...PIPELINE.aggregations[0], groupBy: ['site'] });
    const at = (time: number, site: string) => eventOf({ time, tags: { site }, values: { v: 1 } });
    const batch = batchOf([at(100, 'n'), at(112, 's'), at(106, 'n')]);
    const { state } = foldEvents(emptySourceState('a', pipeline), batch, pipeline);
    const [session] = [...(state.open[0]?.windows.values() ?? [])];
    expect(session?.groups.map(({ tags, events }) => [tags, events])).toEqual([
      [['n'], 2],
      [['s'], 1],
    ]);
  });

  test('goes on after its state was stored', () => {
    const stored = encodeState(stateAfter([100, 112]));
    const batch = batchOf([eventOf({ time: 106 })], { firstRecord: 9 });
    const { state } = foldEvents(decodeState('a', stored, PIPELINE), batch, PIPELINE);
    expect(openSessions(state)).toEqual([[100, 122, 3]]);
  });
});

function fold(times: readonly number[]): {
  readonly state: SourceState;
  readonly verdicts: readonly Verdict[];
} {
  const events = times.map((time) => eventOf({ time, values: { v: time } }));
  return foldEvents(emptySourceState('a', PIPELINE), batchOf(events), PIPELINE);
}

function stateAfter(times: readonly number[]): SourceState {
  return fold(times).state;
}

/** Start, end and events of each. */
function openSessions({ open }: SourceState): number[][] {
  return [...(open[0]?.windows.values() ?? [])].map(({ start, end, groups }) => [
    start,
    end,
    groups[0]?.events ?? 0,
  ]);
}
