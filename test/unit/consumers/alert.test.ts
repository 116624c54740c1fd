import { describe, expect, it } from 'vitest';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { Alerts } from '../../../src/stores/alerts.ts';
import { AlertSystem } from '../../support/alert-system.ts';
import { SHARD, sequenceOf } from '../../support/event-streams.ts';
import { kinesisRecord } from '../../support/kinesis-records.ts';
import { collect } from '../../support/table-under-test.ts';

const PIPELINE = parsePipeline({
  aggregations: [{ name: 'a', window: { tumbling: '1s' }, aggregates: ['mean', 'last'] }],
  rollups: [{ name: 'by-site', of: 'a', by: ['site'], parts: 4 }],
  alerts: [
    { name: 'hot', on: { aggregation: 'a' }, metric: 'v', aggregate: 'max', when: { above: 80 } },
    {
      name: 'hot-north',
      on: { aggregation: 'a' },
      metric: 'v',
      aggregate: 'max',
      when: { above: 50 },
      filter: { tags: { site: ['north'] }, sources: ['s'] },
    },
    { name: 'hot-site', on: { rollup: 'by-site' }, metric: 'v', aggregate: 'mean', when: { above: 60 } },
    { name: 'latest', on: { last: 'a' }, metric: 'v', when: { above: 80 } },
  ],
});

async function run(events: readonly object[], batchLength = 100) {
  const system = new AlertSystem(PIPELINE);
  const deliveries = events.map((event, at) => {
    const sequence = sequenceOf(at);
    return {
      shard: SHARD,
      sequence,
      record: kinesisRecord({ shard: SHARD, sequence, arrivalMs: 0, data: event }),
    };
  });
  await system.fill(deliveries, batchLength);
  await system.sourcesDeliverer().finish();
  await system.windowsDeliverer().finish();
  await system.publishDeliverer().finish();
  return { system, ids: [...system.transitions().keys()] };
}

const eventOf = (source: string, second: number, v: number, site = 'north') => ({
  source,
  time: second * 1_000,
  values: { v },
  tags: { site },
});

describe('the consumer that alerts', () => {
  it('judges source windows, those of some tags, rollups over their parts, and last values', async () => {
    const events = [
      eventOf('s1', 0, 85),
      eventOf('s2', 0, 70),
      eventOf('t3', 0, 90, 'south'),
      eventOf('s1', 1, 10),
      eventOf('s2', 1, 10),
    ];
    const { ids } = await run(events, 1);
    expect(ids).toEqual([
      'hot-north/source|a|s1/1',
      'hot-north/source|a|s1/2',
      'hot-north/source|a|s2/1',
      'hot-north/source|a|s2/2',
      'hot-site/rollup|by-site|["north"]/1',
      'hot-site/rollup|by-site|["north"]/2',
      'hot-site/rollup|by-site|["south"]/1',
      'hot/source|a|s1/1',
      'hot/source|a|s1/2',
      'hot/source|a|t3/1',
      'latest/source|a|s1/1',
      'latest/source|a|s1/2',
      'latest/source|a|t3/1',
    ]);
  });

  it('writes nothing for windows that change nothing, and keeps no item for who is well', async () => {
    const events = Array.from({ length: 50 }, (_, second) => eventOf('t1', second, 20, 'south'));
    const { system } = await run(events, 5);
    const kept = await collect(new Alerts(system.tables.alerts).scan());
    // A rollup's windows may come in any order: how far they have come is kept.
    expect(kept.map(({ rule }) => rule)).toEqual(['hot-site']);
    expect(system.published).toEqual([]);
  });
});
