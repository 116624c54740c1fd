import { describe, expect, it } from 'vitest';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { begin, lackingIn, rollupText, telling } from '../../../src/core/rollup-beginnings.ts';

const MINUTE = 60_000;

function pipelineOf(...rollups: readonly { readonly name: string; readonly by: readonly string[] }[]) {
  return parsePipeline({
    aggregations: [{ name: 'm', window: { tumbling: '1m' }, allowedLateness: '1m' }],
    rollups: rollups.map((rollup) => ({ ...rollup, of: 'm' })),
  });
}

const SITE = { name: 'r', by: ['site'] };

describe('the rollups noted', () => {
  it('have been there from the beginning where nothing was noted before', () => {
    const pipeline = pipelineOf(SITE);
    const [rollup] = pipeline.rollups;
    if (rollup === undefined) throw new Error('no rollup');
    expect(begin(undefined, pipeline, 5)).toEqual([
      { text: rollupText(rollup, pipeline), sinceMs: undefined },
    ]);
  });

  it('begin with the pipeline that has them, and again where one was without them; what stays stays', () => {
    const noted = begin(undefined, pipelineOf(SITE), 1);
    expect(begin(noted, pipelineOf(SITE), 2)).toBe(noted);
    const both = begin(noted, pipelineOf(SITE, { name: 'all', by: [] }), 3);
    expect(both.map(({ sinceMs }) => sinceMs)).toEqual([undefined, 3]);
    const back = begin(begin(both, pipelineOf(), 4), pipelineOf(SITE), 5);
    expect(back.map(({ sinceMs, isGone, isRenewed }) => [sinceMs, isGone, isRenewed])).toEqual([
      [5, undefined, undefined],
      [3, true, undefined],
    ]);
  });

  it('begin anew with other tags', () => {
    const noted = begin(undefined, pipelineOf(SITE), 1);
    const [renewed] = begin(noted, pipelineOf({ name: 'r', by: ['model'] }), 7_000);
    if (renewed === undefined) throw new Error('nothing is noted');
    expect(renewed).toMatchObject({ sinceMs: 7_000, isRenewed: true });
    const at = { maxClockSkewMs: 1_000, startMs: 5_000 };
    expect(telling(renewed, { ...at, madeMs: 6_000 }), 'a change told before').toBe('nothing');
    expect(telling(renewed, { ...at, madeMs: 8_000 }), 'a window begun before').toBe('what is new');
    expect(telling(renewed, { ...at, madeMs: 8_000, startMs: 20_000 })).toBe('all');
  });
});

it('a window lacks what had closed when its rollup began: with its lateness it had passed', () => {
  const aggregation = { allowedLatenessMs: MINUTE };
  const rollup = { text: '', sinceMs: 10 * MINUTE };
  expect(lackingIn(rollup, aggregation, { end: 9 * MINUTE })).toEqual({ sinceMs: 10 * MINUTE });
  expect(lackingIn(rollup, aggregation, { end: 10 * MINUTE })).toBeUndefined();
  expect(lackingIn({ text: '', sinceMs: undefined }, aggregation, { end: 0 })).toBeUndefined();
});
