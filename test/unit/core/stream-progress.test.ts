import { describe, expect, it } from 'vitest';
import type { ShardId } from '../../../src/core/brands.ts';
import {
  leastReadMs,
  type ShardLineage,
  shardReadMs,
  withAncestors,
} from '../../../src/core/stream-progress.ts';

const shard = (id: string, ...parents: string[]): ShardLineage => ({
  id: id as ShardId,
  parents: parents as ShardId[],
});
const ticks = (of: Readonly<Record<string, number>>) => new Map(Object.entries(of) as [ShardId, number][]);
const a = 'a' as ShardId;

describe('up to when a stream has been read', () => {
  it('is the least over its open shards', () => {
    expect(leastReadMs([shard('a'), shard('b')], ticks({ a: 7, b: 5 }))).toBe(5);
  });

  it('is not known while one of them has had no tick', () => {
    expect(leastReadMs([shard('a'), shard('b')], ticks({ a: 7 }))).toBeUndefined();
    expect(leastReadMs([], ticks({ a: 7 }))).toBeUndefined();
  });

  it('is that of the parent while a child has had no tick: what is left in the parent is not read yet', () => {
    const split = [shard('a'), shard('b', 'a'), shard('c', 'a')];
    expect(leastReadMs(split, ticks({ a: 7 }))).toBe(7);
    expect(leastReadMs(split, ticks({ a: 7, b: 9 }))).toBe(7);
    expect(leastReadMs(split, ticks({ a: 7, b: 9, c: 11 }))).toBe(9);
  });

  it('is that of the parent that is behind, of two that have merged', () => {
    const merged = [shard('a'), shard('b'), shard('c', 'a', 'b')];
    expect(leastReadMs(merged, ticks({ a: 7, b: 4 }))).toBe(4);
    expect(leastReadMs(merged, ticks({ a: 7 }))).toBeUndefined();
    expect(leastReadMs(merged, ticks({ a: 7, b: 4, c: 9 }))).toBe(9);
  });

  it('reaches back over shards that lived too short for a tick, and to those that are past retention', () => {
    const lineage = [shard('c', 'b'), shard('b', 'a')];
    expect(leastReadMs(lineage, ticks({ a: 3 }))).toBe(3);
    expect(leastReadMs(lineage, ticks({}))).toBeUndefined();
  });

  it('does not count what the shards of a stream of before have said, where they are not listed', () => {
    expect(leastReadMs([shard('a')], ticks({ a: 9, gone: 1 }))).toBe(9);
  });
});

describe('up to when a shard has been read', () => {
  it('is what its own tick says, and before that what those it came from say', () => {
    const lineage = [shard('a'), shard('b', 'a')];
    expect(shardReadMs('b' as ShardId, lineage, ticks({ a: 3, b: 5 }))).toBe(5);
    expect(shardReadMs('b' as ShardId, lineage, ticks({ a: 3 }))).toBe(3);
    expect(shardReadMs(a, lineage, ticks({}))).toBeUndefined();
  });

  it('ends where a shard is said to come from itself', () => {
    expect(shardReadMs(a, [shard('a', 'a')], ticks({}))).toBeUndefined();
    expect(withAncestors(a, [shard('a', 'b'), shard('b', 'a')])).toEqual(['a', 'b']);
  });
});
