import { describe, expect, it } from 'vitest';
import { StateCache } from '../../../consumers/aggregate/state-cache.ts';
import { PartCache } from '../../../consumers/rollup/part-cache.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { emptySourceState } from '../../../src/core/source-state.ts';
import type { StoredPart } from '../../../src/stores/windows.ts';

const PIPELINE = parsePipeline({ aggregations: [{ name: 'a', window: { tumbling: '1m' } }] });
const state = (source: string) => ({ state: emptySourceState(source, PIPELINE), version: 1 });

describe('the cache of states', () => {
  it('hands a state over and forgets it, so that what is not committed cannot be met again', () => {
    const cache = new StateCache();
    const given = state('a');
    cache.put('a', given);
    expect(cache.take('a')).toBe(given);
    expect(cache.take('a')).toBeUndefined();
  });

  it('holds as many as it may, and forgets the one not used longest', () => {
    const cache = new StateCache(2);
    cache.put('a', state('a'));
    cache.put('b', state('b'));
    const a = cache.take('a');
    cache.put('a', a ?? state('a'));
    cache.put('c', state('c'));
    expect(cache.take('b')).toBeUndefined();
    expect(cache.take('a')).toBeDefined();
    expect(cache.take('c')).toBeDefined();
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
