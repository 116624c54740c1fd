// A source's item is erased, or put back to what it was before: rollups come out as if it had always been so.
import { describe, expect, it } from 'vitest';
import { summarizeStored } from '../../../src/core/stored-window.ts';
import { numberOf, text, textOf } from '../../../src/stores/table.ts';
import { Windows } from '../../../src/stores/windows.ts';
import { collect } from '../../support/collect.ts';
import { RestoredSystem, START_MS, told } from '../../support/restored-system.ts';

const erase = async ({ tables }: RestoredSystem) => tables.sources.remove({ source: text('dev') });
const putBackTo =
  (version: number) =>
  async ({ tables }: RestoredSystem) => {
    const then = tables.changes.sources
      .map(({ newImage = {} }) => newImage)
      .find((image) => numberOf(image, 'version') === version && textOf(image, 'source') === 'dev');
    if (then !== undefined) await tables.sources.putMany([then]);
  };

describe('a source that is put back to what it was', () => {
  it.each([
    ['erased, as the changes tell', erase, true, [8, 108, 10, 17]],
    ['erased, untold', erase, false, [8, 108, 10, 17]],
    ['put back five writes, as the changes tell', putBackTo(5), true, [13, 118, 0, 17]],
    ['put back five writes, untold', putBackTo(5), false, [13, 118, 0, 17]],
  ])('counts in rollups as it stands: %s', async (_, undo, isTold, expected) => {
    const system = new RestoredSystem();
    await told(system, 'dev', 0, 10);
    await system.rollup();
    await undo(system);
    if (!isTold) system.forgetChanges();
    await told(system, 'dev', 10, 18);
    await system.rollup();
    await system.close();
    expect(await system.rollup()).toEqual([]);
    const whole = ['final', ...expected];
    expect(await system.windows()).toEqual({
      'source|m|dev': whole,
      'rollup|all|[]': whole,
      'rollup|by-site|["x"]': whole,
    });
    expect(await system.rollup(0)).toEqual([]);
    expect(await system.windows()).toMatchObject({ 'rollup|all|[]': whole });
  });

  it('is not what followed on it if its version is merely the next', async () => {
    const system = new RestoredSystem();
    await told(system, 'dev', 0, 10);
    await system.rollup();
    await putBackTo(5)(system);
    await system.put('dev', 20, { value: 200, site: 'y' });
    await system.rollup();
    await putBackTo(7)(system);
    await system.rollup();
    await told(system, 'dev', 11, 13);
    await system.close();
    expect(await system.rollup()).toEqual([]);
    const found = await system.windows();
    const whole = ['final', 9, 44, 0, 12];
    expect(found).toMatchObject({
      'source|m|dev': whole,
      'rollup|all|[]': whole,
      'rollup|by-site|["x"]': whole,
    });
    expect(found['rollup|by-site|["y"]']).toEqual(['final', undefined, undefined, undefined, undefined]);
  });

  it.each([true, false])(
    'leaves what others brought, whether theirs are closed or open (%s)',
    async (isClosed) => {
      const system = new RestoredSystem();
      await told(system, 'dev', 0, 10);
      await system.put('other', 3, { value: -7 });
      await system.put('a-source-with-a-long-name', 4, { value: 70, site: 'y' });
      // Closes its window.
      if (isClosed)
        for (const source of ['other', 'a-source-with-a-long-name']) await system.put(source, 4_000);
      await system.rollup();
      await putBackTo(5)(system);
      system.forgetChanges();
      await told(system, 'dev', 10, 12);
      await system.rollup();
      await system.close();
      expect(await system.rollup()).toEqual([]);
      const windows = new Windows(system.tables.windows);
      const [all] = await collect(windows.list('rollup|all|[]', { toMs: START_MS + 59_999 }));
      expect(all && summarizeStored(all)).toMatchObject({ final: true, events: 9 });
      expect(all && summarizeStored(all).metrics.get('v')).toMatchObject({
        count: 9,
        sum: 94,
        min: -7,
        max: 70,
      });
      const [x] = await collect(windows.list('rollup|by-site|["x"]', { toMs: START_MS + 59_999 }));
      expect(x && summarizeStored(x).metrics.get('v')).toMatchObject({ count: 8, sum: 24, min: -7, max: 11 });
    },
  );

  it('takes what it had open out of the rollups when it is erased, and they show it no more', async () => {
    const system = new RestoredSystem();
    await told(system, 'dev', 0, 3);
    await system.rollup();
    await erase(system);
    expect(await system.rollup()).toEqual([]);
    expect(await collect(new Windows(system.tables.windows).list('rollup|all|[]'))).toEqual([]);
    for (const to of [undefined, 1, 3]) {
      expect(await system.rollup(0, to)).toEqual([]);
      expect(await collect(new Windows(system.tables.windows).list('rollup|all|[]'))).toEqual([]);
    }
  });

  it('is not written over by a container that has another state of the same version', async () => {
    const system = new RestoredSystem();
    await told(system, 'dev', 0, 6);
    await putBackTo(5)(system);
    const item = system.item('dev');
    // Somebody else goes on from there, to the version that the container has in mind.
    if (item?.['version'] === undefined || item['check'] === undefined) throw new Error('no item');
    await system.tables.sources.putMany([{ ...item, version: { N: '6' } }]);
    await system.put('dev', 30);
    await system.close();
    await system.rollup();
    expect(await system.windows()).toMatchObject({ 'source|m|dev': ['final', 6, 40, 0, 30] });
  });
});
