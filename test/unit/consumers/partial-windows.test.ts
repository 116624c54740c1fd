// What a pipeline that changes under open windows leaves of them: parts that say so.
import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../../src/core/byte-writer.ts';
import type { PipelineDefinition } from '../../../src/core/pipeline/definition.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { decodeState } from '../../../src/core/state-encoding.ts';
import { writeTail } from '../../../src/core/state-tail.ts';
import { collect } from '../../support/collect.ts';
import { ConsumerSystem } from '../../support/consumer-system.ts';
import { SHARD, sequenceOf } from '../../support/event-streams.ts';
import { kinesisRecord } from '../../support/kinesis-records.ts';

const SECOND = 1_000;

function definition(changes: Partial<PipelineDefinition> = {}): PipelineDefinition {
  return { aggregations: [{ name: 'm', window: { tumbling: '60s' } }], ...changes };
}

/** One source's events in one record, which arrives with the last of them. */
function delivery(number: number, source: string, ...seconds: readonly number[]) {
  const sequence = sequenceOf(number);
  const data = seconds.map((at) => ({ source, time: at * SECOND, values: { v: 1 }, tags: { site: 'x' } }));
  const arrivalMs = Math.max(...seconds) * SECOND;
  return { shard: SHARD, sequence, record: kinesisRecord({ sequence, data, arrivalMs }) };
}

/** Deploys each pipeline in turn over the same tables, and has its part of the stream handled to the end. */
async function run(...steps: readonly (readonly [PipelineDefinition, ...ReturnType<typeof delivery>[]])[]) {
  let system: ConsumerSystem | undefined;
  for (const [pipeline, ...deliveries] of steps) {
    system = new ConsumerSystem(parsePipeline(pipeline), undefined, system?.tables);
    await system.aggregateDeliverer(deliveries).finish();
    await system.rollupDeliverer().finish();
  }
  if (system === undefined) throw new Error('nothing was deployed');
  const windows = await collect(system.windows.scan());
  const of = (series: string) =>
    windows
      .filter((window) => window.series === series)
      .sort((a, b) => a.start - b.start)
      .map(({ start, events, final, partial }) => [
        start / SECOND,
        events,
        final ? 'final' : 'open',
        partial,
      ]);
  return { of, system };
}

describe('a window that the pipeline was changed under', () => {
  it.each([
    ['another filter', { filter: { types: ['reading', 'alarm'] } }],
    ['other values', { values: ['v', 'w'] }],
  ])('says since when it counts, by %s; those that begin later do not', async (_, change) => {
    const after = definition({ aggregations: [{ name: 'm', window: { tumbling: '60s' }, ...change }] });
    const { of } = await run(
      [definition(), delivery(1, 'a', 10, 20)],
      [after, delivery(2, 'a', 30), delivery(3, 'a', 70, 130), delivery(4, 'b', 15, 65)],
    );
    expect(of('source|m|a')).toEqual([
      [0, 3, 'final', { sinceMs: 20 * SECOND }],
      [60, 1, 'final', undefined],
    ]);
    expect(of('source|m|b')).toEqual([[0, 1, 'final', undefined]]);
  });

  it('says until when it counted where its aggregation is gone, and since when the new one counts', async () => {
    const after = definition({ aggregations: [{ name: 'm', window: { tumbling: '30s' } }] });
    const { of } = await run(
      [definition(), delivery(1, 'a', 35)],
      [after, delivery(2, 'a', 40), delivery(3, 'a', 90)],
    );
    expect(of('source|m|a')).toEqual([
      [0, 1, 'final', { untilMs: 35 * SECOND }],
      [30, 1, 'final', { sinceMs: 35 * SECOND }],
    ]);
  });

  it('is whole by aggregates, lateness and rules of identity', async () => {
    const [one] = definition().aggregations;
    if (one === undefined) throw new Error('no aggregation');
    const after = definition({
      aggregations: [
        { ...one, aggregates: ['count', 'last', 'stddev'], allowedLateness: '5s', idleTimeout: '1m' },
      ],
      dedupe: { horizon: '1m', by: 'id+time' },
      maxClockSkew: '1m',
    });
    const { of } = await run(
      [definition(), delivery(1, 'a', 10)],
      [after, delivery(2, 'a', 20), delivery(3, 'a', 70)],
    );
    expect(of('source|m|a')).toEqual([[0, 2, 'final', undefined]]);
  });
});

describe('a rollup that is new', () => {
  const rolled = definition({ rollups: [{ name: 'all', of: 'm', by: [], parts: 1 }] });

  it('is whole from the beginning of a system on, however old what comes is', async () => {
    const { of } = await run([rolled, delivery(1, 'a', 10, 70), delivery(2, 'b', 15, 80)]);
    expect(of('rollup|all|[]')[0]).toEqual([0, 2, 'final', undefined]);
  });
});

describe('a rollup whose tags change to and fro', () => {
  const by = (tag: string) => definition({ rollups: [{ name: 'r', of: 'm', by: [tag], parts: 1 }] });

  it('counts no event of a window in two series', async () => {
    const { of } = await run(
      [by('site'), delivery(1, 'a', 10, 20)],
      [by('model'), delivery(2, 'a', 30)],
      [by('site'), delivery(3, 'a', 40), delivery(4, 'a', 70)],
    );
    expect(of('rollup|r|["x"]')[0]).toEqual([0, 3, 'final', { sinceMs: 30 * SECOND }]);
    expect(of('rollup|r|[null]')[0]).toEqual([0, 1, 'final', { sinceMs: 30 * SECOND }]);
  });
});

describe('what was closed', () => {
  it('stays closed after forty names and back', async () => {
    const named = (name: string) => definition({ aggregations: [{ name, window: { tumbling: '60s' } }] });
    const names = Array.from({ length: 40 }, (_, at) => `n${at}`);
    const { of, system } = await run(
      [named('m'), delivery(1, 'a', 10, 70)],
      ...names.map((name, at) => [named(name), delivery(2 + at, 'a', 71)] as const),
      [named('m'), delivery(90, 'a', 15), delivery(91, 'a', 130)],
    );
    expect(of('source|m|a')).toEqual([
      [0, 1, 'final', undefined],
      [60, 1, 'final', { untilMs: 70 * SECOND }],
    ]);
    const [state] = await system.states.load(['a']);
    expect(state?.state.length).toBeLessThan(1_000);
  });
});

describe('a state stored before it told parts', () => {
  it('is read as it was: nothing in it is a part', async () => {
    const pipeline = parsePipeline(definition());
    const { system } = await run([definition(), delivery(1, 'a', 10)]);
    const [stored] = await system.states.load(['a']);
    if (stored === undefined || typeof stored.state === 'string') throw new Error('no state is stored');
    const writer = new ByteWriter();
    writeTail(writer, decodeState('a', stored.state, pipeline));
    const earlier = stored.state.slice(0, -writer.finish().length);
    const { open, latestTime } = decodeState('a', earlier, pipeline);
    expect(open[0]?.windows.get(0)).toMatchObject({ start: 0, end: 60 * SECOND });
    expect(open[0]?.windows.get(0)?.partial).toBeUndefined();
    expect(latestTime).toBe(10 * SECOND);
  });
});
