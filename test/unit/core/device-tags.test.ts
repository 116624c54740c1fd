// Tags from a table of devices: beside an event's own, under one verdict an event, whatever becomes of the table.
import { describe, expect, test } from 'vitest';
import { decodeBatch } from '../../../consumers/aggregate/decode-batch.ts';
import { foldEvents } from '../../../src/core/fold.ts';
import type { PipelineDefinition } from '../../../src/core/pipeline/definition.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { emptySourceState } from '../../../src/core/source-state.ts';
import { decodeState, encodeState } from '../../../src/core/state-encoding.ts';
import { createPipelineTest } from '../../../src/testing/pipeline-test.ts';
import { SHARD, sequenceOf } from '../../support/event-streams.ts';
import { kinesisRecord } from '../../support/kinesis-records.ts';

const T0 = Date.UTC(2026, 2, 1, 8);

const definition = (devices: PipelineDefinition['devices']): PipelineDefinition => ({
  aggregations: [{ name: 'm', window: { tumbling: '1m' }, allowedLateness: '1h' }],
  rollups: [{ name: 'site', of: 'm', by: ['site'] }],
  ...(devices === undefined ? {} : { devices }),
});
const event = (seconds: number, more: object = {}) => ({
  source: 'd1',
  id: seconds,
  time: T0 + seconds * 1_000,
  values: { v: seconds },
  ...more,
});

async function sitesOf(test: ReturnType<typeof createPipelineTest>) {
  return (await test.rollups()).map(({ values, events }) => [...values, events]).sort();
}

describe('a table of devices', () => {
  test('gives events tags; what an event says itself counts first, and other sources have none', async () => {
    const test = createPipelineTest(definition([{ source: 'd1', site: 'north', model: 'x' }]));
    await test.put(event(1), event(2, { tags: { site: 'own' } }), event(3, { source: 'd2' }));
    await test.close();
    expect(await sitesOf(test)).toEqual([
      [null, 1],
      ['north', 1],
      ['own', 1],
    ]);
  });

  test('that changes gives its tags to events from then on; a record delivered again adds nothing', () => {
    const records = [1, 2, 3].map((seconds) =>
      kinesisRecord({
        shard: SHARD,
        sequence: sequenceOf(seconds),
        arrivalMs: T0 + 30_000,
        data: { ...event(seconds), id: undefined },
      }),
    );
    const [north, south] = ['north', 'south'].map((site) =>
      parsePipeline(definition([{ source: 'd1', site }])),
    );
    if (north === undefined || south === undefined) throw new Error('no pipelines');
    const deliver = (count: number, pipeline: typeof north, state = emptySourceState('d1', pipeline)) => {
      const batch = decodeBatch(records.slice(0, count), pipeline).bySource.get('d1');
      if (batch === undefined) throw new Error('no events');
      return foldEvents(state, batch, pipeline);
    };
    const before = encodeState(deliver(2, north).state);
    const { verdicts, state } = deliver(3, south, decodeState('d1', before, south));
    expect(verdicts).toEqual(['redelivered', 'redelivered', 'applied']);
    // The window is open still: what it holds keeps the tags it was counted with.
    const [window] = state.open[0]?.windows.values() ?? [];
    expect(window?.groups.map(({ tags, events }) => [...tags, events])).toEqual([
      ['north', 2],
      ['south', 1],
    ]);
  });

  test('leaves no event more tags than it may have', async () => {
    const own = Object.fromEntries(Array.from({ length: 15 }, (_, at) => [`t${at}`, 'x']));
    const test = createPipelineTest(definition([{ source: 'd1', site: 'north', model: 'y' }]));
    await test.put(event(1, { tags: own }));
    await test.close();
    expect(await sitesOf(test)).toEqual([['north', 1]]);
  });

  test.each<[string, unknown, string]>([
    [
      'a file that nobody has read',
      'devices.csv',
      'devices: found "devices.csv", expected at most 20000 rows',
    ],
    ['a row without a source', [{ site: 'n' }], 'devices[0]: source: found undefined, expected a text'],
    ['a source twice', [{ source: 'a' }, { source: 'a' }], 'devices[1]: source: found "a" a second time'],
    ['a number for a tag', [{ source: 'a', site: 5 }], 'devices[0]: "site": found 5, expected a name'],
    [
      'too many tags',
      [{ source: 'a', ...Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`t${at}`, 'x'])) }],
      'devices[0]: found 17 tags, expected at most 16',
    ],
  ])('is refused with %s', (_, devices, problem) => {
    expect(() => parsePipeline({ ...definition(undefined), devices })).toThrow(problem);
  });

  test('passes over empty cells', () => {
    const { devices } = parsePipeline(definition([{ source: 'a', site: '', model: 'x' }]));
    expect([...devices]).toEqual([['a', { model: 'x' }]]);
  });
});
