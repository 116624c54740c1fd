import { expect, test } from 'vitest';
import { dynamoDbEventRecord } from '../../../src/event-source/dynamodb-record.ts';
import type { ReadAnswer, StreamRecord, StreamSource } from '../../../src/event-source/ports.ts';
import { sequenceNumber, shardId } from '../../../src/event-source/stream-ids.ts';
import { CreationTimes } from '../../../src/local-stack/creation-times.ts';

const SHARD = shardId('shard');
/** 30 s into a minute. */
const BEGAN_MS = Date.UTC(2026, 0, 1, 0, 0, 30);
const MINUTE_MS = 60_000;

/** A stream that tells the minute in which a change was made, as DynamoDB Local does. */
class CutStream {
  nowMs = BEGAN_MS;
  readonly madeMs: number[] = [];
  readonly times = new CreationTimes(() => this.nowMs);
  readonly source = this.times.of({
    kind: 'dynamodb',
    arn: 'arn',
    listShards: async () => [],
    openIterator: async () => ({ kind: 'gone' }),
    read: async (_shard, iterator, limit) => this.#read(Number(iterator), limit),
  });

  make(count = 1): void {
    for (let one = 0; one < count; one += 1) this.madeMs.push(this.nowMs);
  }

  #read(from: number, limit: number): ReadAnswer {
    const records = this.madeMs.slice(from, from + limit).map((madeMs, at) => {
      const minuteMs = Math.floor(madeMs / MINUTE_MS) * MINUTE_MS;
      const SequenceNumber = String(1_000 + from + at);
      const change = { ApproximateCreationDateTime: new Date(minuteMs), SequenceNumber };
      const record = dynamoDbEventRecord({ eventName: 'INSERT', dynamodb: change }, 'arn');
      return { sequence: sequenceNumber(SequenceNumber), arrivalMs: minuteMs, record };
    });
    return { kind: 'records', records, next: String(from + records.length) };
  }
}

async function read(source: StreamSource, from: number, limit = 1_000): Promise<readonly StreamRecord[]> {
  const answer = await source.read(SHARD, String(from), limit);
  if (answer.kind !== 'records') throw new Error(`records, not ${answer.kind}`);
  return answer.records;
}

test('a change is told to the second once somebody waits for it, and never as later than it was made', async () => {
  const stream = new CutStream();
  const told: StreamRecord[] = [];
  for (let polls = 0; polls < 1_000; polls += 1) {
    told.push(...(await read(stream.source, told.length)));
    stream.nowMs += 200;
    if (polls % 7 === 0) stream.make(1 + (polls % 3));
    stream.nowMs += 150;
  }
  expect(told.length).toBeGreaterThan(200);
  for (const [at, { arrivalMs, record }] of told.entries()) {
    const madeMs = stream.madeMs[at] ?? 0;
    expect(arrivalMs % 1_000).toBe(0);
    expect(arrivalMs).toBeLessThanOrEqual(madeMs);
    // A poll and the second that is cut.
    expect(arrivalMs).toBeGreaterThan(madeMs - 350 - 1_000);
    expect(record).toMatchObject({ dynamodb: { ApproximateCreationDateTime: arrivalMs / 1_000 } });
  }
});

test('who reads a change again, or after others, is told the same', async () => {
  const stream = new CutStream();
  await read(stream.source, 0);
  stream.nowMs += 5_000;
  await read(stream.source, 0);
  stream.make(10);
  stream.nowMs += 20_000;
  const first = await read(stream.source, 0, 4);
  stream.nowMs += 20_000;
  const rest = await read(stream.source, 4);
  const other = stream.times.of(stream.source);
  expect(await read(other, 0)).toEqual([...first, ...rest]);
  expect([...first, ...rest].map(({ arrivalMs }) => arrivalMs)).toEqual(Array(10).fill(BEGAN_MS + 5_000));
});

test('of what was there before anybody read, the minute is all that is known', async () => {
  const stream = new CutStream();
  stream.make(3);
  stream.nowMs += 40_000;
  const told = await read(stream.source, 0);
  expect(told.map(({ arrivalMs }) => arrivalMs)).toEqual(Array(3).fill(BEGAN_MS - 30_000));
});
