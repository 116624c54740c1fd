import { describe, expect, test } from 'vitest';
import { foldEvents } from '../../../src/core/fold.ts';
import { emptySourceState } from '../../../src/core/source-state.ts';
import { MAX_HOPS, specText, type WindowSpec, windowsAt } from '../../../src/core/window-spec.ts';
import { batchOf, eventOf, pipelineOf } from '../../support/events.ts';

const startsAt = (spec: Exclude<WindowSpec, { kind: 'session' }>, time: number) =>
  windowsAt(spec, time).map(({ start }) => start);

describe('the starts of the windows that hold a time', () => {
  test('are one, aligned to the epoch, where windows tumble', () => {
    const starts = (time: number) => startsAt({ kind: 'tumbling', sizeMs: 10 }, time);
    expect([0, 9, 10, 8.64e15].map(starts)).toEqual([[0], [0], [10], [8.64e15]]);
  });

  test('are one a hop, the latest first, and none before the epoch, where they hop', () => {
    const starts = (time: number) => startsAt({ kind: 'hopping', sizeMs: 10, everyMs: 4 }, time);
    expect([0, 3, 4, 9, 10, 12].map(starts)).toEqual([[0], [0], [4, 0], [8, 4, 0], [8, 4], [12, 8, 4]]);
  });

  test('hold every time in as many windows as its definition says, or fewer near the epoch', () => {
    for (const [sizeMs, everyMs] of [
      [10, 10],
      [10, 5],
      [10, 3],
      [MAX_HOPS, 1],
    ] as const) {
      for (let time = 0; time < 200; time += 1) {
        const starts = startsAt({ kind: 'hopping', sizeMs, everyMs }, time);
        const all = Array.from({ length: 400 }, (_, at) => at * everyMs);
        const holding = all.filter((start) => start <= time && time < start + sizeMs);
        expect(starts).toEqual(holding.reverse());
      }
    }
  });
});

describe('an offset', () => {
  test('moves windows that tumble, and leaves the rest of one at the epoch', () => {
    const at = (time: number) => windowsAt({ kind: 'tumbling', sizeMs: 10, offsetMs: 3 }, time);
    expect([0, 2, 3, 12, 13].map(at)).toEqual(
      [
        [0, 3],
        [0, 3],
        [3, 13],
        [3, 13],
        [13, 23],
      ].map(([start, end]) => [{ start, end }]),
    );
  });

  test('moves windows that hop: every time is in one at least', () => {
    const starts = (time: number) => startsAt({ kind: 'hopping', sizeMs: 10, everyMs: 4, offsetMs: 3 }, time);
    expect([0, 2, 3, 7, 12, 13].map(starts)).toEqual([[0], [0], [3], [7, 3], [11, 7, 3], [11, 7]]);
  });
});

describe('hopping windows', () => {
  const pipeline = pipelineOf({ window: { kind: 'hopping', sizeMs: 10, everyMs: 4 } });
  const foldTimes = (...times: number[]) =>
    foldEvents(emptySourceState('a', pipeline), batchOf(times.map((time) => eventOf({ time }))), pipeline);

  test('at the epoch begin with it', () => {
    const { state } = foldTimes(1, 9);
    const open = [...(state.open[0]?.windows.values() ?? [])];
    expect(open.map(({ start, end, groups }) => [start, end, groups[0]?.events])).toEqual([
      [0, 10, 2],
      [8, 18, 1],
      [4, 14, 1],
    ]);
  });

  test('take an event in those that are open still, and find it late when none is', () => {
    const { state, verdicts } = foldTimes(20, 12, 11);
    // At 20 the windows up to [8, 18) have closed: 12 is in [12, 22) alone, 11 in none.
    expect(verdicts).toEqual(['applied', 'applied', 'late']);
    expect([...(state.open[0]?.windows.keys() ?? [])].sort((a, b) => a - b)).toEqual([12, 16, 20]);
    expect(state.open[0]?.late).toBe(1);
  });

  test('close each at its own end', () => {
    expect(foldTimes(9, 13).state.closed.map(({ start }) => start)).toEqual([0]);
    expect(foldTimes(9, 14).state.closed.map(({ start }) => start)).toEqual([0, 4]);
  });
});

describe('the text of a window definition', () => {
  test('is another for each kind and size', () => {
    const texts = [
      specText({ kind: 'tumbling', sizeMs: 10 }),
      specText({ kind: 'tumbling', sizeMs: 100 }),
      specText({ kind: 'hopping', sizeMs: 10, everyMs: 10 }),
      specText({ kind: 'hopping', sizeMs: 101, everyMs: 0 }),
      specText({ kind: 'session', gapMs: 10 }),
      specText({ kind: 'tumbling', sizeMs: 10, offsetMs: 5 }),
      specText({ kind: 'hopping', sizeMs: 10, everyMs: 10, offsetMs: 5 }),
      specText({ kind: 'calendar', unit: 'day', timezone: 'UTC', weekStart: 1 }),
      specText({ kind: 'calendar', unit: 'week', timezone: 'UTC', weekStart: 1 }),
      specText({ kind: 'calendar', unit: 'week', timezone: 'UTC', weekStart: 0 }),
      specText({ kind: 'calendar', unit: 'day', timezone: 'Europe/Berlin', weekStart: 1 }),
    ];
    expect(new Set(texts).size).toBe(texts.length);
  });
});
