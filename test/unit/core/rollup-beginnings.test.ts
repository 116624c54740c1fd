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
  const minute = (end: number) => ({ start: end - MINUTE, end, maxClockSkewMs: 0 });
  expect(lackingIn(rollup, aggregation, minute(9 * MINUTE))).toEqual({ sinceMs: 10 * MINUTE });
  expect(lackingIn(rollup, aggregation, minute(10 * MINUTE))).toBeUndefined();
  expect(lackingIn({ text: '', sinceMs: undefined }, aggregation, minute(0))).toBeUndefined();
});

describe('tags that nothing told events apart by', () => {
  const aggregation = { allowedLatenessMs: MINUTE };
  const window = { start: 9 * MINUTE, end: 10 * MINUTE, maxClockSkewMs: 0 };
  const AT = 9.5 * MINUTE;
  const MODEL = { name: 'new', by: ['site', 'model'] };

  function lackingOf(name: string, noted: ReturnType<typeof begin>) {
    const known = noted.find(({ text }) => text.startsWith(`["${name}"`));
    if (known === undefined) throw new Error(`no ${name} is noted`);
    return lackingIn(known, aggregation, window);
  }

  it('leave out of every series what a window that was open held', () => {
    const noted = begin(begin(undefined, pipelineOf(SITE), 1), pipelineOf(SITE, MODEL), AT);
    expect(lackingOf('new', noted)).toEqual({ sinceMs: AT });
    expect(lackingOf('r', noted)).toBeUndefined();
    const [, known = { text: '', sinceMs: 0 }] = noted;
    const later = { start: 10 * MINUTE, end: 11 * MINUTE };
    expect(lackingIn(known, aggregation, { ...later, maxClockSkewMs: 0 })).toBeUndefined();
    // An event of that window may have come before the tags did.
    expect(lackingIn(known, aggregation, { ...later, maxClockSkewMs: MINUTE })).toEqual({ sinceMs: AT });
  });

  it('are known from the first where another rollup had asked for them, and since then where that began later', () => {
    const known = begin(undefined, pipelineOf(SITE), 1);
    expect(
      lackingOf('new', begin(known, pipelineOf(SITE, { name: 'new', by: ['site'] }), AT)),
    ).toBeUndefined();
    const second = begin(
      begin(known, pipelineOf(SITE, MODEL), AT),
      pipelineOf(SITE, MODEL, { name: 'own', by: ['model'] }),
      20 * MINUTE,
    );
    expect(second.at(-1)).toMatchObject({ sinceMs: 20 * MINUTE, apartSinceMs: AT });
    const without = begin(begin(known, pipelineOf(SITE, MODEL), 5), pipelineOf(SITE), 6);
    expect(lackingOf('new', begin(without, pipelineOf(SITE, MODEL), AT)), 'gone meanwhile').toEqual({
      sinceMs: AT,
    });
  });
});
