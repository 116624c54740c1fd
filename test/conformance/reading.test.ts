// Section 2 of the event source mapping's rules: reading, lineage, checkpoints.
import { describe, expect, test } from 'vitest';
import { sequenceNumber, shardId } from '../../src/event-source/stream-ids.ts';
import { MappingHarness, numbered, success, thrown } from '../support/mapping-harness.ts';

describe.each(['kinesis', 'dynamodb'] as const)('%s', (kind) => {
  test('rule 1: a shard has one reader, which pauses only when a read finds nothing', async () => {
    const harness = new MappingHarness({ kind, properties: { BatchSize: 1_000 } });
    harness.putAll(numbered('r', 5_500));
    const mapping = harness.start();
    const startMs = harness.clock.nowMs();
    await harness.clock.settle();
    expect(harness.batches.map((texts) => texts.length)).toEqual([1_000, 1_000, 1_000, 1_000, 1_000, 500]);
    expect(harness.invocations.every(({ atMs }) => atMs === startMs)).toBe(true);
    const readsBefore = harness.eventsOf('read').length;
    await harness.clock.advance(1_000);
    expect(harness.eventsOf('read').length - readsBefore).toBe(10);
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    expect(harness.shardIds()).toHaveLength(1);
  });

  test('rule 4: empty reads are followed until the shard ends', async () => {
    let gaps = 5;
    const harness = new MappingHarness({
      kind,
      source: (stream) => ({
        kind: stream.kind,
        arn: stream.arn,
        listShards: () => stream.listShards(),
        openIterator: (shard, position) => stream.openIterator(shard, position),
        read: async (shard, iterator, limit) => {
          gaps -= 1;
          return gaps < 0
            ? stream.read(shard, iterator, limit)
            : { kind: 'records', records: [], next: iterator, millisBehindLatest: 60_000 };
        },
      }),
    });
    const { shard } = harness.put('a');
    harness.stream.close(shard);
    const mapping = harness.start();
    // behind the tip an empty answer is not "caught up"
    await harness.clock.run(mapping.caughtUp());
    expect(harness.batches).toEqual([['a']]);
    expect(harness.eventsOf('shard-drained')).toHaveLength(1);
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
  });

  test('rule 5, v10: after a split mid-stream no child is read before its parent is handled to its end', async () => {
    const harness = new MappingHarness({ kind, properties: { BatchSize: 3 } });
    const keys = numbered('key', 8);
    const before = keys.map((key) => harness.put(`${key}:before`, key));
    const parent = shardId('shardId-000000000000');
    const children = harness.stream.split(parent);
    for (const key of keys) harness.put(`${key}:after`, key);
    await harness.runToEnd();
    const texts = harness.batches.flat();
    expect(texts.slice(0, before.length)).toEqual(keys.map((key) => `${key}:before`));
    expect([...texts.slice(before.length)].sort()).toEqual(keys.map((key) => `${key}:after`).sort());
    const lineage = harness.events.flatMap((event) =>
      event.kind === 'shard-started' || event.kind === 'shard-drained'
        ? [`${event.kind} ${event.shard}`]
        : [],
    );
    expect(lineage).toEqual([
      `shard-started ${parent}`,
      `shard-drained ${parent}`,
      ...children.map((child) => `shard-started ${child}`),
    ]);
  });

  test('rule 5, v10: a child waits while its parent is retrying', async () => {
    const harness = new MappingHarness({
      kind,
      handler: ({ texts }, index) => (texts.includes('parent') && index < 6 ? thrown : success),
    });
    const { shard } = harness.put('parent');
    harness.stream.split(shard);
    harness.put('child');
    const mapping = harness.start();
    await harness.clock.advance(30_000);
    expect(harness.shardIds()).toEqual([shard]);
    await harness.clock.run(mapping.caughtUp());
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    expect(harness.batches.slice(-2)).toEqual([['parent'], ['child']]);
  });

  test('rule 5, v11: the child of a merge waits for both parents', async () => {
    const harness = new MappingHarness({ kind, shards: 2 });
    const keys = numbered('key', 20);
    const slow = harness.put('key1:slow', 'key1').shard;
    const quickKey = keys.find((key) => harness.put(`${key}:parent`, key).shard !== slow) ?? '';
    harness.handler = ({ texts }, index) =>
      texts.some((text) => text.endsWith('slow')) && index < 5 ? thrown : success;
    const [lower, upper] = [shardId('shardId-000000000000'), shardId('shardId-000000000001')];
    const child = harness.stream.merge(lower, upper);
    harness.put(`${quickKey}:child`, quickKey);
    const mapping = harness.start();
    await harness.clock.advance(5_000);
    // the quick parent is drained, and that is not enough
    expect(harness.eventsOf('shard-drained')).toHaveLength(1);
    expect(harness.shardIds()).not.toContain(child);
    await harness.clock.run(mapping.caughtUp());
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    expect(harness.batches.at(-1)).toEqual([`${quickKey}:child`]);
    expect(harness.shardIds().at(-1)).toBe(child);
  });

  test('rule 5: grandchildren wait for their parents, through splits and merges while records come', async () => {
    const harness = new MappingHarness({ kind, properties: { BatchSize: 4 } });
    const keys = numbered('key', 12);
    const mapping = harness.start();
    const first = shardId('shardId-000000000000');
    const putRound = (round: number) => {
      for (const key of keys) harness.put(`${key}:${round}`, key);
    };
    putRound(0);
    const [lower, upper] = harness.stream.split(first);
    putRound(1);
    await harness.clock.advance(50);
    const [middle, top] = harness.stream.split(upper);
    putRound(2);
    const joined = harness.stream.merge(lower, middle);
    putRound(3);
    await harness.clock.advance(150);
    harness.stream.merge(joined, top);
    putRound(4);
    await harness.clock.run(mapping.caughtUp());
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    const texts = harness.batches.flat();
    for (const key of keys) {
      const rounds = texts.filter((text) => text.startsWith(`${key}:`)).map((text) => text.split(':')[1]);
      expect(rounds, key).toEqual(['0', '1', '2', '3', '4']);
    }
  });

  test('rule 5: with LATEST a child that appears later is read from its start', async () => {
    const harness = new MappingHarness({ kind, properties: { StartingPosition: 'LATEST' } });
    const { shard } = harness.put('before the start');
    const mapping = harness.start();
    await harness.clock.run(mapping.caughtUp());
    harness.put('parent');
    harness.stream.split(shard);
    harness.put('child');
    await harness.clock.run(mapping.caughtUp());
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    expect(harness.batches).toEqual([['parent'], ['child']]);
  });

  test('rule 5: with LATEST shards closed before the start are not read', async () => {
    const harness = new MappingHarness({ kind, properties: { StartingPosition: 'LATEST' } });
    const { shard } = harness.put('old');
    harness.stream.split(shard);
    harness.put('old child');
    const mapping = harness.start();
    await harness.clock.run(mapping.caughtUp());
    harness.put('new');
    await harness.clock.run(mapping.caughtUp());
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    expect(harness.batches).toEqual([['new']]);
  });

  test('rule 5: a parent past retention does not hold its child up', async () => {
    const harness = new MappingHarness({ kind, retentionMs: 3_600_000 });
    const { shard } = harness.put('past retention');
    const [lower, upper] = harness.stream.split(shard);
    await harness.clock.advance(3_700_000);
    harness.put('child');
    expect((await harness.stream.listShards()).map(({ id }) => id)).toEqual([lower, upper]);
    await harness.runToEnd();
    expect(harness.batches).toEqual([['child']]);
  });

  test('rule 6, v7: a mapping disabled and enabled again goes on behind the last handled record', async () => {
    const harness = new MappingHarness({ kind });
    harness.putAll(['a', 'b']);
    await harness.runToEnd();
    harness.putAll(['c', 'd']);
    await harness.runToEnd();
    expect(harness.batches).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });

  test('rule 6: a LATEST mapping stopped before its first record misses nothing when it goes on', async () => {
    const harness = new MappingHarness({ kind, properties: { StartingPosition: 'LATEST' } });
    harness.put('before');
    await harness.clock.advance(1);
    await harness.runToEnd();
    harness.put('while stopped');
    await harness.runToEnd();
    expect(harness.batches).toEqual([['while stopped']]);
  });

  test('rule 6: another mapping of the stream has checkpoints of its own', async () => {
    const first = new MappingHarness({ kind });
    first.put('a');
    await first.runToEnd();
    const second = new MappingHarness({ kind, deps: { name: 'another', stream: first.stream } });
    await second.runToEnd();
    expect(second.batches).toEqual([['a']]);
  });

  test('rule 8: a batch has records of one shard, in sequence order', async () => {
    const harness = new MappingHarness({
      kind,
      shards: 4,
      properties: { MaximumBatchingWindowInSeconds: 1 },
    });
    const shardOf = new Map(
      numbered('k', 100).map((key) => {
        const { sequence, shard } = harness.put(key, key);
        return [String(sequence), shard];
      }),
    );
    await harness.runToEnd();
    expect(harness.batches).toHaveLength(4);
    for (const { sequences } of harness.invocations) {
      expect(new Set(sequences.map((sequence) => shardOf.get(sequence))).size).toBe(1);
      expect(sequences).toEqual([...sequences].sort());
    }
  });

  test('rule 9: arrival times that go backwards change no order', async () => {
    const harness = new MappingHarness({ kind, shards: 0 });
    const shard = shardId('recorded');
    harness.stream.addShard(shard);
    const source = new MappingHarness({ kind });
    const templates = source.putAll(['a', 'b', 'c']);
    await source.runToEnd();
    const records = source.invocations.flatMap(({ event }) => event.Records);
    for (const [index, record] of records.entries()) {
      const sequence = sequenceNumber(templates[index]?.sequence);
      harness.stream.append(shard, { sequence, arrivalMs: harness.clock.nowMs() - index * 1_000, record });
    }
    await harness.runToEnd();
    expect(harness.batches).toEqual([['a', 'b', 'c']]);
  });

  test('v9: TRIM_HORIZON delivers what was put before the mapping began', async () => {
    const harness = new MappingHarness({ kind, properties: { BatchSize: 10 } });
    harness.putAll(numbered('old', 30));
    await harness.clock.advance(60_000);
    harness.putAll(numbered('new', 5));
    await harness.runToEnd();
    expect(harness.batches.flat()).toEqual([...numbered('old', 30), ...numbered('new', 5)]);
    expect(harness.batches.map((texts) => texts.length)).toEqual([10, 10, 10, 5]);
  });
});

test('rule 3: an expired iterator is replaced behind the last record read', async () => {
  const harness = new MappingHarness({ handler: (_, index) => (index < 12 ? thrown : success) });
  harness.put('a');
  const mapping = harness.start();
  await harness.clock.advance(1_000);
  harness.put('b');
  await harness.clock.run(mapping.caughtUp());
  await harness.clock.run(mapping.stop({ invocation: 'finish' }));
  expect(harness.batches.slice(-2)).toEqual([['a'], ['b']]);
});

test('section 1: AT_TIMESTAMP begins at the first record that arrived then or later', async () => {
  const harness = new MappingHarness();
  harness.put('early');
  await harness.clock.advance(10_000);
  const { arrivalMs } = harness.put('then');
  harness.put('later');
  const mapping = harness.start({
    StartingPosition: 'AT_TIMESTAMP',
    StartingPositionTimestamp: arrivalMs / 1_000,
  });
  await harness.clock.run(mapping.caughtUp());
  await harness.clock.run(mapping.stop({ invocation: 'finish' }));
  expect(harness.batches.flat()).toEqual(['then', 'later']);
});
