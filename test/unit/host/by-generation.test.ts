import { describe, expect, test } from 'vitest';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { byGeneration, CURRENT_FOR_MS } from '../../../src/host/by-generation.ts';
import { memoryHost } from '../../../src/host/memory-host.ts';
import { Generations } from '../../../src/stores/generations.ts';
import { MemoryTable } from '../../../src/stores/memory-table.ts';
import { StoreError } from '../../../src/stores/store-error.ts';
import { TABLE_SCHEMAS } from '../../../src/stores/table-schemas.ts';

const PIPELINE = parsePipeline({ aggregations: [{ name: 'minutes', window: { tumbling: '60s' } }] });

function system({ switchable = true } = {}) {
  let nowMs = 1_000_000;
  let isUp = true;
  const readers = new MemoryTable(TABLE_SCHEMAS.readers);
  const generations = new Generations(readers);
  const reading: string[] = [];
  const host = memoryHost({
    pipeline: PIPELINE,
    clock: { nowMs: () => nowMs, sleep: async () => {} },
    option: () => (switchable ? '1' : undefined),
  });
  const table = (name: string, generation?: string) => {
    if (name !== 'readers' || generation !== undefined) return host.table(name, generation);
    const getMany: MemoryTable['getMany'] = (keys) => {
      if (!isUp) throw new StoreError('table-unavailable', 'away', { retryable: true });
      reading.push('current');
      return readers.getMany(keys);
    };
    return Object.assign(Object.create(readers), { getMany });
  };
  const made: string[] = [];
  const handler = byGeneration({ ...host, table }, (of) => {
    const isOf = (generation?: string) => of('sources') === table('sources', generation);
    const seen = isOf('second') ? 'second' : isOf() ? 'first' : 'another';
    made.push(seen);
    return async (question: string) => `${question} of ${seen}, live ${of('live') === table('live')}`;
  });
  return {
    ask: () => handler('windows'),
    switchTo: (to: string, from: string) => generations.switchTo(to, { from, nowMs }),
    wait: (ms: number) => {
      nowMs += ms;
    },
    fall: () => {
      isUp = false;
    },
    ...{ reading, made },
  };
}

describe('a reader', () => {
  test('looks at the generation that is current, and again at the one before after a rollback', async () => {
    const { ask, switchTo, wait, made } = system();
    expect(await ask()).toBe('windows of first, live true');
    expect(await switchTo('second', 'first')).toBe(true);
    wait(CURRENT_FOR_MS);
    expect(await ask()).toBe('windows of second, live true');
    expect(await switchTo('first', 'second')).toBe(true);
    wait(CURRENT_FOR_MS);
    expect(await ask()).toBe('windows of first, live true');
    // What a handler has warm stays so.
    expect(made).toEqual(['first', 'second']);
  });

  test('asks which it is once in a while, not with each request', async () => {
    const { ask, wait, reading } = system();
    for (let request = 0; request < 10; request += 1) await ask();
    expect(reading).toHaveLength(1);
    wait(CURRENT_FOR_MS);
    await ask();
    expect(reading).toHaveLength(2);
  });

  test('goes on with the one it knows where that cannot be asked', async () => {
    const { ask, wait, fall } = system();
    await ask();
    fall();
    wait(CURRENT_FOR_MS);
    expect(await ask()).toBe('windows of first, live true');
  });

  test('of a stack that cannot rebuild never asks', async () => {
    const { ask, reading } = system({ switchable: false });
    expect(await ask()).toBe('windows of first, live true');
    expect(reading).toEqual([]);
  });

  test('is switched by one alone: who comes from another generation than the current one is refused', async () => {
    const { switchTo } = system();
    expect(await switchTo('second', 'first')).toBe(true);
    expect(await switchTo('third', 'first')).toBe(false);
    expect(await switchTo('second', 'first')).toBe(true);
  });
});
