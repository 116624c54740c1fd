// The first days of a recording of devices as a stream carried them, beside what the pipeline made of them and what `record` kept.
import { join } from 'node:path';
import { wire as wireRecord } from '../../consumers/record/wire.ts';
import type { SequenceNumber, ShardId } from '../../src/core/brands.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import { kinesisEventRecord } from '../../src/event-source/kinesis-record.ts';
import { memoryHost } from '../../src/host/memory-host.ts';
import { MemoryObjects } from '../../src/stores/archive/memory-objects.ts';
import type { Table } from '../../src/stores/table.ts';
import { PipelineRunner } from '../../src/testing/pipeline-runner.ts';
import { readRecording } from '../../src/wire/recordings.ts';
import type { CarriedRecord } from './arbitrary-rebuild.ts';
import { viewOf } from './rebuilt-tables.ts';

/** A definition that has something of everything to say of them. */
export const LORAWAN = {
  aggregations: [
    { name: 'ten-minutes', window: { tumbling: '10m' }, allowedLateness: '1h', idleTimeout: '10m' },
  ],
  rollups: [{ name: 'by-model', of: 'ten-minutes', by: ['model'] }],
  alerts: [
    {
      name: 'hot',
      on: { rollup: 'by-model' },
      metric: 'temperature',
      aggregate: 'max',
      when: { above: 20 },
    },
  ],
};

const EVENTS = 4_000;
const HOUR_MS = 3_600_000;
/** Between two there is room for the ticks that a runner puts. */
const FIRST = 49_700_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000n;

export async function recordedLorawan(folder: string): Promise<readonly CarriedRecord[]> {
  const carried: CarriedRecord[] = [];
  for await (const entry of readRecording(join(folder, 'lorawan.ndjson.gz'))) {
    if (entry.kind !== 'event' || entry.arrivedAt === undefined) continue;
    const { source, raw, arrivedAt } = entry;
    const at = carried.length;
    carried.push({
      shard: `shardId-00000000000${(source.codePointAt(source.length - 1) ?? 0) % 2}` as ShardId,
      sequence: String(FIRST + BigInt(at * 7)) as SequenceNumber,
      arrivalMs: arrivedAt,
      partitionKey: source,
      data: JSON.stringify(raw),
    });
    if (carried.length === EVENTS) break;
  }
  return carried;
}

/** Through the mapping and the functions, the closer at each hour's end; and beside it through `record`. */
export async function livedAndRecorded(carried: readonly CarriedRecord[], pipeline: Pipeline, arn: string) {
  const tables: Record<string, Table> = {};
  const runner = new PipelineRunner({
    pipeline,
    startMs: (carried[0]?.arrivalMs ?? 0) - HOUR_MS,
    batchSize: 100,
    table: (name, stored) => {
      tables[name] = stored;
      return stored;
    },
  });
  const archive = new MemoryObjects();
  const record = wireRecord(memoryHost({ pipeline, objects: () => archive }));
  const latestMs = Math.max(...carried.map(({ arrivalMs }) => arrivalMs));
  for (const [hour, records] of Map.groupBy(carried, ({ arrivalMs }) => Math.floor(arrivalMs / HOUR_MS))) {
    for (const { data, shard, sequence, ...each } of records)
      runner.put({ kind: 'record', ...each, data: Buffer.from(data), place: { shard, sequence } });
    await runner.caughtUp();
    await runner.close({ atMs: Math.min((hour + 1) * HOUR_MS, latestMs) });
    for (const own of Map.groupBy(records, ({ shard }) => shard).values())
      await record({
        Records: own.map(({ data, ...each }) =>
          kinesisEventRecord({ ...each, data: Buffer.from(data) }, arn),
        ),
      });
  }
  const view = await viewOf(runner, pipeline);
  await runner.stop();
  return { archive, tables, view };
}
