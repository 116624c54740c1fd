import { expect, test } from 'vitest';
import { stateTimelines } from '../../../src/dashboard/data/state-timeline.ts';
import type { WindowAnswer } from '../../../src/wire/api/window-answer.ts';

function windowOf(startMs: number, states: WindowAnswer['states']): WindowAnswer {
  const common = { final: true, revision: 1, events: 1, metrics: [] };
  return { startMs, endMs: startMs + 60_000, ...common, ...(states === undefined ? {} : { states }) };
}

test('a timeline has a column a window in its place, states by their time, and what is not known', () => {
  const [timeline, ...others] = stateTimelines([
    windowOf(120_000, [{ name: 'mode', times: [{ state: 'ERROR', ms: 60_000 }], changes: 0 }]),
    windowOf(0, [{ name: 'mode', times: [{ state: 'RUN', ms: 30_000 }], otherMs: 15_000, changes: 2 }]),
  ]);
  expect(others).toEqual([]);
  expect(timeline).toMatchObject({
    name: 'mode',
    changes: 2,
    unknownMs: 15_000,
    totals: [
      { state: 'ERROR', ms: 60_000 },
      { state: 'RUN', ms: 30_000 },
      { state: '(other)', ms: 15_000 },
    ],
  });
  const places = timeline?.columns.map(({ left, width }) => [left, width].map(Math.round));
  expect(places).toEqual([
    [0, 33],
    [67, 33],
  ]);
  expect(timeline?.columns[0]?.shares).toEqual([
    { place: 1, state: 'RUN', percent: 50 },
    { place: 2, state: '(other)', percent: 25 },
  ]);
});

test('windows of an aggregation that asks for no states have none', () => {
  expect(stateTimelines([windowOf(0, undefined)])).toEqual([]);
});
