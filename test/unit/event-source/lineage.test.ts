import { describe, expect, test } from 'vitest';
import { firstCheckpoints, positionOf, readableShards } from '../../../src/event-source/lineage.ts';
import type { ShardCheckpoint } from '../../../src/event-source/ports.ts';
import { sequenceNumber, shardId } from '../../../src/event-source/stream-ids.ts';

const [a, b, c, d] = [shardId('a'), shardId('b'), shardId('c'), shardId('d')];
const merge = [
  { id: a, parents: [] },
  { id: b, parents: [] },
  { id: c, parents: [a, b] },
];
const drained: ShardCheckpoint = { sequence: undefined, start: { at: 'trim-horizon' }, drained: true };

describe('readableShards', () => {
  test.each([
    ['first shards at once, their child not', merge, [], [], [a, b]],
    ['not what is being read', merge, [], [a], [b]],
    ['not the child while one parent is not drained', merge, [a], [b], []],
    ['the child once both are drained', merge, [a, b], [], [c]],
    ['the child of parents that are not listed any more', merge.slice(2), [], [], [c]],
    ['not the child of an unlisted parent whose reader still runs', merge.slice(2), [], [a], []],
    ['not a grandchild before the child', [...merge, { id: d, parents: [c] }], [a, b], [], [c]],
    ['nothing when all is drained', merge, [a, b, c], [], []],
  ] as const)('%s', (_, shards, done, reading, expected) => {
    const checkpoints = new Map(done.map((id) => [id, drained]));
    expect(readableShards(shards, checkpoints, new Set(reading))).toEqual(expected);
  });
});

describe('firstCheckpoints', () => {
  test('LATEST wants nothing of closed shards, and remembers the moment for the open ones', () => {
    const start = { at: 'timestamp', timestampMs: 5 };
    expect(firstCheckpoints(merge, { at: 'latest' }, 5)).toEqual(
      new Map([
        [a, { sequence: undefined, start, drained: true }],
        [b, { sequence: undefined, start, drained: true }],
        [c, { sequence: undefined, start, drained: false }],
      ]),
    );
  });

  test.each([{ at: 'trim-horizon' }, { at: 'timestamp', timestampMs: 3 }] as const)(
    '%j is for all',
    (start) => {
      const checkpoints = firstCheckpoints(merge, start, 5);
      expect([...checkpoints.values()]).toEqual(
        merge.map(() => ({ sequence: undefined, start, drained: false })),
      );
    },
  );
});

test('a checkpoint without a sequence number leads to its start, one with it to the record behind', () => {
  const sequence = sequenceNumber('7');
  expect(positionOf(drained)).toEqual({ at: 'trim-horizon' });
  expect(positionOf({ ...drained, sequence })).toEqual({ at: 'after', sequence });
});
