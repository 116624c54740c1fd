import { describe, expect, test } from 'vitest';
import { createMemoryCheckpoints } from '../../../src/event-source/memory-checkpoints.ts';
import type { CheckpointStore, InvokeOutcome, StreamSource } from '../../../src/event-source/ports.ts';
import { failedItems, MappingHarness, numbered, success, thrown } from '../../support/mapping-harness.ts';

/** A stream whose server can be switched off. */
function switchable(state: { down: boolean }): (stream: StreamSource) => StreamSource {
  const refuse = () => {
    if (state.down) throw new Error('connect ECONNREFUSED');
  };
  return (stream) => ({
    kind: stream.kind,
    arn: stream.arn,
    listShards: async () => {
      refuse();
      return stream.listShards();
    },
    openIterator: async (shard, position) => {
      refuse();
      return stream.openIterator(shard, position);
    },
    read: async (shard, iterator, limit) => {
      refuse();
      return stream.read(shard, iterator, limit);
    },
  });
}

describe('a server that dies', () => {
  test('is reported and waited for, and nothing is lost or doubled', async () => {
    const server = { down: true };
    const harness = new MappingHarness({ source: switchable(server) });
    harness.put('a');
    const mapping = harness.start();
    await harness.clock.advance(60_000);
    server.down = false;
    await harness.clock.run(mapping.caughtUp());
    server.down = true;
    await harness.clock.advance(60_000);
    harness.put('b');
    server.down = false;
    await harness.clock.run(mapping.caughtUp());
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    expect(harness.batches).toEqual([['a'], ['b']]);
    const reasons = new Set(harness.eventsOf('unavailable').map(({ reason }) => reason));
    expect([...reasons]).toEqual(['Error: connect ECONNREFUSED']);
    // ever slower, yet never long
    const pauses = harness.eventsOf('unavailable').map(({ retryMs }) => retryMs);
    expect(pauses.slice(0, 7)).toEqual([200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  });

  test('does not keep a mapping from stopping', async () => {
    const harness = new MappingHarness({ source: switchable({ down: true }) });
    const mapping = harness.start();
    await harness.clock.advance(1_000);
    const beforeMs = harness.clock.nowMs();
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    expect(harness.clock.nowMs()).toBe(beforeMs);
  });

  test('a read that never answers does not keep a mapping from stopping', async () => {
    const never = Promise.withResolvers<never>();
    const harness = new MappingHarness({
      source: (stream) => ({ ...switchable({ down: false })(stream), read: () => never.promise }),
    });
    const mapping = harness.start();
    await harness.clock.settle();
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    expect(harness.batches).toEqual([]);
  });
});

describe('a shard with nothing new', () => {
  const polling = { idlePollMs: 50, longestIdlePollMs: 200, shardRefreshMs: 10_000, readLimit: 100 };

  test('is asked ever less often, down to a bound, and as before once there is something', async () => {
    const harness = new MappingHarness({ deps: { polling } });
    const mapping = harness.start();
    const readsIn = async (ms: number) => {
      const before = harness.eventsOf('read').length;
      await harness.clock.advance(ms);
      return harness.eventsOf('read').length - before;
    };
    // At 0, 50, 150, 350, and each 200 ms from then on.
    expect(await readsIn(340)).toBe(3);
    expect(await readsIn(2_000)).toBe(10);
    harness.put('a');
    // Every 200 ms would be 5.
    expect(await readsIn(1_000)).toBeGreaterThan(6);
    expect(harness.batches).toEqual([['a']]);
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
  });

  test('does not keep those waiting who ask whether all is handled', async () => {
    const harness = new MappingHarness({ deps: { polling } });
    const mapping = harness.start();
    await harness.clock.advance(5_000);
    harness.put('a');
    const beforeMs = harness.clock.nowMs();
    await harness.clock.run(mapping.caughtUp());
    expect(harness.clock.nowMs()).toBe(beforeMs);
    expect(harness.batches).toEqual([['a']]);
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
  });
});

describe('LATEST', () => {
  test('an iterator that expires before the first record is replaced without losing what came meanwhile', async () => {
    const server = { down: false };
    const harness = new MappingHarness({
      properties: { StartingPosition: 'LATEST' },
      source: switchable(server),
    });
    harness.put('old');
    await harness.clock.advance(1);
    const mapping = harness.start();
    await harness.clock.run(mapping.caughtUp());
    server.down = true;
    harness.put('new');
    await harness.clock.advance(400_000);
    server.down = false;
    await harness.clock.run(mapping.caughtUp());
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    expect(harness.batches).toEqual([['new']]);
  });
});

describe('a shard that leaves the stream', () => {
  test('before it was read to its end, its gathered records are handed over and its child is read', async () => {
    const harness = new MappingHarness({
      retentionMs: 200_000,
      properties: { MaximumBatchingWindowInSeconds: 300 },
    });
    const server = { down: false };
    const mapping = new MappingHarness({
      properties: { MaximumBatchingWindowInSeconds: 300 },
      source: () => switchable(server)(harness.stream),
    });
    const { shard } = harness.put('parent');
    const running = mapping.start();
    await mapping.clock.advance(1_000);
    server.down = true;
    harness.stream.split(shard);
    harness.put('child');
    await harness.clock.advance(200_001);
    harness.put('late child');
    server.down = false;
    await mapping.clock.run(running.caughtUp());
    await mapping.clock.run(running.stop({ invocation: 'finish' }));
    expect(mapping.batches).toEqual([['parent'], ['late child']]);
    expect(mapping.eventsOf('shard-gone')).toHaveLength(1);
  });
});

describe('caught up', () => {
  test('is not said on the word of a read that was under way when the question was asked', async () => {
    const harness: MappingHarness = new MappingHarness({
      source: (stream) => ({
        ...switchable({ down: false })(stream),
        // what is found is found at once, and told late
        read: async (shard, iterator, limit) => {
          const answer = await stream.read(shard, iterator, limit);
          await harness.clock.sleep(1_000);
          return answer;
        },
      }),
    });
    const shard = harness.put('a').shard;
    const mapping = harness.start();
    await harness.clock.run(mapping.caughtUp());
    await harness.clock.advance(500);
    expect(harness.put('b').shard).toBe(shard);
    await harness.clock.run(mapping.caughtUp());
    expect(harness.batches).toEqual([['a'], ['b']]);
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
  });
});

describe('stopping', () => {
  test('in a back-off pause takes no time', async () => {
    const harness = new MappingHarness({ handler: () => thrown });
    harness.put('poison');
    const mapping = harness.start();
    await harness.clock.advance(100_000);
    const beforeMs = harness.clock.nowMs();
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    expect(harness.clock.nowMs()).toBe(beforeMs);
  });

  test('waits for the invocation that runs, and checkpoints it', async () => {
    const harness = new MappingHarness({ properties: { BatchSize: 1 } });
    harness.handler = async () => {
      await harness.clock.sleep(5_000);
      return success;
    };
    harness.putAll(['a', 'b']);
    const mapping = harness.start();
    await harness.clock.advance(1_000);
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    expect(harness.batches).toEqual([['a']]);
    await harness.runToEnd();
    expect(harness.batches).toEqual([['a'], ['b']]);
  });

  test('waiting for an invocation can be given up by stopping again', async () => {
    const never = Promise.withResolvers<InvokeOutcome>();
    const harness = new MappingHarness({ handler: () => never.promise });
    harness.put('a');
    const mapping = harness.start();
    await harness.clock.settle();
    void mapping.stop({ invocation: 'finish' });
    await harness.clock.advance(1_000);
    await harness.clock.run(mapping.stop({ invocation: 'abandon' }));
    expect(harness.eventsOf('checkpointed')).toEqual([]);
  });

  test('answers who waits for it to catch up', async () => {
    const harness = new MappingHarness({ handler: () => thrown });
    harness.put('poison');
    const mapping = harness.start();
    const caughtUp = mapping.caughtUp();
    await harness.clock.advance(10_000);
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    expect(await caughtUp).toBe('stopped');
    expect(await mapping.caughtUp()).toBe('stopped');
  });
});

describe('checkpoints', () => {
  test('a save that fails is tried again before anything else is delivered', async () => {
    const memory = createMemoryCheckpoints();
    let refusals = 3;
    const checkpoints: CheckpointStore = {
      ...memory,
      save: async (...saving) => {
        refusals -= 1;
        if (refusals >= 0) throw new Error('ENOSPC');
        return memory.save(...saving);
      },
    };
    const harness = new MappingHarness({ properties: { BatchSize: 1 }, deps: { checkpoints } });
    harness.putAll(['a', 'b']);
    await harness.runToEnd();
    expect(harness.batches).toEqual([['a'], ['b']]);
    expect(harness.eventsOf('unavailable').map(({ what }) => what)).toEqual(Array(3).fill('checkpoints'));
    const [first, second] = harness.invocations.map(({ atMs }) => atMs);
    expect((second ?? 0) - (first ?? 0)).toBe(200 + 400 + 800);
  });

  test('that cannot be read end the mapping with their error', async () => {
    const checkpoints: CheckpointStore = {
      ...createMemoryCheckpoints(),
      load: () => Promise.reject(new Error('unreadable checkpoints')),
    };
    const harness = new MappingHarness({ deps: { checkpoints } });
    const mapping = harness.start();
    const caughtUp = mapping.caughtUp();
    await expect(mapping.done).rejects.toThrow('unreadable checkpoints');
    expect(await caughtUp).toBe('stopped');
  });
});

describe('the destination', () => {
  test('that refuses is tried again, then the batch is lost, reported, and processing goes on', async () => {
    const harness = new MappingHarness({
      properties: { MaximumRetryAttempts: 0, BatchSize: 1 },
      handler: ({ texts }) => (texts.includes('poison') ? thrown : success),
      deps: { destination: { deliver: () => Promise.reject(new Error('NoSuchBucket')) } },
    });
    harness.putAll(['poison', 'next']);
    await harness.runToEnd();
    expect(harness.batches).toEqual([['poison'], ['next']]);
    const failures = harness.eventsOf('unavailable');
    expect(failures.map(({ what }) => what)).toEqual(Array(5).fill('destination'));
    expect(failures.at(-1)?.retryMs).toBeUndefined();
  });

  test('hears of a discarded batch before the checkpoint passes it', async () => {
    const order: string[] = [];
    const memory = createMemoryCheckpoints();
    const harness = new MappingHarness({
      properties: { MaximumRetryAttempts: 0 },
      handler: () => thrown,
      deps: {
        destination: { deliver: async () => void order.push('delivered') },
        checkpoints: {
          ...memory,
          save: async (...saving) => {
            order.push('saved');
            return memory.save(...saving);
          },
        },
      },
    });
    harness.put('poison');
    await harness.runToEnd();
    expect(order).toEqual(['delivered', 'saved']);
  });
});

test('partial progress restarts the back-off, not the budget', async () => {
  const harness = new MappingHarness({
    properties: { FunctionResponseTypes: ['ReportBatchItemFailures'], MaximumRetryAttempts: 10 },
    handler: ({ sequences }) => (sequences.length > 1 ? failedItems(sequences[1]) : success),
  });
  harness.putAll(numbered('r', 5));
  await harness.runToEnd();
  const times = harness.invocations.map(({ atMs }) => atMs);
  expect(times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0))).toEqual([
    1_000, 1_000, 1_000, 1_000,
  ]);
});

test('the lag is the age of the last record handled', async () => {
  const harness = new MappingHarness();
  harness.handler = async () => {
    await harness.clock.sleep(700);
    return success;
  };
  harness.put('a');
  await harness.clock.advance(2_000);
  await harness.runToEnd();
  expect(harness.eventsOf('checkpointed').map(({ lagMs }) => lagMs)).toEqual([2_700]);
});

test('a mapping is behind by the age of the oldest record it has not handled, and not at all once there is none', async () => {
  const harness = new MappingHarness();
  const mapping = harness.start();
  await harness.clock.advance(5_000);
  expect(mapping.behindMs()).toBe(0);
  harness.put('a');
  await harness.clock.advance(10_000);
  harness.put('b');
  await harness.clock.advance(30_000);
  expect(mapping.behindMs()).toBe(0);
  harness.handler = () => {
    throw new Error('no');
  };
  harness.put('c');
  await harness.clock.advance(10_000);
  harness.put('d');
  await harness.clock.advance(30_000);
  expect(mapping.behindMs()).toBe(40_000);
  harness.handler = () => success;
  await harness.clock.run(mapping.caughtUp());
  await harness.clock.advance(60_000);
  expect(mapping.behindMs()).toBe(0);
  await harness.clock.run(mapping.stop({ invocation: 'finish' }));
});

test('a mapping that is not enabled is not started', () => {
  expect(() => new MappingHarness().start({ Enabled: false })).toThrow('mapping has Enabled: false');
});
