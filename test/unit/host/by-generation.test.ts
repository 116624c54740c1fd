import { describe, expect, test } from 'vitest';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { byGeneration, CURRENT_FOR_MS } from '../../../src/host/by-generation.ts';
import { memoryHost } from '../../../src/host/memory-host.ts';
import { Generations } from '../../../src/stores/generations.ts';
import { MemoryTable } from '../../../src/stores/memory-table.ts';
import { StoreError } from '../../../src/stores/store-error.ts';
import { TABLE_SCHEMAS } from '../../../src/stores/table-schemas.ts';

const PIPELINE = parsePipeline({ aggregations: [{ name: 'minutes', window: { tumbling: '60s' } }] });
const SECOND = {
  name: 'second',
  createdMs: 1,
  archive: 'folder',
  stream: 'telemetry',
  streamArn: 'arn',
  definition: { aggregations: [{ name: 'hours', window: { tumbling: '1h' } }], shapes: ['sigfox'] },
};

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
  const handler = byGeneration({ ...host, table }, (of, { aggregations }) => {
    const isOf = (generation?: string) => of('sources') === table('sources', generation);
    const seen = isOf('second') ? 'second' : isOf() ? 'first' : 'another';
    made.push(seen);
    const names = aggregations.map(({ name }) => name).join();
    return async (question: string) =>
      `${question} of ${seen} by ${names}, live ${of('live') === table('live')}`;
  });
  return {
    ask: () => handler('windows'),
    begin: (more: object = {}) => generations.create({ ...SECOND, ...more }),
    forget: () => generations.forget('second'),
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
    const { ask, begin, switchTo, wait, made } = system();
    await begin();
    expect(await ask()).toBe('windows of first by minutes, live true');
    expect(await switchTo('second', 'first')).toBe(true);
    wait(CURRENT_FOR_MS);
    expect(await ask()).toBe('windows of second by hours, live true');
    expect(await switchTo('first', 'second')).toBe(true);
    wait(CURRENT_FOR_MS);
    expect(await ask()).toBe('windows of first by minutes, live true');
    // What a handler has warm stays so.
    expect(made).toEqual(['first', 'second']);
  });

  test('reads one that was begun again under another definition by that one', async () => {
    const { ask, begin, forget, switchTo, wait } = system();
    await begin();
    const into = async (to: string, from: string) => {
      await switchTo(to, from);
      wait(CURRENT_FOR_MS);
      return await ask();
    };
    expect(await into('second', 'first')).toBe('windows of second by hours, live true');
    await into('first', 'second');
    await forget();
    await begin({ definition: { aggregations: [{ name: 'days', window: { tumbling: '1d' } }] } });
    expect(await into('second', 'first')).toBe('windows of second by days, live true');
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
    expect(await ask()).toBe('windows of first by minutes, live true');
  });

  test('of a stack that cannot rebuild never asks', async () => {
    const { ask, reading } = system({ switchable: false });
    expect(await ask()).toBe('windows of first by minutes, live true');
    expect(reading).toEqual([]);
  });

  test('is switched by one alone: who comes from another generation than the current one is refused', async () => {
    const { switchTo } = system();
    expect(await switchTo('second', 'first')).toBe(true);
    expect(await switchTo('third', 'first')).toBe(false);
    expect(await switchTo('second', 'first')).toBe(true);
  });
});
