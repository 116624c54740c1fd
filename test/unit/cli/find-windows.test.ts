import { describe, expect, it } from 'vitest';
import { findWindows, type WindowQuery } from '../../../src/cli/find-windows.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { rollupSeries, sourceSeries } from '../../../src/core/series.ts';
import { ConsumerSystem } from '../../support/consumer-system.ts';
import { SHARD, sequenceOf } from '../../support/event-streams.ts';
import { kinesisRecord } from '../../support/kinesis-records.ts';

const MINUTE = 60_000;
const PIPELINE = parsePipeline({
  aggregations: [
    { name: 'per-minute', window: { tumbling: '1m' } },
    { name: 'sessions', window: { session: { gap: '10m' } } },
  ],
  rollups: [{ name: 'by-site', of: 'per-minute', by: ['site'] }],
});

/** Sources `a` and `b` send at these times; each per-minute window but the last has closed. */
async function systemOf(times: readonly number[], { rolledUp = true } = {}) {
  const system = new ConsumerSystem(PIPELINE);
  await system.aggregateDeliverer(recordsOf(times)).finish();
  if (rolledUp) await system.rollupDeliverer().finish();
  const find = async (query: Partial<WindowQuery>) => {
    const { windows, problems } = await findWindows(system, { limit: 100, ...query });
    expect(problems).toEqual([]);
    return windows.map(({ series, start, final, revision }) => [series, start, final, revision]);
  };
  return { system, find };
}

function recordsOf(times: readonly number[]) {
  const events = times.flatMap((time) => ['a', 'b'].map((source) => ({ source, time })));
  return events.map((event, at) => {
    const place = { shard: SHARD, sequence: sequenceOf(at) };
    const data = { ...event, values: { v: 1 }, tags: { site: 'n' } };
    return { ...place, record: kinesisRecord({ ...place, arrivalMs: 100 * MINUTE, data }) };
  });
}

const minuteOf = (source: string) => sourceSeries('per-minute', source);
const sessionOf = (source: string) => sourceSeries('sessions', source);
const SITE_N = rollupSeries('by-site', ['n']);

describe('the windows found', () => {
  it('are those closed, those open still, and rollups, the latest first', async () => {
    const { find } = await systemOf([0, 1, MINUTE]);
    expect(await find({})).toEqual([
      [SITE_N, MINUTE, false, 2],
      [minuteOf('a'), MINUTE, false, 1],
      [minuteOf('b'), MINUTE, false, 1],
      [SITE_N, 0, true, 4],
      [minuteOf('a'), 0, true, 2],
      [minuteOf('b'), 0, true, 2],
      [sessionOf('a'), 0, false, 3],
      [sessionOf('b'), 0, false, 3],
    ]);
  });

  it('of a source, an aggregation or both are no others', async () => {
    const { find } = await systemOf([0, 1, MINUTE]);
    expect(await find({ source: 'a' })).toEqual([
      [minuteOf('a'), MINUTE, false, 1],
      [minuteOf('a'), 0, true, 2],
      [sessionOf('a'), 0, false, 3],
    ]);
    expect(await find({ source: 'b', aggregation: 'per-minute' })).toEqual([
      [minuteOf('b'), MINUTE, false, 1],
      [minuteOf('b'), 0, true, 2],
    ]);
    expect(await find({ aggregation: 'sessions' })).toEqual([
      [sessionOf('a'), 0, false, 3],
      [sessionOf('b'), 0, false, 3],
    ]);
    expect(await find({ source: 'nobody' })).toEqual([]);
  });

  it('of a rollup are without the sources’ own', async () => {
    const { find } = await systemOf([0, MINUTE]);
    const rolledUp = [
      [SITE_N, MINUTE, false, 2],
      [SITE_N, 0, true, 2],
    ];
    expect(await find({ rollup: 'by-site' })).toEqual(rolledUp);
    expect(await find({ rollup: 'by-site', value: ['n'] })).toEqual(rolledUp);
    expect(await find({ rollup: 'by-site', value: ['s'] })).toEqual([]);
  });

  it('start between the times asked for, and are as many as asked for', async () => {
    const { find } = await systemOf([0, MINUTE, 2 * MINUTE]);
    expect(await find({ source: 'a', from: MINUTE, to: MINUTE })).toEqual([[minuteOf('a'), MINUTE, true, 1]]);
    expect(await find({ source: 'a', limit: 1 })).toEqual([[minuteOf('a'), 2 * MINUTE, false, 1]]);
  });

  it('that closed while they were looked for are the closed ones, also of a session that went on before', async () => {
    const { system } = await systemOf([0]);
    const before = await system.states.load(['a']);
    await system.aggregateDeliverer(recordsOf([0, 5])).finish();
    await system.closeEverything();
    await system.rollupDeliverer().finish();
    const states = { load: async () => before, scan: () => system.states.scan() };
    const { windows } = await findWindows(
      { windows: system.windows, states: Object.assign(system.states, states) },
      { source: 'a', limit: 10 },
    );
    expect(windows.map(({ series, end, final, revision }) => [series, end, final, revision])).toEqual([
      [minuteOf('a'), MINUTE, true, 2],
      [sessionOf('a'), 10 * MINUTE + 5, true, 2],
    ]);
  });

  it('are there, final, where a write has closed them and nobody has stored them yet', async () => {
    const { find } = await systemOf([0, MINUTE], { rolledUp: false });
    expect(await find({ source: 'a', aggregation: 'per-minute' })).toEqual([
      [minuteOf('a'), MINUTE, false, 1],
      [minuteOf('a'), 0, true, 1],
    ]);
  });

  it('are all but those of a state that cannot be read, which is named', async () => {
    const { system } = await systemOf([0]);
    await system.states.commit([
      { source: 'torn', expectedVersion: undefined, state: Uint8Array.of(99), closesAtMs: undefined },
    ]);
    const { windows, problems } = await findWindows(system, { limit: 100 });
    expect(windows).toHaveLength(5);
    expect(problems).toEqual([
      'source "torn", version 1: state of source "torn": found encoding version 99, expected 1, 2 or 3',
    ]);
  });
});
