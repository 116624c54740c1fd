// Sources whose items are erased or put back by hand: aggregate, rollup and close over tables in memory, each told what a test says.
import { expect } from 'vitest';
import { wire as wireAggregate } from '../../consumers/aggregate/wire.ts';
import { wire as wireClose } from '../../consumers/close/wire.ts';
import { wire as wireRollup } from '../../consumers/rollup/wire.ts';
import type { PipelineDefinition } from '../../src/core/pipeline/definition.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import { summarizeStored } from '../../src/core/stored-window.ts';
import { memoryHost } from '../../src/host/memory-host.ts';
import { SOURCES_TABLE } from '../../src/platform/names.ts';
import { MemoryTable } from '../../src/stores/memory-table.ts';
import { type Item, textOf } from '../../src/stores/table.ts';
import { TABLE_SCHEMAS } from '../../src/stores/table-schemas.ts';
import { Windows } from '../../src/stores/windows.ts';
import { changeRecord } from './change-records.ts';
import { collect } from './collect.ts';
import { sequenceOf } from './event-streams.ts';
import { kinesisRecord } from './kinesis-records.ts';
import { Observed } from './observed.ts';
import { noShards } from './shards-in-memory.ts';
import { StoredTables } from './stored-tables.ts';

export const START_MS = 1_700_000_040_000;
const IN_TIME = { getRemainingTimeInMillis: () => 60_000 };
export const DEFINITION: PipelineDefinition = {
  aggregations: [{ name: 'm', window: { tumbling: '60s' }, allowedLateness: '1h' }],
  rollups: [
    { name: 'all', of: 'm', by: [], parts: 1 },
    { name: 'by-site', of: 'm', by: ['site'], parts: 1 },
  ],
};

export class RestoredSystem {
  readonly tables = new StoredTables();
  nowMs = START_MS;
  readonly readers = new MemoryTable(TABLE_SCHEMAS.readers);
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
      tables: { sources, windows, deadLetters, readers: this.readers },
    });
    this.#aggregate = wireAggregate(host);
    this.#rollup = wireRollup(host);
    this.#close = wireClose(host);
  }

  async put(
    source: string,
    second: number,
    {
      value = second,
      site = 'x',
      values = { v: value },
    }: { value?: number; site?: string; values?: Readonly<Record<string, number>> } = {},
  ): Promise<void> {
    this.#number += 1;
    const time = START_MS + second * 1_000;
    const data = { source, id: this.#number, time, values, tags: { site } };
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

export async function told(system: RestoredSystem, source: string, from: number, to: number): Promise<void> {
  for (let second = from; second < to; second += 1) await system.put(source, second);
}
