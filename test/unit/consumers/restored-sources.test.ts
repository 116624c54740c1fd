// A source's item is erased, or put back to what it was before: rollups come out as if it had always been so.
import { describe, expect, it } from 'vitest';
import { wire as wireAggregate } from '../../../consumers/aggregate/wire.ts';
import { wire as wireClose } from '../../../consumers/close/wire.ts';
import { wire as wireRollup } from '../../../consumers/rollup/wire.ts';
import type { PipelineDefinition } from '../../../src/core/pipeline/definition.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { summarizeStored } from '../../../src/core/stored-window.ts';
import { memoryHost } from '../../../src/host/memory-host.ts';
import { SOURCES_TABLE } from '../../../src/platform/names.ts';
import { MemoryTable } from '../../../src/stores/memory-table.ts';
import { type Item, numberOf, text, textOf } from '../../../src/stores/table.ts';
import { TABLE_SCHEMAS } from '../../../src/stores/table-schemas.ts';
import { Windows } from '../../../src/stores/windows.ts';
import { changeRecord } from '../../support/change-records.ts';
import { collect } from '../../support/collect.ts';
import { sequenceOf } from '../../support/event-streams.ts';
import { kinesisRecord } from '../../support/kinesis-records.ts';
import { Observed } from '../../support/observed.ts';
import { noShards } from '../../support/shards-in-memory.ts';
import { StoredTables } from '../../support/stored-tables.ts';

const START_MS = 1_700_000_040_000;
const IN_TIME = { getRemainingTimeInMillis: () => 60_000 };
const DEFINITION: PipelineDefinition = {
  aggregations: [{ name: 'm', window: { tumbling: '60s' }, allowedLateness: '1h' }],
  rollups: [
    { name: 'all', of: 'm', by: [], parts: 1 },
    { name: 'by-site', of: 'm', by: ['site'], parts: 1 },
  ],
};

class RestoredSystem {
  readonly tables = new StoredTables();
  nowMs = START_MS;
  readonly #readers = new MemoryTable(TABLE_SCHEMAS.readers);
  readonly #aggregate;
  readonly #rollup;
  readonly #close;
  #number = 0;
  #told = 0;

  constructor() {
    const observed = new Observed();
    const { sources, windows, deadLetters } = this.tables;
    const host = memoryHost({
      pipeline: parsePipeline(DEFINITION),
      log: observed.log,
      meter: observed.meter,
      clock: { nowMs: () => this.nowMs, sleep: async () => {} },
      setting: () => '',
      shards: noShards,
      tables: { sources, windows, deadLetters, readers: this.#readers },
    });
    this.#aggregate = wireAggregate(host);
    this.#rollup = wireRollup(host);
    this.#close = wireClose(host);
  }

  async put(source: string, second: number, { value = second, site = 'x' } = {}): Promise<void> {
    this.#number += 1;
    const time = START_MS + second * 1_000;
    const data = { source, id: this.#number, time, values: { v: value }, tags: { site } };
    const sequence = sequenceOf(this.#number);
    const record = kinesisRecord({ sequence, data, arrivalMs: time });
    expect(await this.#aggregate({ Records: [record] })).toEqual({ batchItemFailures: [] });
  }

  /** Everything that has changed since; `from` and `to`: these changes once more. */
  async rollup(from = this.#told, to?: number): Promise<readonly string[]> {
    const { sources } = this.tables.changes;
    const Records = sources.slice(from, to).map((change, at) => changeRecord(change, sequenceOf(from + at)));
    this.#told = sources.length;
    return Records.length === 0
      ? []
      : (await this.#rollup({ Records })).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  }

  /** What has changed until now is told to nobody, as where a table is restored to another one. */
  forgetChanges(): void {
    this.#told = this.tables.changes.sources.length;
  }

  async close(): Promise<void> {
    await this.#close({ closeAll: true }, IN_TIME);
  }

  item(source: string): Item | undefined {
    const images = this.tables.changes.sources.filter(
      ({ keys }) => textOf(keys, SOURCES_TABLE.partitionKey) === source,
    );
    return images.at(-1)?.newImage;
  }

  async windows(): Promise<Record<string, unknown>> {
    const found = await collect(new Windows(this.tables.windows).scan());
    const listed = found
      .filter(({ part, marks }) => part === undefined || marks.size > 0)
      .map((window) => {
        const { count, sum, min, max } = summarizeStored(window).metrics.get('v') ?? {};
        return [window.series, [window.final ? 'final' : 'open', count, sum, min, max]] as const;
      });
    return Object.fromEntries(listed);
  }
}

async function told(system: RestoredSystem, source: string, from: number, to: number): Promise<void> {
  for (let second = from; second < to; second += 1) await system.put(source, second);
}

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
