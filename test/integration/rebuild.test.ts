// A rebuild on DynamoDB Local: a change and its mark are one transaction there, and what is untold is found by an index.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import { GENERATION_TABLES } from '../../src/core/rebuild/generation-name.ts';
import { auditGeneration } from '../../src/rebuild/audit-generation.ts';
import { GenerationFold } from '../../src/rebuild/generation-fold.ts';
import { rebuildAll } from '../../src/rebuild/rebuild.ts';
import { MemoryObjects } from '../../src/stores/archive/memory-objects.ts';
import type { GenerationTables } from '../../src/stores/generation-tables.ts';
import { Generations } from '../../src/stores/generations.ts';
import type { Table } from '../../src/stores/table.ts';
import { TABLE_SCHEMAS } from '../../src/stores/table-schemas.ts';
import { archiveEvents } from '../support/archive-of-events.ts';
import { type DynamoDbLocal, javaMissing, startDynamoDbLocal } from '../support/dynamodb-local.ts';
import { EndingTable, ProcessEnd } from '../support/ending-table.ts';
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
  },
);
