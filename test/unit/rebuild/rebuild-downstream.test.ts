// What is downstream is made anew of what the sources hold, where nothing told of a restore, or changes were lost.
import { describe, expect, it } from 'vitest';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { type DownstreamOptions, rebuildDownstream } from '../../../src/rebuild/rebuild-downstream.ts';
import { DeadLetters } from '../../../src/stores/dead-letters.ts';
import { RollupBeginnings } from '../../../src/stores/rollup-beginnings.ts';
import { RollupDirectory } from '../../../src/stores/rollup-directory.ts';
import { SourceStates } from '../../../src/stores/source-states.ts';
import { numberOf, text, textOf } from '../../../src/stores/table.ts';
import { Windows } from '../../../src/stores/windows.ts';
import { collect } from '../../support/collect.ts';
import { DEFINITION, RestoredSystem, START_MS, told } from '../../support/restored-system.ts';

/** `hears`: whether rollup goes on meanwhile. */
async function rebuild(system: RestoredSystem, options: DownstreamOptions = {}, hears = true) {
  const { sources, windows } = system.tables;
  return await rebuildDownstream(
    {
      pipeline: parsePipeline(DEFINITION),
      states: new SourceStates(sources),
      windows: new Windows(windows),
      beginnings: new RollupBeginnings(windows),
      directory: new RollupDirectory(system.readers),
      nowMs: () => system.nowMs,
      sleep: async (ms) => {
        system.nowMs += ms;
        if (hears) await system.rollup();
      },
      waitMs: 10_000,
    },
    options,
  );
}

async function all(system: RestoredSystem) {
  const [window] = await collect(
    new Windows(system.tables.windows).list('rollup|all|[]', { toMs: START_MS + 59_999 }),
  );
  if (window === undefined) return undefined;
  const { events, final, partial, metrics } = window;
  const value = metrics.find(({ name }) => name === 'v');
  return { events, final, partial, min: value?.min, max: value?.max };
}

async function namesIn({ tables }: RestoredSystem): Promise<readonly string[]> {
  const found = await collect(new Windows(tables.windows).list('rollup|all|[]', { toMs: START_MS + 59_999 }));
  return found.flatMap(({ metrics }) => metrics.map(({ name }) => name)).sort();
}

async function putBackTo({ tables }: RestoredSystem, source: string, version: number): Promise<void> {
  const then = tables.changes.sources
    .map(({ newImage = {} }) => newImage)
    .find((image) => numberOf(image, 'version') === version && textOf(image, 'source') === source);
  if (then === undefined) throw new Error(`${source} has no version ${version}`);
  await tables.sources.putMany([then]);
}

const LONG = 'a-source-with-a-long-name';

describe('rollups made anew', () => {
  it('hold what a state holds that was restored, and what the next change of it brings follows on that', async () => {
    const system = new RestoredSystem();
    await told(system, 'dev', 0, 10);
    await system.put(LONG, 3, { value: 30 });
    await system.rollup();
    await putBackTo(system, 'dev', 5);
    system.forgetChanges();
    expect(await all(system)).toMatchObject({ events: 11, max: 30 });
    const report = await rebuild(system);
    expect(report).toMatchObject({ remade: 2, partial: 0, added: 0, waiting: 0, failures: 0 });
    expect(await all(system)).toMatchObject({ events: 6, min: 0, max: 30, final: false });
    await told(system, 'dev', 40, 42);
    await system.close();
    expect(await system.rollup()).toEqual([]);
    expect(await all(system)).toEqual({ events: 8, min: 0, max: 41, final: true, partial: undefined });
  });

  it.each(['dev', LONG])('let go of a source that is there no more: %s', async (gone) => {
    const system = new RestoredSystem();
    await system.put(gone, 1, { value: 1_000 });
    await told(system, 'other', 0, 3);
    await system.rollup();
    system.tables.sources.remove({ source: text(gone) });
    system.forgetChanges();
    expect(await rebuild(system)).toMatchObject({ remade: 2, waiting: 0, failures: 0 });
    expect(await all(system)).toMatchObject({ events: 3, max: 2, final: false });
    await system.close();
    await system.rollup();
    expect(await all(system)).toMatchObject({ events: 3, max: 2, final: true });
  });

  it('hold what a source closed with last, though it was told to nobody', async () => {
    const system = new RestoredSystem();
    await told(system, 'dev', 0, 3);
    await system.rollup();
    await told(system, 'dev', 3, 5);
    await system.close();
    system.forgetChanges();
    expect(await rebuild(system)).toMatchObject({ stored: 1, remade: 2, partial: 0, failures: 0 });
    expect(await system.windows()).toMatchObject({ 'source|m|dev': ['final', 5, 10, 0, 4] });
    expect(await all(system)).toEqual({ events: 5, min: 0, max: 4, final: true, partial: undefined });
  });

  it('are partial where what a source closed with is stored nowhere', async () => {
    const system = new RestoredSystem();
    await told(system, 'dev', 0, 3);
    await system.rollup();
    await told(system, 'dev', 3, 5);
    // It closes the first window, and is written once more after that.
    for (const second of [4_000, 4_001]) await system.put('dev', second);
    system.forgetChanges();
    expect(await rebuild(system)).toMatchObject({ partial: 2, waiting: 0, failures: 0 });
    expect(await all(system)).toMatchObject({
      events: 3,
      final: false,
      partial: { sinceMs: expect.any(Number) },
    });
  });

  it('have parts again that were deleted, of open windows and of stored ones', async () => {
    const system = new RestoredSystem();
    await told(system, 'dev', 0, 3);
    await system.put('closed', 4);
    await system.put('closed', 4_000);
    await system.rollup();
    const { windows } = system.tables;
    for await (const item of windows.scan()) {
      const series = textOf(item, 'series') ?? '';
      if (series.startsWith('rollup|'))
        windows.remove({ series: text(series), window: text(textOf(item, 'window') ?? '') });
    }
    expect(await rebuild(system)).toMatchObject({ added: 6, remade: 0, failures: 0 });
    await system.close();
    expect(await system.rollup()).toEqual([]);
    expect(await all(system)).toMatchObject({ events: 4, min: 0, max: 4, final: true });
  });

  it('are left where they are right, and where changes are on their way', async () => {
    const system = new RestoredSystem();
    await told(system, 'dev', 0, 3);
    await system.put('other', 1);
    await system.rollup();
    await system.close();
    expect(await rebuild(system, {}, false)).toMatchObject({
      parts: 2,
      stored: 0,
      remade: 0,
      waiting: 4,
      failures: 0,
    });
    expect(await all(system)).toMatchObject({ events: 4, final: false });
    await system.rollup();
    expect(await rebuild(system)).toMatchObject({ parts: 2, remade: 0, added: 0, waiting: 0, failures: 0 });
    expect(await all(system)).toMatchObject({ events: 4, final: true });
  });

  it('come out the same when it was stopped and is run again', async () => {
    const system = new RestoredSystem();
    for (const second of [1, 61, 121]) await system.put('dev', second);
    await system.rollup();
    await putBackTo(system, 'dev', 1);
    system.forgetChanges();
    const stopped = rebuild(system, {
      onProgress: ({ moments }) => {
        if (moments === 1) throw new Error('stopped');
      },
    });
    await expect(stopped).rejects.toThrow('stopped');
    expect(await rebuild(system, { toMs: START_MS + 60_000 })).toMatchObject({ moments: 2, remade: 2 });
    expect(await rebuild(system)).toMatchObject({ moments: 3, remade: 0, added: 0 });
    const found = await collect(new Windows(system.tables.windows).list('rollup|all|[]'));
    expect(found.map(({ start, events }) => [start, events])).toEqual([[START_MS, 1]]);
  });

  it('have the value names again that a full part had no room for, once those who made names up are erased', async () => {
    const system = new RestoredSystem();
    const inventors = ['inventor-1', 'inventor-2', 'inventor-3'];
    for (const source of ['dev', ...inventors]) await system.put(source, 0);
    await system.rollup();
    const named = (by: string, from: number) =>
      Object.fromEntries(Array.from({ length: 64 }, (_, at) => [`${by}-${'x'.repeat(40)}${from + at}`, 1]));
    for (const source of inventors)
      for (let from = 0; from < 1_600; from += 64)
        await system.put(source, 1, { values: named(source, from) });
    await system.rollup();
    const lacking = named('dev', 0);
    await system.put('dev', 2, { values: lacking });
    await system.rollup();
    const letters = await collect(new DeadLetters(system.tables.deadLetters).list());
    expect(letters.some(({ source }) => source === 'dev')).toBe(true);
    expect(await namesIn(system)).not.toEqual(expect.arrayContaining(Object.keys(lacking)));
    // While they are there, there is no room for it.
    expect(await rebuild(system)).toMatchObject({ remade: 0, failures: 0 });
    for (const source of inventors) system.tables.sources.remove({ source: text(source) });
    system.forgetChanges();
    expect(await rebuild(system)).toMatchObject({ partial: 0, failures: 0 });
    expect(await namesIn(system)).toEqual([...Object.keys(lacking), 'v'].sort());
    await system.close();
    expect(await system.rollup()).toEqual([]);
    expect(await all(system)).toEqual({ events: 2, min: 0, max: 0, final: true, partial: undefined });
  });

  it('name what cannot be read, and go on', async () => {
    const system = new RestoredSystem();
    await told(system, 'dev', 0, 3);
    await system.put('other', 61);
    await system.rollup();
    const [item] = await system.tables.sources.getMany([{ source: text('dev') }]);
    await system.tables.sources.putMany([{ ...item, state: { B: new Uint8Array([250]) } }]);
    system.forgetChanges();
    const report = await rebuild(system);
    expect(report).toMatchObject({ moments: 2, remade: 0, failures: 2 });
    expect(report.failed[0]).toContain('the state of dev cannot be read');
  });
});
