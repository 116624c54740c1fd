import { describe, expect, it } from 'vitest';
import {
  chartColumns,
  eventsFigure,
  mergeWindows,
  metricFigure,
  metricNames,
  quantileFigure,
  rateFigure,
  summarize,
} from '../../../src/dashboard/data/chart-columns.ts';
import type { WindowAnswer } from '../../../src/wire/api/window-answer.ts';

const MINUTE = 60_000;

function window(minute: number, more: Partial<WindowAnswer> = {}): WindowAnswer {
  const startMs = minute * MINUTE;
  return { startMs, endMs: startMs + MINUTE, final: true, revision: 1, events: minute, metrics: [], ...more };
}

const metric = (name: string, mean: number) => ({ name, count: 1, sum: mean, min: mean, max: mean, mean });

describe('the columns of a chart', () => {
  it('keep what is provisional apart, joined to the last that is final', () => {
    const windows = [window(1), window(2), window(3, { final: false }), window(4, { final: false })];
    expect(chartColumns([{ windows, figure: eventsFigure }])).toEqual({
      x: [60, 120, 180, 240],
      lines: [{ final: [1, 2, null, null], provisional: [null, 2, 3, 4] }],
    });
  });

  it('have a gap where windows are missing, and no line bridges it', () => {
    const windows = [window(1), window(2), window(6)];
    const { x, lines } = chartColumns([{ windows, figure: eventsFigure }]);
    expect(x).toEqual([60, 120, 180, 360]);
    expect(lines[0]?.final).toEqual([1, 2, null, 6]);
  });

  it('of several lines stand over the starts of all of them', () => {
    const { x, lines } = chartColumns([
      { windows: [window(1), window(3)], figure: eventsFigure },
      { windows: [window(2), window(3)], figure: eventsFigure },
    ]);
    expect(x).toEqual([60, 120, 180]);
    expect(lines.map(({ final }) => final)).toEqual([
      [1, null, 3],
      [null, 2, 3],
    ]);
  });

  it('of nothing are empty', () => {
    expect(chartColumns([{ windows: [], figure: eventsFigure }])).toEqual({
      x: [],
      lines: [{ final: [], provisional: [] }],
    });
  });
});

describe('figures', () => {
  it('are null where a window has no such metric', () => {
    const one = window(1, { metrics: [metric('t', 21)] });
    expect([
      metricFigure('t', 'mean')(one),
      metricFigure('u', 'mean')(one),
      quantileFigure('t', 99)(one),
    ]).toEqual([21, null, null]);
  });

  it('of a rate are of a second, whatever the window’s length', () => {
    expect(rateFigure(window(1, { events: 120 }))).toBe(2);
    expect(rateFigure(window(1, { events: 600, endMs: 6 * MINUTE }))).toBe(2);
  });

  it('name first what most windows have', () => {
    const windows = [
      window(1, { metrics: [metric('b', 1)] }),
      window(2, { metrics: [metric('a', 1), metric('b', 1)] }),
    ];
    expect(metricNames(windows)).toEqual(['b', 'a']);
  });
});

describe('windows stored and windows told live', () => {
  const quantiles = [{ p: 99, value: 30 }];
  const stored = [
    window(1),
    window(2, { final: false, revision: 5, metrics: [{ ...metric('t', 1), quantiles }] }),
  ];

  it('are one list, each the newer one, in order', () => {
    const live = [
      window(3, { final: false }),
      window(2, { final: false, revision: 7, metrics: [metric('t', 2)] }),
    ];
    const merged = mergeWindows(stored, live);
    expect(merged.map(({ startMs, revision }) => [startMs / MINUTE, revision])).toEqual([
      [1, 1],
      [2, 7],
      [3, 1],
    ]);
    // Live tells no quantiles: those of a moment ago stay until the next asking.
    expect(merged[1]?.metrics).toEqual([{ ...metric('t', 2), quantiles }]);
  });

  it('of a session that has grown have it once, and one that closed beside it too', () => {
    const open = window(5, { final: false, endMs: 7 * MINUTE });
    const grown = { ...open, endMs: 9 * MINUTE, revision: 2 };
    const closed = window(5);
    expect(mergeWindows([open], [closed, grown])).toEqual([closed, grown]);
  });

  it('do not go back to what was before', () => {
    expect(mergeWindows(stored, [window(2, { final: false, revision: 4 })])[1]?.revision).toBe(5);
    expect(mergeWindows(stored, [window(2, { final: true, revision: 5 })])[1]?.final).toBe(true);
  });
});

it('a chart is told in a sentence', () => {
  const windows = [window(1), window(9), window(4, { final: false })];
  expect(summarize('Events', windows, eventsFigure, String)).toBe(
    'Events: 4 in the latest window, provisional; from 1 to 9 in 3 windows.',
  );
  expect(summarize('Events', [], eventsFigure, String)).toBe('Events: nothing yet.');
});
