// Rules 2, 3, 50 to 53 and 55 to 59 of the event source mapping's rules: what the streams themselves allow.
import { describe, expect, test } from 'vitest';
import {
  type EntryAnswer,
  KinesisWriter,
  type KinesisWriterOptions,
} from '../../src/event-source/kinesis-writer.ts';
import { lambdaPolling } from '../../src/event-source/lambda-polling.ts';
import { createChangelog } from '../../src/event-source/memory-changelog.ts';
import { MemoryStream } from '../../src/event-source/memory-stream.ts';
import type { StreamKind } from '../../src/event-source/ports.ts';
import { sequenceNumber, shardId } from '../../src/event-source/stream-ids.ts';
import { VirtualClock } from '../../src/event-source/virtual-clock.ts';
import { MappingHarness, numbered } from '../support/mapping-harness.ts';

const MIB = 1024 * 1024;
const FIRST = shardId('shardId-000000000000');

function openStream(kind: StreamKind, shards = 1) {
  const clock = new VirtualClock();
  const stream = new MemoryStream({ kind, clock, shards, readLimits: true });
  const read = async (iterator: string, limit = 10_000) => {
    const answer = await stream.read(FIRST, iterator, limit);
    return answer.kind === 'records' ? answer.records.length : answer;
  };
  const open = async () => {
    const opened = await stream.openIterator(FIRST, { at: 'trim-horizon' });
    return opened.kind === 'open' ? opened.iterator : '';
  };
  return { clock, stream, read, open };
}

describe('rule 1', () => {
  test.each([
    ['kinesis', 1],
    ['dynamodb', 4],
  ] as const)(
    'a %s shard at its tip is read %i times a second, and without a pause while records remain',
    async (kind, perSecond) => {
      const harness = new MappingHarness({
        kind,
        deps: { polling: { ...lambdaPolling(kind), readLimit: 10 } },
      });
      harness.putAll(numbered('r', 95));
      const mapping = harness.start();
      await harness.clock.settle();
      expect(harness.eventsOf('read').map(({ records }) => records)).toEqual([...Array(9).fill(10), 5, 0]);
      const before = harness.eventsOf('read').length;
      await harness.clock.advance(10_000);
      expect(harness.eventsOf('read').length - before).toBe(10 * perSecond);
      await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    },
  );
});

describe('rule 2', () => {
  test('a Kinesis shard is read five times a second, by all its readers together', async () => {
    const { clock, open, read } = openStream('kinesis');
    const iterators = [await open(), await open()];
    for (const index of [0, 1, 0, 1, 0]) expect(await read(iterators[index] ?? '')).toBe(0);
    expect(await read(iterators[1] ?? '')).toMatchObject({
      kind: 'unavailable',
      reason: expect.stringContaining('ProvisionedThroughputExceeded'),
    });
    await clock.advance(1_000);
    expect(await read(iterators[1] ?? '')).toBe(0);
  });

  test('it gives 2 MiB a second', async () => {
    const { clock, open, read, stream } = openStream('kinesis');
    for (const key of numbered('k', 3)) stream.putData(key, 'x'.repeat(MIB));
    const iterator = await open();
    expect(await read(iterator, 1)).toBe(1);
    expect(await read(iterator, 1)).toBe(1);
    expect(await read(iterator, 1)).toMatchObject({ kind: 'unavailable' });
    await clock.advance(1_000);
    expect(await read(iterator, 1)).toBe(1);
  });

  test('an answer holds 10,000 records or 10 MiB, and one of 10 MiB is paid for with five seconds', async () => {
    const { clock, open, read, stream } = openStream('kinesis');
    for (const key of numbered('k', 12)) stream.putData(key, 'x'.repeat(MIB - key.length));
    const iterator = await open();
    expect(await read(iterator)).toBe(10);
    await clock.advance(4_999);
    expect(await read(iterator)).toMatchObject({ kind: 'unavailable' });
    await clock.advance(1);
    expect(await read(iterator)).toBe(10);
    const many = openStream('kinesis');
    for (let index = 0; index < 10_005; index += 1) many.stream.putData('k', '');
    expect(await many.read(await many.open(), 20_000)).toBe(10_000);
  });

  test.each([
    [5, false],
    [6, true],
  ])('%i mappings that poll a shard each second: somebody waits: %s', async (mappings, waits) => {
    const deps = { polling: lambdaPolling('kinesis') };
    const first = new MappingHarness({ stream: { readLimits: true }, deps });
    const others = numbered('m', mappings - 1).map(
      (name) =>
        new MappingHarness({ source: () => first.stream, deps: { ...deps, name, clock: first.clock } }),
    );
    const running = [first, ...others].map((harness) => harness.start());
    await first.clock.advance(60_000);
    for (const mapping of running) await first.clock.run(mapping.stop({ invocation: 'finish' }));
    const refusals = [first, ...others].flatMap((harness) => harness.eventsOf('unavailable'));
    expect(refusals.length > 0).toBe(waits);
  });
});

describe('rule 3', () => {
  test.each([
    ['kinesis', 300_000],
    ['dynamodb', 900_000],
  ] as const)('an iterator of %s lives %i ms', async (kind, lifeMs) => {
    const { clock, open, read } = openStream(kind);
    const iterator = await open();
    await clock.advance(lifeMs);
    expect(await read(iterator)).toBe(0);
    await clock.advance(1);
    expect(await read(iterator)).toEqual({ kind: 'iterator-expired' });
  });

  test('a DynamoDB answer holds 1,000 records or 1 MiB, and a stream tells its shards ten times a second', async () => {
    const { clock, open, read, stream } = openStream('dynamodb');
    const changelog = createChangelog({ stream });
    for (const key of numbered('k', 1_005))
      changelog.put({ keys: { pk: { S: key } }, newImage: { pk: { S: key } } });
    expect(await read(await open(), 5_000)).toBe(1_000);
    const large = openStream('dynamodb');
    const pk = { S: 'k' };
    for (const n of numbered('', 4)) {
      createChangelog({ stream: large.stream }).put({
        keys: { pk },
        newImage: { pk, n: { S: n.repeat(400_000) } },
      });
    }
    expect(await large.read(await large.open())).toBe(2);
    for (let call = 0; call < 10; call += 1) await stream.listShards();
    await expect(stream.listShards()).rejects.toThrow('LimitExceededException');
    await clock.advance(1_000);
    expect(await stream.listShards()).toHaveLength(1);
  });

  test('past a day DynamoDB records are trimmed, and a mapping behind them goes on from the trim horizon', async () => {
    const harness = new MappingHarness({ kind: 'dynamodb', retentionMs: 86_400_000 });
    harness.put('a');
    await harness.runToEnd();
    harness.put('lost');
    await harness.clock.advance(86_400_001);
    harness.put('b');
    await harness.runToEnd();
    expect(harness.batches).toEqual([['a'], ['b']]);
    expect(harness.eventsOf('trimmed')).toHaveLength(1);
  });
});

describe('DynamoDB Streams', () => {
  test('rule 50: each change is in the stream once, in its item’s order', async () => {
    const harness = new MappingHarness({ kind: 'dynamodb', shards: 3 });
    for (const round of numbered('', 3)) {
      for (const key of numbered('item', 10)) harness.put(`${key}:${round}`, key);
    }
    await harness.runToEnd();
    const texts = harness.batches.flat();
    expect(texts).toHaveLength(30);
    for (const key of numbered('item', 10)) {
      expect(texts.filter((text) => text.startsWith(`${key}:`))).toEqual([
        `${key}:1`,
        `${key}:2`,
        `${key}:3`,
      ]);
    }
  });

  test('rule 52: a shard bears two readers at a time', async () => {
    const { clock, open, read } = openStream('dynamodb');
    const [first, second, third] = [await open(), await open(), await open()];
    expect([await read(first), await read(second)]).toEqual([0, 0]);
    expect(await read(third)).toMatchObject({
      kind: 'unavailable',
      reason: expect.stringContaining('reader'),
    });
    await clock.advance(500);
    expect([await read(first), await read(second)]).toEqual([0, 0]);
    // a reader that has left makes room
    await clock.advance(1_001);
    expect(await read(third)).toBe(0);
  });

  test('rules 51 and 5: partitions that split by themselves keep every item in order', async () => {
    const harness = new MappingHarness({ kind: 'dynamodb', stream: { readLimits: true } });
    const mapping = harness.start();
    let open = [FIRST];
    for (const round of numbered('', 4)) {
      for (const key of numbered('item', 8)) harness.put(`${key}:${round}`, key);
      if (open.length < 8) open = open.flatMap((shard) => harness.stream.split(shard));
      await harness.clock.advance(20_000);
    }
    await harness.clock.run(mapping.caughtUp());
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    for (const key of numbered('item', 8)) {
      const texts = harness.batches.flat().filter((text) => text.startsWith(`${key}:`));
      expect(texts).toEqual(numbered(`${key}:`, 4));
    }
  });

  test('rule 53: a write that changes nothing makes no record, and the view decides on the images', async () => {
    const clock = new VirtualClock();
    const keys = { pk: { S: 'k' } };
    const [oldImage, newImage] = [
      { ...keys, n: { N: '1' } },
      { ...keys, n: { N: '2' } },
    ];
    const imagesOf = async (view: 'KEYS_ONLY' | 'NEW_IMAGE' | 'OLD_IMAGE' | 'NEW_AND_OLD_IMAGES') => {
      const stream = new MemoryStream({ kind: 'dynamodb', clock, shards: 1 });
      const changelog = createChangelog({ stream, view });
      expect(changelog.put({ keys, oldImage, newImage: { ...oldImage } })).toBeUndefined();
      changelog.put({ keys, oldImage, newImage });
      const opened = await stream.openIterator(FIRST, { at: 'trim-horizon' });
      const answer = await stream.read(FIRST, opened.kind === 'open' ? opened.iterator : '', 10);
      const records = answer.kind === 'records' ? answer.records : [];
      expect(records).toHaveLength(1);
      return Object.keys(Object(Reflect.get(Object(records[0]?.record), 'dynamodb')))
        .filter((key) => /Image/.test(key))
        .sort();
    };
    expect(await imagesOf('KEYS_ONLY')).toEqual([]);
    expect(await imagesOf('NEW_IMAGE')).toEqual(['NewImage']);
    expect(await imagesOf('OLD_IMAGE')).toEqual(['OldImage']);
    expect(await imagesOf('NEW_AND_OLD_IMAGES')).toEqual(['NewImage', 'OldImage']);
  });

  test('rule 12: a removal by TTL says so', async () => {
    const harness = new MappingHarness({ kind: 'dynamodb' });
    const keys = { pk: { S: 'k' } };
    createChangelog({ stream: harness.stream }).put({ keys, oldImage: keys, byTtl: true });
    await harness.runToEnd();
    expect(harness.invocations[0]?.event.Records[0]).toMatchObject({
      eventName: 'REMOVE',
      eventVersion: '1.1',
      userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' },
    });
  });
});

describe('Kinesis writes', () => {
  const writer = (options: Partial<KinesisWriterOptions> & { shards?: number } = {}) => {
    const clock = new VirtualClock();
    const stream = new MemoryStream({ kind: 'kinesis', clock, shards: options.shards ?? 1 });
    let seed = 1;
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    return { clock, stream, kinesis: new KinesisWriter({ stream, clock, random, ...options }) };
  };
  const entries = (count: number, data: string | Uint8Array = 'x') =>
    numbered('k', count).map((partitionKey) => ({ partitionKey, data }));
  const refused = (answers: readonly EntryAnswer[]) => answers.filter((answer) => 'errorCode' in answer);

  test('rule 55: a shard takes 1,000 records a second', async () => {
    const { clock, kinesis } = writer();
    expect(refused([...kinesis.putRecords(entries(500)), ...kinesis.putRecords(entries(500))])).toEqual([]);
    expect(refused(kinesis.putRecords(entries(10)))).toHaveLength(10);
    await clock.advance(500);
    expect(refused(kinesis.putRecords(entries(500)))).toEqual([]);
    expect(() => kinesis.putRecord({ partitionKey: 'k', data: 'x' })).toThrow('Rate exceeded');
  });

  test('rule 55: a shard takes 1 MiB a second, and larger records where they are allowed from what has gathered', async () => {
    const { kinesis } = writer();
    expect(refused(kinesis.putRecords(entries(3, 'x'.repeat(400_000))))).toHaveLength(1);
    const large = writer({ maxRecordBytes: 10 * MIB });
    const record = { partitionKey: 'k', data: 'x'.repeat(9 * MIB) };
    large.kinesis.putRecord(record);
    expect(() => large.kinesis.putRecord(record)).toThrow('Rate exceeded');
    await large.clock.advance(9_000);
    expect(large.kinesis.putRecord(record).shardId).toBe(FIRST);
  });

  test('rule 55: what a request may be', () => {
    const { kinesis } = writer();
    expect(() => kinesis.putRecords(entries(501))).toThrow('found 501 records, expected 1 to 500');
    expect(() => kinesis.putRecords([])).toThrow('found 0 records');
    expect(() => kinesis.putRecords(entries(11, 'x'.repeat(MIB)))).toThrow(
      'bytes in a request, expected at most 10485760',
    );
    expect(() => kinesis.putRecords(entries(1, 'x'.repeat(MIB + 1)))).toThrow('expected at most 1048576');
    expect(() => kinesis.putRecord({ partitionKey: '', data: '' })).toThrow('partition key of 0 characters');
    expect(() => writer({ maxRecordBytes: 11 * MIB })).toThrow('found maxRecordBytes 11534336');
  });

  test('rule 56: answers stand where their entries stood, failures among them, and a retry gets a number of its own', async () => {
    const { kinesis, stream } = writer({ fails: ({ data }) => data === 'fails' });
    const answers = kinesis.putRecords([
      { partitionKey: 'a', data: '1' },
      { partitionKey: 'b', data: 'fails' },
      { partitionKey: 'c', data: '3' },
    ]);
    expect(answers.map((answer) => ('errorCode' in answer ? answer.errorCode : answer.shardId))).toEqual([
      FIRST,
      'InternalFailure',
      FIRST,
    ]);
    const again = kinesis.putRecord({ partitionKey: 'a', data: '1' });
    expect(answers[0]).not.toMatchObject({ sequenceNumber: again.sequenceNumber });
    expect(stream.newestSequence).toBe(again.sequenceNumber);
  });

  test('rule 56: the records of a request are in the stream in any order', () => {
    const { kinesis } = writer();
    const sequences = kinesis
      .putRecords(entries(20))
      .map((answer) => ('errorCode' in answer ? '' : answer.sequenceNumber));
    expect(new Set(sequences).size).toBe(20);
    expect(sequences).not.toEqual(sequences.toSorted());
  });

  test('rule 57: SequenceNumberForOrdering puts a record behind another', () => {
    const { kinesis } = writer();
    const first = kinesis.putRecord({ partitionKey: 'k', data: '1' });
    const second = kinesis.putRecord({
      partitionKey: 'k',
      data: '2',
      sequenceNumberForOrdering: first.sequenceNumber,
    });
    expect(second.sequenceNumber > first.sequenceNumber).toBe(true);
    const future = sequenceNumber(`${'9'.repeat(56)}`);
    expect(() =>
      kinesis.putRecord({ partitionKey: 'k', data: '3', sequenceNumberForOrdering: future }),
    ).toThrow('expected one of this stream');
  });

  test('rule 58: the key decides the shard, ExplicitHashKey overrides it, and AUTO distribution ignores both', () => {
    const { kinesis } = writer({ shards: 4 });
    const shardsOf = (given: KinesisWriter, explicit?: string) =>
      new Set(
        Array.from({ length: 40 }, () => {
          const entry = { partitionKey: 'k', data: '' };
          return given.putRecord(explicit === undefined ? entry : { ...entry, explicitHashKey: explicit })
            .shardId;
        }),
      );
    expect(shardsOf(kinesis).size).toBe(1);
    expect(shardsOf(kinesis, '0')).toEqual(new Set([FIRST]));
    expect(shardsOf(kinesis, String(2n ** 128n - 1n))).toEqual(new Set(['shardId-000000000003']));
    expect(() => shardsOf(kinesis, String(2n ** 128n))).toThrow('ExplicitHashKey');
    expect(shardsOf(writer({ shards: 4, distribution: 'auto' }).kinesis, '0').size).toBe(4);
  });

  test('rule 59: the number of shards is halved or doubled at most, ten times in 24 hours', async () => {
    const { clock, kinesis } = writer({ shards: 4 });
    expect(() => kinesis.updateShardCount(9)).toThrow('expected half to double of 4');
    expect(() => kinesis.updateShardCount(1)).toThrow('expected half to double of 4');
    for (let update = 0; update < 10; update += 1) kinesis.updateShardCount(update % 2 === 0 ? 8 : 4);
    expect(() => kinesis.updateShardCount(8)).toThrow('in 24 hours');
    await clock.advance(86_400_000);
    expect(kinesis.updateShardCount(8)).toHaveLength(8);
  });

  test('rules 59 and 5: short-lived shards appear on the way, and a mapping keeps every key in order through them', async () => {
    const harness = new MappingHarness({ shards: 4 });
    const kinesis = new KinesisWriter({ stream: harness.stream, clock: harness.clock, random: () => 0.5 });
    const mapping = harness.start();
    for (const target of [5, 3, 6, 4]) {
      for (const key of numbered('key', 12))
        kinesis.putRecord({ partitionKey: key, data: `${key}:${target}` });
      expect(kinesis.updateShardCount(target)).toHaveLength(target);
      await harness.clock.advance(150);
    }
    const all = await harness.stream.listShards();
    expect(all.length).toBeGreaterThan(4 + 5 + 3 + 6 + 4);
    await harness.clock.run(mapping.caughtUp());
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    for (const key of numbered('key', 12)) {
      const texts = harness.batches.flat().filter((text) => text.startsWith(`${key}:`));
      expect(texts).toEqual([5, 3, 6, 4].map((target) => `${key}:${target}`));
    }
  });
});
