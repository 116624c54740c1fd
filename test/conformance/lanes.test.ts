// Rules 6, 14 and 35 of the event source mapping: a shard in several lanes by key.
import { describe, expect, test } from 'vitest';
import { createMemoryCheckpoints } from '../../src/event-source/memory-checkpoints.ts';
import type { CheckpointStore, InvokeOutcome, ShardCheckpoint } from '../../src/event-source/ports.ts';
import { MappingHarness, numbered, success, thrown } from '../support/mapping-harness.ts';

const KEYS = numbered('key', 12);
const LANES = { ParallelizationFactor: 4 };
const keyOf = (text: string) => text.split(':')[0] ?? '';

/** Puts `count` records a key, in turns. */
function putRounds(harness: MappingHarness, rounds: readonly string[]): readonly string[] {
  return rounds
    .flatMap((round) => KEYS.map((key) => `${key}:${round}`))
    .map((text) => {
      harness.put(text, keyOf(text));
      return text;
    });
}

/** What was handed over first of a key, in that order. */
function firstOf(harness: MappingHarness, key: string): readonly string[] {
  return [...new Set(harness.batches.flat().filter((text) => keyOf(text) === key))];
}

describe.each(['kinesis', 'dynamodb'] as const)('%s', (kind) => {
  test('rule 14: up to as many batches as lanes are under way at a time, each key in one of them', async () => {
    let underWay = 0;
    let most = 0;
    const harness = new MappingHarness({ kind, properties: { ...LANES, BatchSize: 3 } });
    harness.handler = async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await harness.clock.sleep(1_000);
      underWay -= 1;
      return success;
    };
    const put = putRounds(harness, ['1', '2', '3']);
    await harness.runToEnd();
    expect(most).toBe(4);
    expect(harness.batches.flat().sort()).toEqual([...put].sort());
    const laneOfKey = new Map<string, Set<number>>();
    for (const [index, { lane }] of harness.eventsOf('invoked').entries()) {
      for (const text of harness.batches[index] ?? []) {
        const lanes = laneOfKey.get(keyOf(text)) ?? new Set();
        laneOfKey.set(keyOf(text), lanes.add(lane));
      }
    }
    for (const key of KEYS) expect(firstOf(harness, key), key).toEqual([`${key}:1`, `${key}:2`, `${key}:3`]);
  });

  test('rule 14: with two shards there are twice as many lanes', async () => {
    const never = Promise.withResolvers<InvokeOutcome>();
    const harness = new MappingHarness({
      kind,
      shards: 2,
      properties: { ...LANES, BatchSize: 1 },
      handler: () => never.promise,
    });
    for (const key of numbered('k', 200)) harness.put(key, key);
    const mapping = harness.start();
    await harness.clock.advance(1_000);
    expect(harness.invocations).toHaveLength(8);
    await harness.clock.run(mapping.stop({ invocation: 'abandon' }));
  });

  test('rule 14, v12: lanes keep the order of every key while batches fail', async () => {
    const harness = new MappingHarness({
      kind,
      properties: { ...LANES, BatchSize: 4, BisectBatchOnFunctionError: true },
      handler: (_, index) => (index % 3 === 0 ? thrown : success),
    });
    putRounds(harness, numbered('', 8));
    await harness.runToEnd();
    for (const key of KEYS) expect(firstOf(harness, key)).toEqual(numbered(`${key}:`, 8));
  });

  test('rule 14: a failing batch holds up its own lane, and no other', async () => {
    const harness = new MappingHarness({
      kind,
      properties: LANES,
      handler: ({ texts }) => (texts.includes('key1:poison') ? thrown : success),
    });
    harness.put('key1:poison', 'key1');
    const mapping = harness.start();
    await harness.clock.advance(1_000);
    putRounds(harness, ['later']);
    await harness.clock.advance(2_000);
    const handed = harness.batches.flat();
    expect(handed).not.toContain('key1:later');
    expect(KEYS.filter((key) => handed.includes(`${key}:later`)).length).toBeGreaterThanOrEqual(6);
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
  });

  test('rule 14: by the other reading of the documents it holds up the shard', async () => {
    const harness = new MappingHarness({
      kind,
      properties: LANES,
      handler: ({ texts }, index) => (texts.includes('key1:poison') && index < 4 ? thrown : success),
      deps: { answers: { failingBatchBlocks: 'shard' } },
    });
    harness.put('key1:poison', 'key1');
    const mapping = harness.start();
    await harness.clock.advance(500);
    const put = putRounds(harness, ['later']);
    await harness.clock.advance(5_000);
    expect(new Set(harness.batches.flat())).toEqual(new Set(['key1:poison']));
    await harness.clock.run(mapping.caughtUp());
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    expect(new Set(harness.batches.flat())).toEqual(new Set(['key1:poison', ...put]));
  });

  test('rule 14: what waits for a blocked lane is bounded, and then the shard is not read any further', async () => {
    const harness = new MappingHarness({
      kind,
      properties: { ...LANES, BatchSize: 10 },
      handler: ({ texts }) => (texts.some((text) => text.startsWith('key1:')) ? thrown : success),
      deps: {
        answers: { laneBacklog: 20 },
        polling: { idlePollMs: 100, shardRefreshMs: 10_000, readLimit: 10 },
      },
    });
    harness.putAll(numbered('key1:', 100), 'key1');
    const mapping = harness.start();
    await harness.clock.advance(30_000);
    const read = harness.eventsOf('read').reduce((sum, { records }) => sum + records, 0);
    // ten in the failing batch, twenty that wait, and one read ahead
    expect(read).toBeLessThanOrEqual(40);
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
  });

  test('rule 14: siblings get only so far ahead of a blocked lane', async () => {
    const harness = new MappingHarness({
      kind,
      properties: { ...LANES, BatchSize: 10 },
      handler: ({ texts }) => (texts.includes('key1:poison') ? thrown : success),
      deps: {
        answers: { laneBacklog: 20 },
        polling: { idlePollMs: 100, shardRefreshMs: 10_000, readLimit: 10 },
      },
    });
    harness.put('key1:poison', 'key1');
    const other = KEYS.filter((key) => key !== 'key1');
    for (const n of numbered('', 50)) for (const key of other) harness.put(`${key}:${n}`, key);
    const mapping = harness.start();
    await harness.clock.advance(30_000);
    const read = harness.eventsOf('read').reduce((sum, { records }) => sum + records, 0);
    expect(read).toBeGreaterThan(60);
    expect(read).toBeLessThanOrEqual(4 * 20 + 10);
    harness.handler = () => success;
    await harness.clock.run(mapping.caughtUp());
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    expect(new Set(harness.batches.flat()).size).toBe(1 + 50 * other.length);
  });

  test('rule 6: lanes that were ahead repeat nothing after a restart; the blocked one goes on where it was', async () => {
    const { checkpoints, saved } = recorded();
    const harness = new MappingHarness({
      kind,
      properties: LANES,
      handler: ({ texts }) => (texts.includes('key1:poison') ? thrown : success),
      deps: { checkpoints },
    });
    harness.put('key1:poison', 'key1');
    const put = putRounds(harness, ['1', '2']);
    const mapping = harness.start();
    await harness.clock.advance(5_000);
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    // the checkpoint itself is not ahead of the record that is not handled
    expect(saved.at(-1)).toMatchObject({ sequence: undefined, lanes: { factor: 4 } });
    const handled = harness.invocations
      .filter(({ texts }) => !texts.includes('key1:poison'))
      .flatMap((i) => i.texts);
    harness.handler = () => success;
    const before = harness.invocations.length;
    await harness.runToEnd();
    const after = harness.batches.slice(before).flat();
    expect([...handled, ...after].sort()).toEqual(['key1:poison', ...put].sort());
    expect(saved.at(-1)).not.toHaveProperty('lanes');
  });

  test.each([1, 3, 10])(
    'rule 6: after a restart with %i lanes nothing is lost, and keys stay in order',
    async (factor) => {
      const harness = new MappingHarness({
        kind,
        properties: { ...LANES, BatchSize: 2 },
        handler: ({ texts }) => (texts.includes('key1:1') ? thrown : success),
      });
      const put = putRounds(harness, ['1', '2', '3']);
      const mapping = harness.start();
      await harness.clock.advance(5_000);
      await harness.clock.run(mapping.stop({ invocation: 'finish' }));
      harness.handler = () => success;
      const again = harness.start({ ParallelizationFactor: factor });
      await harness.clock.run(again.caughtUp());
      await harness.clock.run(again.stop({ invocation: 'finish' }));
      expect(new Set(harness.batches.flat())).toEqual(new Set(put));
      for (const key of KEYS) expect(firstOf(harness, key)).toEqual(numbered(`${key}:`, 3));
    },
  );

  test('rule 5 with 14: the children of a shard wait for all of its lanes', async () => {
    const harness = new MappingHarness({
      kind,
      properties: LANES,
      handler: ({ texts }, index) => (texts.includes('key1:parent') && index < 9 ? thrown : success),
    });
    putRounds(harness, ['parent']);
    const [parent] = (await harness.stream.listShards()).map(({ id }) => id);
    if (parent !== undefined) harness.stream.split(parent);
    putRounds(harness, ['child']);
    const mapping = harness.start();
    await harness.clock.advance(3_000);
    expect(harness.shardIds()).toEqual([parent]);
    await harness.clock.run(mapping.caughtUp());
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    for (const key of KEYS) expect(firstOf(harness, key)).toEqual([`${key}:parent`, `${key}:child`]);
  });

  test('section 1 with 14: each lane has a batching window and a payload limit of its own', async () => {
    const harness = new MappingHarness({
      kind,
      properties: { ...LANES, MaximumBatchingWindowInSeconds: 10, BatchSize: 8 },
    });
    const startMs = harness.clock.nowMs();
    harness.putAll(numbered('key1:', 8), 'key1');
    putRounds(harness, ['waits']);
    await harness.runToEnd();
    const [first, ...others] = harness.invocations;
    expect(first?.texts).toEqual(numbered('key1:', 8));
    expect(first?.atMs).toBe(startMs);
    expect(others.length).toBeGreaterThanOrEqual(3);
    for (const { atMs } of others) expect(atMs - startMs).toBe(10_000);
  });
});

function recorded(): { checkpoints: CheckpointStore; saved: ShardCheckpoint[] } {
  const memory = createMemoryCheckpoints();
  const saved: ShardCheckpoint[] = [];
  return {
    saved,
    checkpoints: {
      ...memory,
      save: async (mapping, shard, checkpoint) => {
        saved.push(checkpoint);
        return memory.save(mapping, shard, checkpoint);
      },
    },
  };
}
