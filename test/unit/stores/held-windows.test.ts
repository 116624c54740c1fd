import { describe, expect, it } from 'vitest';
import { snapshotOfSource } from '../../../consumers/subscribe/snapshot.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { LIVE_TABLE } from '../../../src/platform/names.ts';
import { indexOfHeld } from '../../../src/stores/held-windows.ts';
import { LiveConnections } from '../../../src/stores/live-connections.ts';
import { MemoryTable } from '../../../src/stores/memory-table.ts';
import { ConsumerSystem } from '../../support/consumer-system.ts';
import { SHARD, sequenceOf } from '../../support/event-streams.ts';
import { kinesisRecord } from '../../support/kinesis-records.ts';

const PIPELINE = parsePipeline({ aggregations: [{ name: 'sessions', window: { session: { gap: '10m' } } }] });

function recordsAt(...times: readonly number[]) {
  return times.map((time, at) => {
    const place = { shard: SHARD, sequence: sequenceOf(at) };
    const data = { source: 'a', time, values: { v: 1 } };
    return { ...place, record: kinesisRecord({ ...place, arrivalMs: 6_000_000, data }) };
  });
}

describe('a stored window', () => {
  const window = (start: number, end: number, series = 's') => ({ series, start, end });
  type Window = ReturnType<typeof window>;

  it.each<[string, Window[], Window, number]>([
    ['what was held with its ends', [window(0, 5), window(5, 10)], window(5, 10), 1],
    ['a session that went on before it closed', [window(0, 5)], window(0, 9), 0],
    ['the longest of those it may have been', [window(0, 5), window(0, 7), window(0, 6)], window(0, 9), 1],
    ['no session that begins with it and goes on', [window(0, 9)], window(0, 5), -1],
    ['none of another series', [window(0, 5, 'other')], window(0, 5), -1],
  ])('has been %s', (_, held, stored, index) => {
    expect(indexOfHeld(held, stored)).toBe(index);
  });
});

it('a session that goes on and closes between the two reads is one window of a snapshot', async () => {
  const system = new ConsumerSystem(PIPELINE);
  await system.aggregateDeliverer(recordsAt(0)).finish();
  const before = await system.states.load(['a']);
  await system.aggregateDeliverer(recordsAt(0, 5)).finish();
  await system.closeEverything();
  await system.rollupDeliverer().finish();
  const states = Object.assign(system.states, { load: async () => before });
  const liveTable = new MemoryTable({ partitionKey: LIVE_TABLE.partitionKey, sortKey: LIVE_TABLE.sortKey });
  const [message = ''] = await snapshotOfSource(
    'a',
    { id: 'i', round: 1, series: 'source/a', limit: 10 },
    { states, windows: system.windows, pipeline: PIPELINE, connections: new LiveConnections(liveTable) },
  );
  const { windows } = JSON.parse(message);
  expect(windows).toMatchObject([{ window: { startMs: 0, endMs: 600_005, final: true } }]);
});
