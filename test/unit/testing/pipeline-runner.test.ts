// The pipeline in memory: what it hands its functions, and how it tells of one that goes on failing.
import { describe, expect, it, onTestFinished } from 'vitest';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { readLedger } from '../../../src/stores/read-ledger.ts';
import type { Table } from '../../../src/stores/table.ts';
import { PipelineRunner, type RunnerOptions } from '../../../src/testing/pipeline-runner.ts';
import { tableOver } from '../../support/table-over.ts';

const T0 = Date.UTC(2026, 0, 1);
const PIPELINE = parsePipeline({ aggregations: [{ name: 'm', window: { tumbling: '60s' } }] });

function startRunner(options: Partial<RunnerOptions>): PipelineRunner {
  const runner = new PipelineRunner({ pipeline: PIPELINE, startMs: T0, batchSize: 10, ...options });
  onTestFinished(() => runner.stop());
  return runner;
}

function putEvents(runner: PipelineRunner, count: number): void {
  for (let id = 0; id < count; id += 1) {
    const data = Buffer.from(JSON.stringify({ source: `s${id % 2}`, time: T0 + id, id }));
    runner.put({ kind: 'record', partitionKey: `s${id % 2}`, data, arrivalMs: T0 + id });
  }
}

/** What is read and committed of the sources, call by call. */
function recorded(): { readonly calls: string[]; readonly table: NonNullable<RunnerOptions['table']> } {
  const calls: string[] = [];
  const table = (name: string, stored: Table): Table =>
    name !== 'sources'
      ? stored
      : tableOver(stored, {
          getMany: (keys) => {
            calls.push(`reads ${keys.length}`);
            return stored.getMany(keys);
          },
          commit: (writes) => {
            calls.push(`writes ${writes.length}`);
            return stored.commit(writes);
          },
        });
  return { calls, table };
}

describe('batches', () => {
  it('hold as many records as said, one container staying warm', async () => {
    const { calls, table } = recorded();
    const runner = startRunner({ table, batchSize: 4 });
    putEvents(runner, 10);
    await runner.caughtUp();
    expect(calls).toEqual(['reads 2', 'writes 2', 'writes 2', 'writes 2']);
  });

  it('that are delivered twice go to another container, which finds everything done', async () => {
    const { calls, table } = recorded();
    const runner = startRunner({ table, batchSize: 10, deliveries: 2 });
    putEvents(runner, 10);
    await runner.caughtUp();
    expect(calls).toEqual(['reads 2', 'writes 2', 'reads 2']);
    expect(await readLedger(runner.states, runner.deadLetters)).toMatchObject({ received: 10, applied: 10 });
  });
});

it('a function that fails over and over is told with the reason, and nothing waits for ever', async () => {
  const broken = (_: string, stored: Table) =>
    tableOver(stored, { commit: () => Promise.reject(new Error('no such table')) });
  const runner = startRunner({ table: broken });
  putEvents(runner, 1);
  await expect(runner.caughtUp()).rejects.toThrow(/aggregate failed \d+ times in a row: .*no such table/);
});
