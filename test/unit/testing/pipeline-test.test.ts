// `createPipelineTest`: what a user puts, lets pass and reads.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createAggregate } from '../../../consumers/aggregate/aggregate.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { kinesisEventRecord } from '../../../src/event-source/kinesis-record.ts';
import { DeadLetters } from '../../../src/stores/dead-letters.ts';
import { changeJson } from '../../../src/stores/item-json.ts';
import { MemoryTable } from '../../../src/stores/memory-table.ts';
import { SourceStates } from '../../../src/stores/source-states.ts';
import { TABLE_SCHEMAS } from '../../../src/stores/table-schemas.ts';
import { createPipelineTest } from '../../../src/testing/pipeline-test.ts';
import { changeEventRecord } from '../../../src/wire/change-event.ts';
import { eventLine, kinesisLine } from '../../../src/wire/recording-line.ts';
import type { DynamoDbEventRecord } from '../../../src/wire/stream-records.ts';
import { SHARD, sequenceOf } from '../../support/event-streams.ts';
import { kinesisRecord } from '../../support/kinesis-records.ts';
import { Observed } from '../../support/observed.ts';
import { shardsInMemory } from '../../support/shards-in-memory.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const T0 = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
const PIPELINE = {
  aggregations: [{ name: 'm', window: { tumbling: '60s' }, idleTimeout: '10m' }],
  rollups: [{ name: 'site', of: 'm', by: ['site'] }],
  alerts: [
    { name: 'hot', on: { aggregation: 'm' }, metric: 't', aggregate: 'max' as const, when: { above: 80 } },
    { name: 'gone', when: { absent: '30m' } },
  ],
};
const metric = (...values: number[]) => {
  const sum = values.reduce((a, b) => a + b, 0);
  return {
    count: values.length,
    sum,
    min: Math.min(...values),
    max: Math.max(...values),
    mean: sum / values.length,
  };
};

describe('what is put', () => {
  it('is handled, and read as plain rows in a fixed order', async () => {
    const test = createPipelineTest(PIPELINE);
    await test.put([
      { source: 'b', id: 1, time: T0, values: { t: 90 }, tags: { site: 'x' } },
      { source: 'a', id: 1, time: '2026-01-01T00:00:30Z', values: { t: 20 }, tags: { site: 'x' } },
      { source: 'a', id: 1, time: '2026-01-01T00:00:30Z', values: { t: 20 }, tags: { site: 'x' } },
      { source: 'b', id: 2, time: T0 + MINUTE, values: { t: 70 }, tags: { site: 'x' } },
    ]);
    expect(await test.windows()).toEqual([
      {
        aggregation: 'm',
        source: 'a',
        startMs: T0,
        endMs: T0 + MINUTE,
        final: false,
        events: 1,
        metrics: { t: metric(20) },
      },
      {
        aggregation: 'm',
        source: 'b',
        startMs: T0,
        endMs: T0 + MINUTE,
        final: true,
        events: 1,
        metrics: { t: metric(90) },
      },
      {
        aggregation: 'm',
        source: 'b',
        startMs: T0 + MINUTE,
        endMs: T0 + 2 * MINUTE,
        final: false,
        events: 1,
        metrics: { t: metric(70) },
      },
    ]);
    expect(await test.rollups()).toMatchObject([
      { rollup: 'site', values: ['x'], startMs: T0, final: false, events: 2, metrics: { t: metric(90, 20) } },
      { rollup: 'site', values: ['x'], startMs: T0 + MINUTE, final: false, events: 1 },
    ]);
    expect(await test.transitions({ rule: 'hot' })).toMatchObject([
      { id: 'hot/source|m|b/1', from: 'ok', to: 'firing', window: { value: 90 } },
    ]);
    expect(await test.alerts({ rule: 'hot' })).toMatchObject([
      { subject: { kind: 'source', source: 'b' }, status: 'firing', sequence: 1 },
    ]);
    expect(await test.ledger()).toEqual({ received: 4, applied: 3, duplicate: 1, late: 0, quarantined: 0 });
    expect(await test.ledger('a')).toEqual({
      received: 2,
      applied: 1,
      duplicate: 1,
      late: 0,
      quarantined: 0,
    });
    expect(await test.ledger('nobody')).toEqual({
      received: 0,
      applied: 0,
      duplicate: 0,
      late: 0,
      quarantined: 0,
    });
  });

  it('moves the clock along with the arrivals, and never back', async () => {
    const test = createPipelineTest(PIPELINE);
    await test.put({ source: 'a', time: T0 - MINUTE });
    expect(test.nowMs()).toBe(T0 - MINUTE);
    await test.put({ source: 'a', time: T0, arrivedAt: T0 + 5 }, { source: 'a', time: T0 + 1 });
    expect(test.nowMs()).toBe(T0 + 5);
    await test.advance('1h');
    await test.put({ source: 'b', time: T0 });
    expect(test.nowMs()).toBe(T0 + 5 + 60 * MINUTE);
    expect(await test.deadLetters()).toEqual([]);
  });

  it('may be records of any data, and what is no event is a dead letter', async () => {
    const test = createPipelineTest(PIPELINE);
    await test.put(
      { key: 'a', data: 'no JSON', arrivedAt: T0 },
      { key: 'a', data: [{ source: 'a', time: T0 }, { source: 'a' }] },
    );
    expect(await test.deadLetters()).toMatchObject([
      { source: undefined, reason: 'not-json', arrivalMs: T0, index: 0 },
      { source: 'a', reason: 'time', arrivalMs: T0, index: 1, body: '{"source":"a"}' },
    ]);
    expect(await test.deadLetters({ reason: 'time' })).toHaveLength(1);
    expect(await test.ledger()).toMatchObject({ received: 3, applied: 1, quarantined: 2 });
  });

  it("counts an event that its source quarantines once in the source's own books", async () => {
    const test = createPipelineTest(PIPELINE);
    const ahead = { source: 'a', time: T0 + 3_600_000, arrivedAt: T0 };
    await test.put({ source: 'a', time: T0, arrivedAt: T0 }, ahead, { source: 'a', arrivedAt: T0 });
    const books = { received: 3, applied: 1, duplicate: 0, late: 0, quarantined: 2 };
    expect(await test.ledger('a')).toEqual(books);
    expect(await test.ledger()).toEqual(books);
  });

  it.each([
    [
      'an unknown object',
      { name: 'a' },
      /^put: found an object with the keys .*"name".*, expected a telemetry event/,
    ],
    ['an arrival that is none', { source: 'a', time: 0, arrivedAt: Number.NaN }, /^put: arrivedAt: found/],
  ])('is refused where it is %s', async (_, input, message) => {
    await expect(createPipelineTest(PIPELINE).put(input)).rejects.toThrow(message);
  });
});

describe('recordings', () => {
  const events = [0, 1, 2].map((n) => ({
    raw: { source: 'a', id: n, time: T0 + n * MINUTE, values: { t: n } },
    arrivedAt: T0 + n * MINUTE + 7,
  }));

  async function fileWith(text: string): Promise<string> {
    const file = join(await temporaryFolder(), 'recording.ndjson.gz');
    await writeFile(file, gzipSync(text));
    return file;
  }

  it('of events go in as they arrived', async () => {
    const test = createPipelineTest(PIPELINE);
    await test.put(await fileWith(events.map(eventLine).join('')));
    expect(test.nowMs()).toBe(T0 + 2 * MINUTE + 7);
    expect(await test.ledger()).toMatchObject({ applied: 3 });
  });

  it('of Kinesis records keep shard, sequence number and arrival; records of a Lambda event go in as they are', async () => {
    const lines = events.map(({ raw, arrivedAt }, at) => {
      const data = Buffer.from(JSON.stringify(raw)).toString('base64');
      return kinesisLine({
        shard: SHARD,
        sequence: sequenceOf(at + 1),
        partitionKey: 'a',
        arrivalMs: arrivedAt,
        data,
      });
    });
    const test = createPipelineTest(PIPELINE);
    await test.put(await fileWith(lines.join('')));
    const record = kinesisEventRecord(
      {
        shard: SHARD,
        sequence: sequenceOf(9),
        partitionKey: 'a',
        arrivalMs: T0 + 3 * MINUTE,
        data: Buffer.from(JSON.stringify(events[1]?.raw)),
      },
      'arn:aws:kinesis:eu-west-1:123456789012:stream/telemetry',
    );
    await test.put({ ...record });
    expect(await test.ledger()).toEqual({ received: 4, applied: 3, duplicate: 1, late: 0, quarantined: 0 });
  });

  it('of DynamoDB are changes of the pipeline’s own tables, made here and told to their readers', async () => {
    const changes = await changesOfSources(events.map(({ raw }) => raw));
    const test = createPipelineTest(PIPELINE);
    await test.put(await fileWith(changes.map((change) => `${JSON.stringify(change)}\n`).join('')));
    const direct = createPipelineTest(PIPELINE);
    await direct.put(await fileWith(events.map(eventLine).join('')));
    expect(await test.windows()).toEqual(await direct.windows());
    expect(await test.rollups()).toEqual(await direct.rollups());
    expect(await test.ledger()).toEqual(await direct.ledger());
    expect(await test.rollups()).not.toEqual([]);
  });

  it('of tables of somebody else’s are refused', async () => {
    const record = {
      eventName: 'INSERT',
      dynamodb: { Keys: { pk: { S: 'a' } }, SequenceNumber: '1', ApproximateCreationDateTime: T0 / 1_000 },
    };
    await expect(createPipelineTest(PIPELINE).put(record)).rejects.toThrow(
      /change of a table with the key pk, expected one of source,/,
    );
  });
});

/** The changelog that the events leave, as Lambda would hand it over. */
async function changesOfSources(events: readonly object[]): Promise<readonly DynamoDbEventRecord[]> {
  const changes: DynamoDbEventRecord[] = [];
  const table = new MemoryTable(TABLE_SCHEMAS.sources, (change) => {
    const sequence = String(changes.length + 1);
    const arn = 'arn:aws:dynamodb:eu-west-1:123456789012:table/Sources/stream/2026';
    changes.push(changeEventRecord(changeJson(change), { sequence, atMs: T0 + changes.length, arn }));
  });
  const { log, meter } = new Observed();
  const deadLetters = new DeadLetters(new MemoryTable(TABLE_SCHEMAS.deadLetters));
  const states = new SourceStates(table);
  const aggregate = createAggregate({
    pipeline: parsePipeline(PIPELINE),
    states,
    deadLetters,
    shards: shardsInMemory(),
    log,
    meter,
    nowMs: () => T0,
  });
  for (const [at, event] of events.entries()) {
    await aggregate({
      Records: [
        kinesisRecord({
          shard: SHARD,
          sequence: sequenceOf(at + 1),
          arrivalMs: T0 + at * MINUTE + 7,
          data: event,
        }),
      ],
    });
  }
  return changes;
}

describe('time that passes', () => {
  it('closes what is silent, and fires for who is silent, each at the minute it is due', async () => {
    const test = createPipelineTest(PIPELINE);
    await test.put({ source: 'a', time: T0, values: { t: 1 } });
    await test.advance('10m');
    expect(await test.windows()).toMatchObject([{ final: false }]);
    await test.advance('1m');
    expect(await test.windows()).toMatchObject([{ final: true }]);
    expect(await test.transitions()).toEqual([]);
    await test.advance('1h');
    expect(await test.transitions()).toMatchObject([{ rule: 'gone', to: 'firing' }]);
    await test.put({ source: 'a', time: T0 + 2 * 3_600_000 });
    expect(await test.transitions()).toMatchObject([{ to: 'firing' }, { to: 'resolved' }]);
  });

  it.each([-1, '5 minutes', Number.NaN])('is refused where it is %j', async (duration) => {
    await expect(createPipelineTest(PIPELINE).advance(duration)).rejects.toThrow(
      /^advance: found .*, expected ms or a duration/,
    );
  });
});

it('another definition goes on with the state there is, and a wrong one changes nothing', async () => {
  const test = createPipelineTest(PIPELINE);
  await test.put({ source: 'a', time: T0 });
  await expect(test.deploy({ aggregations: [] })).rejects.toThrow(/^pipeline definition: aggregations/);
  await test.deploy({ aggregations: [...PIPELINE.aggregations, { name: 'h', window: { tumbling: '1h' } }] });
  await test.put({ source: 'a', time: T0 + 1 });
  await test.close();
  expect(await test.windows()).toMatchObject([
    { aggregation: 'h', events: 1, final: true },
    { aggregation: 'm', events: 2, final: true },
  ]);
});

it('a rollup by a tag that nobody had asked for says of windows that had begun that it does not know all of them', async () => {
  const rollups = [{ name: 'by-site', of: 'm', by: ['site'] }];
  const test = createPipelineTest({ ...PIPELINE, rollups });
  const tags = { site: 'quarry', model: 'x' };
  await test.put({ source: 'a', time: T0, tags });
  await test.advance('5s');
  await test.deploy({ ...PIPELINE, rollups: [...rollups, { name: 'by-model', of: 'm', by: ['model'] }] });
  // What `a` had sent is of one of its series, and nobody knows which.
  await test.put({ source: 'b', time: T0 + 10_000, tags });
  await test.advance('5s');
  // A clock may lead by five minutes: windows that begin before they are over may have had an event by then.
  await test.put({ source: 'b', time: T0 + 10 * MINUTE, tags });
  await test.close();
  const byModel = await test.rollups({ rollup: 'by-model' });
  expect(byModel.map(({ partial }) => partial !== undefined)).toEqual([true, false]);
  expect(byModel).toMatchObject([
    { values: ['x'], startMs: T0, events: 1, final: true, partial: { sinceMs: expect.any(Number) } },
    { values: ['x'], startMs: T0 + 10 * MINUTE, events: 1, final: true },
  ]);
  const bySite = await test.rollups({ rollup: 'by-site' });
  expect(bySite.map(({ events, partial }) => [events, partial])).toEqual([
    [2, undefined],
    [1, undefined],
  ]);
});
