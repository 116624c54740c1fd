// A pipeline deployed over another finds states and changes that the other wrote.
import { describe, expect, it } from 'vitest';
import { imbalance } from '../../../src/core/ledger.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { readLedger } from '../../../src/stores/read-ledger.ts';
import { ConsumerSystem } from '../../support/consumer-system.ts';
import { SHARD, sequenceOf } from '../../support/event-streams.ts';
import { kinesisRecord } from '../../support/kinesis-records.ts';
import { windowsView } from '../../support/system-view.ts';

const MINUTE = 60_000;
const pipelineOf = (name: string, size: string, lateness = '0s') =>
  parsePipeline({ aggregations: [{ name, window: { tumbling: size }, allowedLateness: lateness }] });

/** One record holding an event of source `a` at each time. */
function delivery(number: number, ...times: readonly number[]) {
  const sequence = sequenceOf(number);
  const data = times.map((time) => ({ source: 'a', time }));
  return { shard: SHARD, sequence, record: kinesisRecord({ sequence, data, arrivalMs: 60 * MINUTE }) };
}

/** The key of the last window there was before. */
const lastOf = (name: string) => `source|${name}|a ${MINUTE} ${2 * MINUTE}`;

describe('windows left open by an aggregation', () => {
  it.each([
    [
      'that is no more',
      'old',
      'new',
      [`source|new|a 0 ${5 * MINUTE}`, `source|old|a 0 ${MINUTE}`, lastOf('old')],
    ],
    [
      'that has another size now',
      'same',
      'same',
      [`source|same|a 0 ${5 * MINUTE}`, `source|same|a 0 ${MINUTE}`, lastOf('same')],
    ],
  ])(
    '%s are closed by the next write, and stored with those that close with them',
    async (_, then, now, keys) => {
      const before = new ConsumerSystem(pipelineOf(then, '1m', '1h'));
      await before.aggregateDeliverer([delivery(1, 1_000, 2_000, MINUTE)]).finish();

      const after = new ConsumerSystem(pipelineOf(now, '5m'), undefined, before.tables);
      await after.aggregateDeliverer([delivery(2, 3_000, 10 * MINUTE)]).finish();
      expect(after.tables.changes.sources).toHaveLength(2);
      await after.rollupDeliverer().finish();

      const windows = await windowsView(after, 'source');
      expect([...windows.keys()].sort()).toEqual(keys);
      expect(windows.get(`source|${now}|a 0 ${5 * MINUTE}`)).toMatchObject({ end: 5 * MINUTE, events: 1 });
      expect(windows.get(lastOf(then))).toMatchObject({ end: 2 * MINUTE, events: 1 });
      expect(imbalance(await readLedger(after.states, after.deadLetters))).toBe(0);
    },
  );
});
