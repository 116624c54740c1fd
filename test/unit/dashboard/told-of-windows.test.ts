import { describe, expect, it } from 'vitest';
import { sparkPoints } from '../../../src/dashboard/charts/spark-points.ts';
import { agesOf, latenessOf } from '../../../src/dashboard/data/freshness.ts';
import { matchFacts, seriesTitle } from '../../../src/dashboard/data/series-title.ts';
import type { WindowAnswer } from '../../../src/wire/api/window-answer.ts';

function window(minute: number, more: Partial<WindowAnswer>): WindowAnswer {
  const startMs = minute * 60_000;
  return { startMs, endMs: startMs + 60_000, final: true, revision: 1, events: 0, metrics: [], ...more };
}

describe('a match', () => {
  it('is told by what its windows add up to, and by who plays in the latest', () => {
    const points = (sum: number) => [
      { name: 'points', count: 1, sum, min: 1, max: 9, mean: 5 },
      { name: 'ping', count: 1, sum: 80, min: 80, max: 80, mean: 80 },
    ];
    const types = (kill: number, score: number) => [
      {
        of: 'type',
        entries: [
          { text: 'kill', count: kill },
          { text: 'score', count: score },
        ],
        missed: 1,
      },
    ];
    const windows = [
      window(1, {
        events: 10,
        metrics: points(40),
        topK: types(6, 4),
        distinct: [{ of: 'source', count: 8 }],
      }),
      window(2, {
        events: 5,
        metrics: points(2),
        topK: types(0, 5),
        distinct: [{ of: 'source', count: 3.02 }],
      }),
    ];
    expect(matchFacts(windows)).toMatchObject({
      players: 3,
      events: 15,
      totals: [{ name: 'points', sum: 42 }],
      levels: [{ name: 'ping', mean: 80 }],
      kinds: [
        { text: 'score', count: 9 },
        { text: 'kill', count: 6 },
      ],
    });
    expect(matchFacts([])).toMatchObject({ players: undefined, events: 0, totals: [], top: [] });
  });

  it('has its own name, other series those of their values', () => {
    expect(seriesTitle(['match'], ['match-17'])).toBe('Match 17');
    expect(seriesTitle(['match'], ['final'])).toBe('Match final');
    expect(seriesTitle(['match'], [null])).toBe('(none)');
    expect(seriesTitle(['region', 'site'], ['hills', 'quarry'])).toBe('hills · quarry');
  });
});

describe('how fresh things are', () => {
  const source = (lastArrivalMs: number, maxTimeMs = lastArrivalMs) => ({
    source: String(lastArrivalMs),
    version: 1,
    lastArrivalMs,
    maxTimeMs,
  });

  it('counts each source once, in the first age that fits', () => {
    const nowMs = 10_000_000;
    const sources = [0, 9_000, 11_000, 100_000, 5_000_000].map((age) => source(nowMs - age));
    expect(
      agesOf([...sources, { source: 'unreadable', version: 1 }], nowMs).map(({ count }) => count),
    ).toEqual([2, 1, 1, 0, 1]);
  });

  it('tells fast clocks as negative', () => {
    expect(latenessOf([source(1_000, 5_000)])).toEqual({ median: -4_000, p95: -4_000 });
    expect(latenessOf([])).toBeUndefined();
  });
});

describe('a small line', () => {
  it('is broken where there is nothing, and flat where all is the same', () => {
    expect(sparkPoints([1, 2, null, 3]).map((run) => run.length)).toEqual([2, 1]);
    expect(
      new Set(
        sparkPoints([5, 5, 5])
          .flat()
          .map(([, y]) => y),
      ).size,
    ).toBe(1);
    expect(sparkPoints([])).toEqual([]);
  });
});
