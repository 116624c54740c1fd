import { describe, expect, test } from 'vitest';
import { closeAll, closeBySilence, closesAtMs } from '../../../src/core/close-windows.ts';
import { foldEvents } from '../../../src/core/fold.ts';
import type { SourceState } from '../../../src/core/source-state.ts';
import { emptySourceState } from '../../../src/core/source-state.ts';
import { batchOf, eventOf, pipelineOf } from '../../support/events.ts';

// Windows of 10 ms that stay open 5 ms longer, and close 1,000 ms later where the source falls silent.
const PIPELINE = pipelineOf({ sizeMs: 10, allowedLatenessMs: 5, idleTimeoutMs: 1_000 });

describe('a window closes by event time', () => {
  test('when the greatest event time reaches its end and the allowed lateness, not before', () => {
    expect(startsOf(stateAfter([0, 14]).closed)).toEqual([]);
    expect(startsOf(stateAfter([0, 15]).closed)).toEqual([0]);
  });

  test('after the event that closes it has been judged by the time before', () => {
    const state = stateAfter([14, 3, 15, 4]);
    expect(startsOf(state.closed)).toEqual([0]);
    expect(state.closed[0]?.groups[0]?.events).toBe(1);
    expect(state.counts).toEqual({ received: 4, applied: 3, duplicate: 0, late: 1, quarantined: 0 });
  });

  test('together with others, by their starts', () => {
    expect(startsOf(stateAfter([22, 11, 31, 100]).closed)).toEqual([10, 20, 30]);
  });
});

describe('the windows of a silent source', () => {
  test('say when they may close: the earliest end, lateness and idle timeout', () => {
    expect(closesAtMs(emptySourceState('a', PIPELINE))).toBeUndefined();
    expect(closesAtMs(stateAfter([12, 3], { arrivalMs: 12 }))).toBe(10 + 5 + 1_000);
  });

  test('close when the clock reaches that, not a millisecond before', () => {
    const state = stateAfter([3], { arrivalMs: 0 });
    expect(closeBySilence(state, 1_014)).toBe(false);
    expect(closeBySilence(state, 1_015)).toBe(true);
    expect(startsOf(state.closed)).toEqual([0]);
    expect(closesAtMs(state)).toBeUndefined();
    expect(closeBySilence(state, 9_999)).toBe(false);
  });

  test('stay open while events arrive, however old those are', () => {
    const state = stateAfter([3], { arrivalMs: 5_000 });
    expect(closeBySilence(state, 5_999)).toBe(false);
    expect(closeBySilence(state, 6_000)).toBe(true);
  });

  test('close for good: the time the source has shown is raised to what the closing stands for', () => {
    const state = stateAfter([3], { arrivalMs: 0 });
    closeBySilence(state, 1_015);
    expect(state.maxTime).toBe(15);
    const { verdicts } = foldEvents(state, batchOf([4, 9, 10].map(at), { firstRecord: 2 }), PIPELINE);
    expect(verdicts).toEqual(['late', 'late', 'applied']);
  });

  test('close only as far as silence has lasted', () => {
    const state = stateAfter([3, 12], { arrivalMs: 12 });
    expect(closeBySilence(state, 1_015)).toBe(true);
    expect(startsOf(state.closed)).toEqual([0]);
    expect(closesAtMs(state)).toBe(1_025);
  });

  test('of several aggregations close each by its own timeout', () => {
    const pipeline = pipelineOf({ idleTimeoutMs: 1_000 }, { sizeMs: 20, idleTimeoutMs: 3_000 });
    const { state } = foldEvents(
      emptySourceState('a', pipeline),
      batchOf([at(3)], { arrivalMs: 0 }),
      pipeline,
    );
    expect(closeBySilence(state, 2_000)).toBe(true);
    expect(state.closed.map(({ aggregation }) => aggregation)).toEqual(['a0']);
    expect(closeBySilence(state, 2_000)).toBe(false);
    expect(closeBySilence(state, 3_020)).toBe(true);
    expect(state.closed.map(({ aggregation }) => aggregation)).toEqual(['a1']);
  });

  test('all close at the end of a replay, and an end without windows changes nothing', () => {
    const state = stateAfter([3, 12]);
    expect(closeAll(state)).toBe(true);
    expect(startsOf(state.closed)).toEqual([0, 10]);
    expect(closeAll(state)).toBe(false);
    expect(startsOf(state.closed)).toEqual([0, 10]);
  });
});

function stateAfter(times: readonly number[], options: Parameters<typeof batchOf>[1] = {}): SourceState {
  const batch = batchOf(times.map(at), options);
  return foldEvents(emptySourceState('a', PIPELINE), batch, PIPELINE).state;
}

function at(time: number) {
  return eventOf({ time });
}

function startsOf(windows: readonly { readonly start: number }[]): number[] {
  return windows.map(({ start }) => start);
}
