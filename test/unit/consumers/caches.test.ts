import { describe, expect, it } from 'vitest';
import { StateCache } from '../../../consumers/aggregate/state-cache.ts';
import { PartCache } from '../../../consumers/rollup/part-cache.ts';
import type { SequenceNumber, ShardId } from '../../../src/core/brands.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { emptySourceState } from '../../../src/core/source-state.ts';
import { aggregationTexts, encodeState } from '../../../src/core/state-encoding.ts';
import type { StoredPart } from '../../../src/stores/windows.ts';

const PIPELINE = parsePipeline({ aggregations: [{ name: 'a', window: { tumbling: '1m' } }] });
const room = (bytes: number) => new StateCache({ bytes, aggregations: aggregationTexts(PIPELINE) });

function committed(source: string, shard = 'shardId-0') {
  const state = emptySourceState(source, PIPELINE);
  state.upTo = [
    { stream: 's', shard: shard as ShardId, sequence: '1' as SequenceNumber, index: 0, rest: 'none' },
  ];
  return { state, version: 1, encoded: encodeState(state), check: 1 };
}

describe('the cache of states', () => {
  it('hands a state over and forgets it, so that what is not committed cannot be met again', () => {
    const cache = room(1_000_000);
    const given = committed('a');
    cache.put('a', given);
    expect(cache.take('a')?.state).toBe(given.state);
    expect(cache.take('a')).toBeUndefined();
  });

  it('keeps as bytes what it has no room for decoded, and forgets what it has no room for at all', () => {
    const cache = room(100_000);
    const sources = Array.from({ length: 400 }, (_, at) => `source-${at}`);
    for (const source of sources) cache.put(source, committed(source));
    const left = sources.map((source) => cache.take(source)).filter((kept) => kept !== undefined);
    const hot = left.filter(({ state }) => state !== undefined);
    expect(hot.length).toBeGreaterThan(2); // an eighth of 100 KB at some 3 KB each
    expect(hot.length).toBeLessThan(10);
    expect(left.length).toBeGreaterThan(80); // the rest at some 800 bytes each
    expect(left.length).toBeLessThan(130);
  });

  it('has bytes of its own: those written are a part of a greater buffer', () => {
    const cache = room(1_000_000);
    const given = committed('a');
    cache.put('a', given);
    const kept = cache.take('a')?.encoded;
    expect(kept).toEqual(given.encoded);
    expect((kept as Uint8Array).buffer.byteLength).toBe(given.encoded.length);
  });

  it('has a state of one source once, the latest', () => {
    const cache = room(1_000_000);
    cache.put('a', committed('a'));
    cache.put('a', { ...committed('a'), version: 2 });
    expect(cache.take('a')?.version).toBe(2);
    expect(cache.take('a')).toBeUndefined();
  });

  it('forgets those that came last from a shard, hot or cold', () => {
    const cache = room(40_000);
    for (let at = 0; at < 30; at += 1) cache.put(`s${at}`, committed(`s${at}`, `shardId-${at % 2}`));
    cache.forget('shardId-0' as ShardId);
    const left = Array.from({ length: 30 }, (_, at) => at).filter((at) => cache.take(`s${at}`) !== undefined);
    expect(left).toEqual(Array.from({ length: 15 }, (_, at) => 2 * at + 1));
  });

  it('loses sources one after the other where more of them report in turn than it has room for', () => {
    const cache = room(100_000);
    let found = 0;
    for (let turn = 0; turn < 20; turn += 1) {
      for (let at = 0; at < 150; at += 1) {
        if (cache.take(`source-${at}`) !== undefined) found += 1;
        cache.put(`source-${at}`, committed(`source-${at}`));
      }
    }
    // It has room for some three quarters of them; forgetting the one not used longest would find none.
    expect(found / 3_000).toBeGreaterThan(0.3);
  });
});

describe('the cache of rollup parts', () => {
  const part = (start: number): StoredPart => ({
    version: 1,
    window: {
      series: 's',
      start,
      end: start + 1,
      part: 0,
      marks: new Map(),
      final: false,
      moved: 0,
      events: 0,
      metrics: [],
      fields: undefined,
    },
  });

  it('gives back what was put until it is dropped', () => {
    const cache = new PartCache();
    const given = part(1);
    cache.put('1', given);
    expect(cache.get('1')).toBe(given);
    expect(cache.get('1')).toBe(given);
    cache.drop('1');
    expect(cache.get('1')).toBeUndefined();
  });

  it('is bounded, and forgets the one written longest ago', () => {
    const cache = new PartCache();
    for (let number = 0; number < 5_000; number += 1) cache.put(String(number), part(number));
    cache.put('0', part(0));
    cache.put('one more', part(1));
    expect(cache.get('1')).toBeUndefined();
    expect(cache.get('0')).toBeDefined();
    expect(cache.get('2')).toBeDefined();
  });
});
