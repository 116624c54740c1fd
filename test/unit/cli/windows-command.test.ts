import { describe, expect, it } from 'vitest';
import { formatWindows } from '../../../src/cli/windows-command.ts';
import type { EpochMs } from '../../../src/core/brands.ts';
import { rollupSeries, sourceSeries } from '../../../src/core/series.ts';
import type { SeriesWindow } from '../../../src/core/stored-window.ts';

const SUMMARY = { count: 2, sum: 5, min: 2, max: 3, mean: 2.5 };

function windowOf(overrides: Partial<SeriesWindow>): SeriesWindow {
  const start = 1_772_366_400_000 as EpochMs;
  return {
    series: sourceSeries('per-minute', 'sensor-1'),
    start,
    end: (start + 60_000) as EpochMs,
    final: true,
    events: 2,
    revision: 2,
    metrics: new Map([['temperature', SUMMARY]]),
    distinct: new Map(),
    topK: new Map(),
    topKMissed: new Map(),
    ...overrides,
  };
}

/** The cells of each line; the head first. */
function cellsOf(...windows: SeriesWindow[]): string[][] {
  return formatWindows(windows)
    .split('\n')
    .map((line) => line.split(/ {2,}/));
}

describe('windows as a table', () => {
  it('say of what they are, when, how many events, and each metric on a line', () => {
    const two = new Map([
      ['humidity', SUMMARY],
      ['temperature', { ...SUMMARY, mean: 1 / 3 }],
    ]);
    expect(cellsOf(windowOf({ metrics: two }))).toEqual([
      ['of', 'what', 'start', 'state', 'events', 'metric', 'count', 'sum', 'min', 'max', 'mean'],
      ['per-minute', 'sensor-1', '2026-03-01T12:00:00Z', 'final', '2', 'humidity', '2', '5', '2', '3', '2.5'],
      [
        'per-minute',
        'sensor-1',
        '2026-03-01T12:00:00Z',
        'final',
        '2',
        'temperature',
        '2',
        '5',
        '2',
        '3',
        '0.333333',
      ],
    ]);
  });

  it('of a rollup name its tag values, and which events had none', () => {
    const series = rollupSeries('by-site', ['mill', null]);
    expect(cellsOf(windowOf({ series, final: false }))[1]?.slice(0, 4)).toEqual([
      'by-site',
      'mill, (none)',
      '2026-03-01T12:00:00Z',
      'provisional',
    ]);
  });

  it('without values still have their line', () => {
    expect(cellsOf(windowOf({ metrics: new Map(), events: 7 }))[1]?.slice(4)).toEqual(['7', '-', '0']);
  });

  it('with control characters in names do nothing to the terminal', () => {
    const series = sourceSeries('per-minute', '\u001b[2J');
    const text = formatWindows([windowOf({ series, metrics: new Map([['\u0007', SUMMARY]]) })]);
    expect(text).not.toMatch(/[^\n\P{Cc}]/u);
    expect(text).toContain('\\u{1b}[2J');
    expect(text).toContain('\\u{7}');
  });

  it('are a head alone when there are none', () => {
    expect(cellsOf()).toHaveLength(1);
  });
});
