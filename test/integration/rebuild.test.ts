// A rebuild on DynamoDB Local: a change and its mark are one transaction there, and what is untold is found by an index; and the commands
// beside a local run, whose buckets are its own.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import { GENERATION_TABLES } from '../../src/core/rebuild/generation-name.ts';
import { auditGeneration } from '../../src/rebuild/audit-generation.ts';
import { GenerationFold } from '../../src/rebuild/generation-fold.ts';
import { rebuildAll } from '../../src/rebuild/rebuild.ts';
import { FolderObjects } from '../../src/stores/archive/folder-objects.ts';
import { MemoryObjects } from '../../src/stores/archive/memory-objects.ts';
import type { GenerationTables } from '../../src/stores/generation-tables.ts';
import { Generations } from '../../src/stores/generations.ts';
import { MemoryTable } from '../../src/stores/memory-table.ts';
import type { Table } from '../../src/stores/table.ts';
import { TABLE_SCHEMAS } from '../../src/stores/table-schemas.ts';
import { archiveEvents } from '../support/archive-of-events.ts';
import { runHere } from '../support/command-here.ts';
import { type DynamoDbLocal, javaMissing, startDynamoDbLocal } from '../support/dynamodb-local.ts';
import { EndingTable, ProcessEnd } from '../support/ending-table.ts';
import { type FoundRun, localRun } from '../support/local-run.ts';
import { expectKilledThrice, rebuildByProcesses } from '../support/rebuild-by-processes.ts';
import { generationOf } from '../support/rebuilt-generation.ts';
import { storesOf, viewOf } from '../support/rebuilt-tables.ts';

const DEFINITION = {
  aggregations: [
    { name: 'per-minute', window: { tumbling: '60s' }, allowedLateness: '30s', idleTimeout: '1m' },
  ],
  rollups: [{ name: 'all', of: 'per-minute', by: [] }],
  alerts: [
    { name: 'high', on: { aggregation: 'per-minute' }, metric: 'v', aggregate: 'max', when: { above: 100 } },
    { name: 'all-high', on: { rollup: 'all' }, metric: 'v', aggregate: 'max', when: { above: 110 } },
  ],
};
const START_MS = Date.parse('2026-11-28T09:40:00Z');
const EVENTS = Array.from({ length: 120 }, (_, at) => ({
  source: `d${at % 4}`,
  time: START_MS + at * 30_000,
  values: { v: at },
}));
/** Into the next hour, each in a window of its own. */
const FEW = Array.from({ length: 24 }, (_, at) => ({
  source: `d${at % 4}`,
  time: START_MS + at * 100_000,
  values: { v: at },
}));
/** And some of them are told of. */
const LOUD = FEW.map((event, at) => ({ ...event, values: { v: at * 6 } }));

// In CI a missing Java is a failure, elsewhere a reason to skip.
const missing = process.env['CI'] === 'true' ? undefined : await javaMissing();

describe.skipIf(missing !== undefined)(
  `a rebuild on DynamoDB Local${missing === undefined ? '' : `: ${missing}`}`,
  () => {
    let server: DynamoDbLocal;
    beforeAll(async () => {
      server = await startDynamoDbLocal();
    });
    afterAll(async () => {
      await server.stop();
    });

    test('that was ended three times comes to what one in memory does', async () => {
      const archive = new MemoryObjects();
      await archiveEvents(archive, EVENTS, { shardOf: (at) => at % 2 });
      const expected = generationOf(archive, DEFINITION);
      await rebuildAll(expected.options);

      const made = new Map<string, Table>();
      for (const name of GENERATION_TABLES)
        made.set(name, (await server.makeTable(TABLE_SCHEMAS[name])).table);
      const noted = (await server.makeTable(TABLE_SCHEMAS.readers)).table;
      const worker = (calls: number | undefined) => {
        const end = new ProcessEnd({ calls, isDone: true });
        const table = (name: string) => new EndingTable(made.get(name) ?? noted, end);
        const tables: GenerationTables = {
          sources: table('sources'),
          windows: table('windows'),
          deadLetters: table('deadLetters'),
          alerts: table('alerts'),
          readers: table('readers'),
        };
        const fold = new GenerationFold({
          pipeline: parsePipeline(DEFINITION),
          tables,
          clock: { sleep: async () => {} },
          random: () => 0,
        });
        const generations = new Generations(new EndingTable(noted, end));
        return { tables, options: { ...expected.options, generations, fold, batchRecords: 7 } };
      };
      for (const calls of [40, 60, 90]) await expect(rebuildAll(worker(calls).options)).rejects.toThrow();
      const last = worker(undefined);
      await rebuildAll(last.options);
      const pipeline = parsePipeline(DEFINITION);
      expect(await viewOf(storesOf(last.tables), pipeline)).toEqual(await viewOf(expected.side, pipeline));
      expect((await auditGeneration(last.options, last.tables)).problems).toEqual([]);
    });

    test('by the stack’s task, a process that was killed three times, comes to what one in this process does', async () => {
      const { stream, archive, tables, execute, runTask, ended } = await rebuildByProcesses(
        server.endpoint,
        DEFINITION,
      );
      await archiveEvents(archive, LOUD, { stream, shardOf: (at) => at % 2 });
      const { options, side } = generationOf(archive, DEFINITION, stream);
      await rebuildAll(options);
      // And the same once more into the stack's own tables, which the task compares with.
      const { pipeline } = side;
      const fold = new GenerationFold({
        pipeline,
        tables: tables(),
        clock: { sleep: async () => {} },
        random: () => 0,
      });
      const generations = new Generations(new MemoryTable(TABLE_SCHEMAS.readers));
      await rebuildAll({ ...options, generations, fold });

      const input = { generation: 'second' };
      await expectKilledThrice({ execute, ended }, input);
      const output = await execute(input);
      expect(output).toMatchObject({
        report: {
          ...{ balanced: true, problems: [], differences: 0 },
          ...{ audit: { foldedRecords: LOUD.length, events: LOUD.length } },
        },
      });
      expect(ended.at(-1)?.stdout).toContain('"balanced":true');
      const rebuilt = await viewOf(storesOf(tables('second')), pipeline);
      expect(rebuilt).toEqual(await viewOf(side, pipeline));
      expect(rebuilt.rollups.size).toBeGreaterThan(0);
      expect(rebuilt.alerts.length).toBeGreaterThan(0);

      const unknown = { TIDEMILL_REBUILD_STEP: 'judge', TIDEMILL_REBUILD_REQUEST: '{"generation":"third"}' };
      expect(await runTask(unknown)).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^generation third: found none of this name.*\n$/),
      });
    });

    test('by commands: compared, switched to and back; a planted bug is found and not switched to, nor is half a generation', async () => {
      const run = await localRun(server);
      await lived(run);
      await archiveEvents(run.archive, FEW.slice(0, 22), { shardOf: (at) => at % 2 });
      const planted = new FolderObjects(join(run.cwd, 'planted'));
      const other = FEW.map((event, at) => (at === 22 ? { ...event, values: { v: 1_000 } } : event));
      await archiveEvents(planted, other, { shardOf: (at) => at % 2 });
      const cut = new FolderObjects(join(run.cwd, 'cut'));
      await archiveEvents(cut, FEW, { shardOf: (at) => at % 2 });
      const last = await cutShort(cut);

      const rebuild = async (...args: readonly string[]) => {
        const { code, stdout, stderr } = await runHere(['rebuild', ...args], run);
        return `${code} ${stdout}${stderr}`;
      };
      const readers = async () => (await rebuild('status')).split('\n')[0];
      const latest = async () => (await runHere(['windows', '--json'], run)).stdout;
      const live = await latest();
      expect(live).toContain('"max":23');

      const same = await rebuild('start', 'same', '--pipeline', 'p.json');
      expect(same).toMatch(/^0 records +22 folded, 22 named.*every record is accounted for\n$/s);
      // Devices go on: what is archived since is folded before readers are switched.
      await archiveEvents(run.archive, FEW, { shardOf: (at) => at % 2 });
      expect(await rebuild('diff', 'same', '--pipeline', 'p.json')).toMatch(/^0 .*not-in-archive/s);
      expect(await rebuild('switch', 'same', '--pipeline', 'p.json')).toBe(
        '0 readers now use same; before: first\n',
      );
      expect(await latest()).toBe(live);
      expect(await rebuild('status')).toMatch(/same .* 4 of 4 +24 +24\n/);
      expect(await rebuild('rollback')).toBe('0 readers now use first; before: same\n');

      await rebuild('start', 'planted', '--archive', 'planted', '--pipeline', 'p.json');
      expect(await rebuild('diff', 'planted', '--pipeline', 'p.json')).toMatch(/^1 .*unexplained/s);
      expect(await rebuild('switch', 'planted', '--pipeline', 'p.json')).toMatch(
        /^1 .*readers were not switched/s,
      );
      expect(await readers()).toMatch(/^0 readers use the stack’s own tables/);
      await rebuild('switch', 'planted', '--pipeline', 'p.json', '--force');
      expect(await latest()).toContain('"max":1000');
      expect(await rebuild('remove', 'planted')).toMatch(/^2 .*found that readers use it/s);
      await rebuild('rollback');
      expect(await latest()).toBe(live);
      expect(await rebuild('remove', 'planted')).toBe('0 planted is removed\n');

      const half = await rebuild('start', 'half', '--archive', 'cut', '--pipeline', 'p.json');
      expect(half).toMatch(/^1 .*found \d+ bytes that are not whole zstd data/s);
      expect(half).toContain(last);
      expect(await rebuild('switch', 'half', '--force')).toBe(half);
      expect(await readers()).toMatch(/^0 readers use the stack’s own tables/);
    });
  },
);

/** What the run itself has made of the events. */
async function lived({ cwd, tables }: FoundRun): Promise<void> {
  await writeFile(join(cwd, 'p.json'), JSON.stringify(DEFINITION));
  const archive = new MemoryObjects();
  await archiveEvents(archive, FEW, { shardOf: (at) => at % 2 });
  const { options } = generationOf(archive, DEFINITION);
  const pipeline = parsePipeline(DEFINITION);
  const clock = { sleep: async () => {} };
  await rebuildAll({ ...options, fold: new GenerationFold({ pipeline, tables, clock, random: () => 0 }) });
}

/** Cuts the last object of records. @returns its name */
async function cutShort(archive: FolderObjects): Promise<string> {
  const keys: string[] = [];
  for await (const { key } of archive.list('records/')) if (key.endsWith('.zst')) keys.push(key);
  const last = keys.at(-1) ?? '';
  const stored = await archive.get(last);
  await archive.put(last, (stored?.body ?? Buffer.alloc(0)).subarray(0, 60));
  return last;
}
