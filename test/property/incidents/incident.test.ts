// An incident plays as it was: from notes and records alone, whatever was cut, failed, came again or was cut off, every call and every item
// of every table is the same to the byte.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wire as wireAggregate } from '../../../consumers/aggregate/wire.ts';
import type { ArchivedLine } from '../../../src/core/archive/archived-object.ts';
import type { Pipeline } from '../../../src/core/pipeline/pipeline.ts';
import { memoryHost } from '../../../src/host/memory-host.ts';
import { noteRuns } from '../../../src/host/note-runs.ts';
import { itemText } from '../../../src/stores/item-mark.ts';
import { MemoryTable } from '../../../src/stores/memory-table.ts';
import type { Table } from '../../../src/stores/table.ts';
import { TABLE_SCHEMAS } from '../../../src/stores/table-schemas.ts';
import { IncidentTables } from '../../../src/testing/incident-tables.ts';
import { playIncident } from '../../../src/testing/play-incident.ts';
import { readIncident } from '../../../src/testing/read-incident.ts';
import { kinesisArchivedLine } from '../../../src/wire/archived-line.ts';
import { arbitraryFaults, arbitrarySteps } from '../../support/arbitrary-steps.ts';
import { arbitraryTelemetry, type Telemetry } from '../../support/arbitrary-telemetry.ts';
import { ConsumerSystem } from '../../support/consumer-system.ts';
import { arbitraryPipeline } from '../../support/event-streams.ts';
import { Faults } from '../../support/faults.ts';
import { runs } from '../../support/runs.ts';
import { noShards } from '../../support/shards-in-memory.ts';

fc.configureGlobal({ baseSize: 'medium' });

test('records and notes of runs play to the very tables', async () => {
  await fc.assert(
    fc.asyncProperty(
      arbitraryTelemetry({ reshards: true }),
      arbitraryPipeline,
      arbitrarySteps(['redeliver', 'stall', 'replace'], { containers: 3 }),
      arbitraryFaults,
      async (telemetry, pipeline, steps, draws) => {
        const notes: object[] = [];
        const system = new ConsumerSystem(pipeline, new Faults(draws));
        system.writeNote = (note) => notes.push(note);
        const deliverer = system.aggregateDeliverer(telemetry.deliveries);
        await deliverer.run(steps);
        system.faults.stop();
        await deliverer.finish();
        await system.closeEverything();

        const { sources, deadLetters } = system.tables;
        const tables = { sources, deadLetters, readers: system.readers };
        await expectPlaysTo({ telemetry, pipeline, notes, tables });
      },
    ),
    { numRuns: runs(50) },
  );
});

/** Which call of a table of an invocation is the last, and whether it is done; 0: none is. */
const arbitraryCuts = fc.array(
  fc.record({ length: fc.integer({ min: 1, max: 6 }), cutAt: fc.nat({ max: 4 }), isDone: fc.boolean() }),
  { maxLength: 25 },
);

test('so they do where containers are cut off in the midst of a call, done or not', async () => {
  await fc.assert(
    fc.asyncProperty(
      arbitraryTelemetry(),
      arbitraryPipeline,
      arbitraryCuts,
      async (telemetry, pipeline, cuts) => {
        const tables = emptyTables();
        const notes = await runCutOff({ telemetry, pipeline, cuts, tables });
        await expectPlaysTo({ telemetry, pipeline, notes, tables });
      },
    ),
    { numRuns: runs(50) },
  );
});

async function runCutOff({
  telemetry,
  pipeline,
  cuts,
  tables,
}: {
  readonly telemetry: Telemetry;
  readonly pipeline: Pipeline;
  readonly cuts: readonly { readonly length: number; readonly cutAt: number; readonly isDone: boolean }[];
  readonly tables: ReturnType<typeof emptyTables>;
}): Promise<readonly object[]> {
  const notes: object[] = [];
  let names = 0;
  const newName = () => String(names++);
  const start = () => {
    const cut = new CutOff();
    const { sources, deadLetters, readers } = tables;
    const host = memoryHost({
      pipeline,
      shards: noShards,
      setting: () => '',
      tables: { sources: cut.over(sources), deadLetters: cut.over(deadLetters), readers },
    });
    const write = (note: object) => notes.push(note);
    return { cut, handle: noteRuns('aggregate', host, (given) => wireAggregate(given), { write, newName }) };
  };
  let container = start();
  let at = 0;
  const rest = { length: 5, cutAt: 0, isDone: true };
  for (let step = 0; at < telemetry.deliveries.length; step += 1) {
    const { length, cutAt, isDone } = cuts[step] ?? rest;
    const Records = telemetry.deliveries.slice(at, at + length).map(({ record }) => record);
    const ended = container.cut.after(cutAt, isDone);
    const answer = await Promise.race([container.handle({ Records }, UNHURRIED), ended]);
    if (answer === 'cut off') container = start();
    else at += length;
  }
  return notes;
}

const UNHURRIED = { getRemainingTimeInMillis: () => 60_000 };

/** Calls of tables are answered until one that is not, whether done or not. */
class CutOff {
  #left = 0;
  #isDone = true;
  #end = Promise.withResolvers<'cut off'>();

  after(calls: number, isDone: boolean): Promise<'cut off'> {
    this.#left = calls === 0 ? Number.POSITIVE_INFINITY : calls;
    this.#isDone = isDone;
    this.#end = Promise.withResolvers();
    return this.#end.promise;
  }

  over(inner: Table): Table {
    const sent = <T>(send: () => Promise<T>) => this.#send(send);
    return {
      getMany: (keys) => sent(() => inner.getMany(keys)),
      commit: (writes) => sent(() => inner.commit(writes)),
      putMany: (items) => sent(() => inner.putMany(items)),
      deleteMany: (keys) => sent(() => inner.deleteMany(keys)),
      scanPage: (request) => sent(() => inner.scanPage(request)),
      query: (query) => inner.query(query),
      scan: () => inner.scan(),
    };
  }

  async #send<T>(send: () => Promise<T>): Promise<T> {
    this.#left -= 1;
    if (this.#left > 0) return await send();
    if (this.#left === 0 && this.#isDone) await send();
    this.#end.resolve('cut off');
    return await new Promise(() => {});
  }
}

async function expectPlaysTo({
  telemetry,
  pipeline,
  notes,
  tables,
}: {
  readonly telemetry: Telemetry;
  readonly pipeline: Pipeline;
  readonly notes: readonly object[];
  readonly tables: Record<'sources' | 'deadLetters' | 'readers', MemoryTable>;
}): Promise<void> {
  const text = [...recordLines(telemetry), ...notes.map((note) => JSON.stringify(note))].join('\n');
  const own = emptyTables();
  const played = await playIncident(readIncident(text, 'incident.ndjson'), {
    pipeline,
    tables: new IncidentTables(own),
    at: async () => {},
  });
  expect(played.deviation).toBeUndefined();
  for (const name of ['sources', 'deadLetters', 'readers'] as const)
    expect(await contents(own[name])).toEqual(await contents(tables[name]));
}

function emptyTables() {
  const { sources, deadLetters, readers } = TABLE_SCHEMAS;
  return {
    sources: new MemoryTable(sources),
    deadLetters: new MemoryTable(deadLetters),
    readers: new MemoryTable(readers),
  };
}

function recordLines({ deliveries }: Telemetry): readonly string[] {
  return deliveries.map(({ shard, record }) => {
    const { line }: ArchivedLine = kinesisArchivedLine(record);
    return JSON.stringify({ shard, ...JSON.parse(line) });
  });
}

async function contents(table: MemoryTable): Promise<readonly string[]> {
  const items: string[] = [];
  for await (const item of table.scan()) items.push(itemText(item));
  return items.sort();
}
