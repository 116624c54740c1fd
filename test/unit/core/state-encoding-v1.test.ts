import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { foldEvents } from '../../../src/core/fold.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { closedSourceWindows } from '../../../src/core/rollup.ts';
import { emptySourceState } from '../../../src/core/source-state.ts';
import { decodeChangedWindows } from '../../../src/core/state-changes.ts';
import { decodeCounts, decodeState } from '../../../src/core/state-encoding.ts';
import { decodeStoredWindow, summarizeStored } from '../../../src/core/stored-window.ts';
import { arbitraryCuts, arbitraryStream, cut, SHARD } from '../../support/event-streams.ts';
import { batchOf, eventOf, pipelineOf } from '../../support/events.ts';
import { runs } from '../../support/runs.ts';
import { writeStateV1 } from '../../support/state-v1.ts';
import { comparableState } from '../../support/stream-runner.ts';
import { withoutChains } from '../../support/without-chains.ts';

const PIPELINE = parsePipeline({
  aggregations: [
    {
      name: 'short',
      window: { tumbling: '10s' },
      allowedLateness: '5s',
      aggregates: ['sum', 'first', 'last'],
    },
    { name: 'long', window: { tumbling: '1m' }, values: ['v'] },
  ],
  rollups: [{ name: 'by-site', of: 'short', by: ['site'] }],
  dedupe: { horizon: '30s' },
});

/** What was folded into the states below. */
const EVENTS = [
  eventOf({ time: 1_000, id: '1', values: { v: 0.1, w: 1e16 }, tags: { site: 'n' } }),
  eventOf({ time: 2_000, id: '2', values: { v: 0.2, w: -1 }, tags: { site: 's' } }),
  eventOf({ time: 3_000, id: 'x "y"', values: { v: 1e308 }, tags: { site: 'n' } }),
  eventOf({ time: 3_500, id: '4', values: { v: 1e308 } }),
  eventOf({ time: 21_000, id: '5', values: { v: -3.5 }, tags: { site: 'n' } }),
  eventOf({ time: 500, id: '6', values: { v: 7 }, tags: { site: 'n' } }),
  eventOf({ time: 500, id: '7', values: { v: 7 }, tags: { site: 'n' } }),
  eventOf({ time: 22_000, id: '5', values: { v: 1 } }),
];

// As they were stored: after the first five events, and after all.
const AFTER_FIVE =
  '{"v":1,"u":[["shardId-000000000007","104",0]],"m":21000,"a":90000,"c":[5,5,0,0],"i":"rs:\\"1\\" rs rs:\\"x \\\\\\"y\\\\\\"\\" dw:\\"4\\" di4","n":["v","w"],"o":[["short",10000,["site"],0,[[20000,[[["n"],1,[[0,1,-3.5,-3.5,-3.5,[21000,4,-3.5],[21000,4,-3.5]]]]]]],16000],["long",60000,[],0,[[0,[[[],5,[[0,5,-3.5,1e+308,[1,-2.7755575615628914e-17,2.220446049250313e-16,-3.2,2.0230686513768411e+307]]]]]]],21000]],"x":[["short",10000,["site"],[0,[[["n"],2,[[0,2,0.1,1e+308,[0,0.1,1e+308],[1000,0,0.1],[3000,2,1e+308]],[1,1,10000000000000000,10000000000000000,10000000000000000,[1000,0,10000000000000000],[1000,0,10000000000000000]]]],[["s"],1,[[0,1,0.2,0.2,0.2,[2000,1,0.2],[2000,1,0.2]],[1,1,-1,-1,-1,[2000,1,-1],[2000,1,-1]]]],[[null],1,[[0,1,1e+308,1e+308,1e+308,[3500,3,1e+308],[3500,3,1e+308]]]]]]]]}';
const AFTER_ALL =
  '{"v":1,"u":[["shardId-000000000007","107",0]],"m":22000,"a":90000,"c":[8,7,1,0],"i":"rs:\\"1\\" rs rs:\\"x \\\\\\"y\\\\\\"\\" dw:\\"4\\" di4 -ftg 0","n":["v"],"o":[["short",10000,["site"],2,[[20000,[[["n"],1,[[0,1,-3.5,-3.5,-3.5,[21000,4,-3.5],[21000,4,-3.5]]]]]]],17000],["long",60000,[],0,[[0,[[[],7,[[0,7,-3.5,1e+308,[1,-2.7755575615628914e-17,2.220446049250313e-16,-8.881784197001252e-16,10.8,2.0230686513768411e+307]]]]]]],22000]]}';
const CLOSED_WINDOW =
  '{"v":1,"s":0,"e":10000,"f":true,"c":4,"m":[[0,4,0.1,1e+308,[1,-2.7755575615628914e-17,0.30000000000000004,2.0230686513768411e+307],[1000,0,0.1],[3500,3,1e+308]],[1,2,-1,10000000000000000,[0,-1,10000000000000000],[1000,0,10000000000000000],[2000,1,-1]]],"n":["v","w"]}';
const ROLLUP_PART =
  '{"v":1,"s":0,"e":10000,"f":false,"c":2,"m":[[0,2,0.1,1e+308,[0,0.1,1e+308],[1000,0,0.1,"a"],[3000,2,1e+308,"a"]],[1,1,10000000000000000,10000000000000000,10000000000000000,[1000,0,10000000000000000,"a"],[1000,0,10000000000000000,"a"]]],"n":["v","w"],"p":12,"k":[["a",3]]}';

function folded(count: number) {
  const batch = { ...batchOf(EVENTS.slice(0, count), { firstRecord: 100, arrivalMs: 90_000 }) };
  return foldEvents(emptySourceState('a', PIPELINE), batch, PIPELINE).state;
}

const onShard = (text: string) => text.replace('shardId-000000000007', SHARD);

describe('a state stored in the first form', () => {
  test('is the state that its events make', () => {
    for (const [text, count] of [
      [AFTER_FIVE, 5],
      [AFTER_ALL, 8],
    ] as const) {
      const read = decodeState('a', onShard(text), PIPELINE);
      expect(withoutChains(comparableState(read, PIPELINE))).toEqual(
        withoutChains(comparableState(folded(count), PIPELINE)),
      );
      expect(read.windowBytes).toBe(folded(count).windowBytes);
    }
  });

  test('goes on in the present form as if it had always been in that', () => {
    const batch = batchOf(EVENTS.slice(5), { firstRecord: 105, arrivalMs: 90_000 });
    const { state, verdicts } = foldEvents(decodeState('a', onShard(AFTER_FIVE), PIPELINE), batch, PIPELINE);
    expect(verdicts).toEqual(['applied', 'applied', 'duplicate']);
    expect(withoutChains(comparableState(state, PIPELINE))).toEqual(
      withoutChains(comparableState(folded(8), PIPELINE)),
    );
  });

  test('gives its books without the rest, and its closed windows to the changelog', () => {
    expect(decodeCounts('a', AFTER_ALL)).toEqual({
      received: 8,
      applied: 7,
      duplicate: 1,
      late: 0,
      quarantined: 0,
    });
    const [window, ...others] = closedSourceWindows('a', decodeChangedWindows('a', AFTER_FIVE));
    expect(others).toEqual([]);
    const { apart: _, ...whole } = window ?? {};
    expect(whole).toEqual(decodeStoredWindow('source|short|a', CLOSED_WINDOW));
  });

  test('keeps its late events as letters', () => {
    const late =
      '{"at":{"shard":"s","sequence":"1","index":0},"arrivalMs":1,"event":{"source":"a"},"maxTime":5}';
    const text = AFTER_ALL.replace(/}$/, `,"l":[${late}]}`);
    expect(decodeChangedWindows('a', text).letters).toEqual([{ reason: 'late', ...JSON.parse(late) }]);
  });

  test('goes on the same wherever in a stream the form changes', () => {
    const pipeline = {
      ...pipelineOf(
        { allowedLatenessMs: 20, keep: { ...NOTHING_KEPT, samples: true }, groupBy: ['site'] },
        { sizeMs: 25 },
        { sizeMs: 1, values: new Set(['v']) },
      ),
      dedupeHorizonMs: 8,
    };
    fc.assert(
      fc.property(arbitraryStream(), arbitraryCuts, fc.nat({ max: 20 }), (stream, cuts, until) => {
        const own = stream.map(({ event }) => event).filter(({ source }) => source === 'a');
        let state = emptySourceState('a', pipeline);
        let first = 1;
        const ids: [string, number][] = [];
        for (const [turn, events] of cut(own, cuts).entries()) {
          const folded = foldEvents(state, batchOf(events, { firstRecord: first }), pipeline);
          state = folded.state;
          for (const [at, { id, time }] of events.entries()) {
            if (id !== undefined && folded.verdicts[at] === 'applied') ids.push([String(id), time]);
          }
          if (turn < until) state = decodeState('a', writeStateV1(state, ids), pipeline);
          first += events.length;
        }
        const whole = foldEvents(emptySourceState('a', pipeline), batchOf(own), pipeline).state;
        expect(withoutChains(comparableState(state, pipeline))).toEqual(
          withoutChains(comparableState(whole, pipeline)),
        );
        expect(state.windowBytes).toBe(whole.windowBytes);
      }),
      { numRuns: runs(200) },
    );
  });
});

describe('a window stored in the first form', () => {
  test('is read with its values to the last bit', () => {
    const window = summarizeStored(decodeStoredWindow('source|short|a', CLOSED_WINDOW));
    expect(window).toMatchObject({ start: 0, end: 10_000, final: true, events: 4, revision: 4 });
    expect(window.metrics.get('w')).toEqual({
      count: 2,
      sum: 1e16,
      min: -1,
      max: 1e16,
      mean: 5e15,
      first: 1e16,
      last: -1,
    });
    expect(window.metrics.get('v')).toMatchObject({ count: 4, sum: Infinity, mean: 5e307 });
  });

  test('as a part of a rollup keeps its marks; whether its sources have closed is not known of it', () => {
    const part = decodeStoredWindow('rollup|by-site|["n"]', ROLLUP_PART);
    expect(part).toMatchObject({ part: 12, final: false, events: 2 });
    expect([...part.marks]).toEqual([['a', { version: 3, open: true }]]);
    expect(part.metrics[0]?.last).toEqual({ time: 3_000, order: 2, value: 1e308, source: 'a' });
  });
});

const NOTHING_KEPT = { samples: false, squares: false, increase: false, quantiles: undefined };
