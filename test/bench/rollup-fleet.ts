// One window of one rollup series that a whole fleet feeds: how large its items get, and what a source costs, as sources are added to
// it. The real function over tables in memory; changes are made as the stream of the sources table tells them.
import { createRollup } from '../../consumers/rollup/rollup.ts';
import type { ShardId } from '../../src/core/brands.ts';
import { foldEvents } from '../../src/core/fold.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import { emptySourceState } from '../../src/core/source-state.ts';
import { encodeState } from '../../src/core/state-encoding.ts';
import { SOURCES_TABLE, WINDOWS_TABLE } from '../../src/platform/names.ts';
import { DeadLetters } from '../../src/stores/dead-letters.ts';
import { MemoryTable } from '../../src/stores/memory-table.ts';
import { RollupBeginnings } from '../../src/stores/rollup-beginnings.ts';
import { bytes, bytesOf, number, text } from '../../src/stores/table.ts';
import { Windows } from '../../src/stores/windows.ts';
import type { DynamoDbEventRecord } from '../../src/wire/stream-records.ts';
import { changeRecord } from '../support/change-records.ts';
import { sequenceOf } from '../support/event-streams.ts';

const START_MS = 1_767_225_600_000;
const BATCH = 1_000;
const SILENT = { info: () => {}, warn: () => {}, error: () => {} };

export interface FleetStep {
  readonly sources: number;
  readonly items: number;
  readonly largestBytes: number;
  readonly writesPerSource: number;
  readonly microsPerSource: number;
}

/** Adds sources to one window, and says at each of `steps` how it stands. */
export async function* growFleet(steps: readonly number[]): AsyncIterable<FleetStep> {
  const pipeline = parsePipeline({
    aggregations: [{ name: 'minute', window: { tumbling: '60s' } }],
    rollups: [{ name: 'fleet', of: 'minute', by: ['site'] }],
  });
  const largest = new Map<string, number>();
  let writes = 0;
  const table = new MemoryTable(
    { partitionKey: WINDOWS_TABLE.partitionKey, sortKey: WINDOWS_TABLE.sortKey },
    ({ keys, newImage }) => {
      const state = newImage === undefined ? undefined : bytesOf(newImage, 'state');
      if (state === undefined) return;
      writes += 1;
      largest.set(JSON.stringify(keys), state.length);
    },
  );
  const rollup = createRollup({
    pipeline,
    windows: new Windows(table),
    beginnings: new RollupBeginnings(new MemoryTable({ partitionKey: 'series', sortKey: 'window' })),
    deadLetters: new DeadLetters(new MemoryTable({ partitionKey: 'record', sortKey: 'event' })),
    log: SILENT,
    meter: { publish: () => {} },
    nowMs: () => START_MS,
  });
  // Sources that did the same have the same state: it does not hold their names.
  const state = encodeState(
    foldEvents(
      emptySourceState('one', pipeline),
      {
        stream: 'arn:aws:kinesis:us-east-1:000000000000:stream/telemetry',
        shard: 'shardId-000000000000' as ShardId,
        events: [
          {
            source: 'one',
            id: undefined,
            type: 'reading',
            time: START_MS,
            values: { power: 7.25 },
            tags: { site: 'one' },
          },
        ],
        sequences: [sequenceOf(1)],
        indexes: [0],
        arrivalsMs: [START_MS],
        strays: undefined,
      },
      pipeline,
    ).state,
  );
  const changeOf = (at: number): DynamoDbEventRecord => {
    const source = `0b5e7c1a-0000-4000-8000-${String(at).padStart(12, '0')}`;
    const keys = { [SOURCES_TABLE.partitionKey]: text(source) };
    const newImage = {
      ...keys,
      [SOURCES_TABLE.version]: number(1),
      [SOURCES_TABLE.state]: bytes(state),
    };
    return changeRecord({ eventName: 'INSERT', keys, oldImage: undefined, newImage }, sequenceOf(at + 1));
  };
  let at = 0;
  for (const sources of steps) {
    const began = { at, writes, cpu: process.cpuUsage() };
    while (at < sources) {
      const length = Math.min(BATCH, sources - at);
      const Records = Array.from({ length }, (_, next) => changeOf(at + next));
      const { batchItemFailures } = await rollup({ Records });
      if (batchItemFailures.length > 0) throw new Error(`${batchItemFailures.length} changes failed`);
      at += length;
    }
    const { user, system } = process.cpuUsage(began.cpu);
    yield {
      sources,
      items: largest.size,
      largestBytes: Math.max(0, ...largest.values()),
      writesPerSource: (writes - began.writes) / (at - began.at),
      microsPerSource: (user + system) / (at - began.at),
    };
  }
}
