import { describe, expect, it } from 'vitest';
import { Figures } from '../../../src/run/figures.ts';

const line = (service: string, counts: object) =>
  JSON.stringify({ _aws: { Timestamp: 1 }, service, ...counts });

describe('the figures', () => {
  it('are summed up by service and metric', () => {
    const figures = new Figures();
    expect(figures.take(line('aggregate', { stateWrites: 3, lagMs: 20 }))).toBe(true);
    figures.take(line('aggregate', { stateWrites: 4, lagMs: 5 }));
    figures.take(line('rollup', { stateWrites: 100 }));
    expect(figures.sum('aggregate', 'stateWrites')).toBe(7);
    expect(figures.sum('rollup', 'stateWrites')).toBe(100);
  });

  it('are 0 for what nobody published', () => {
    const figures = new Figures();
    expect(figures.sum('aggregate', 'stateWrites')).toBe(0);
  });

  it('count every value of a metric noted more than once in a flush', () => {
    const figures = new Figures();
    figures.take(line('aggregate', { records: [1, 2, 4] }));
    expect(figures.sum('aggregate', 'records')).toBe(7);
  });

  it.each([
    ['text', 'Hello'],
    ['text that speaks of it', 'the "_aws" key'],
    ['half a record', '{"_aws":{"Timestamp":1},"serv'],
    ['a list', '["_aws"]'],
    ['a record whose metadata is no object', '{"_aws":1,"service":"aggregate","records":1}'],
    ['a log line', '{"level":"INFO","message":"x","records":1}'],
  ])('pass over %s', (_, text) => {
    const figures = new Figures();
    expect(figures.take(text)).toBe(false);
    expect(figures.sum('aggregate', 'records')).toBe(0);
  });

  it('take numbers alone, whatever the metric is called', () => {
    const figures = new Figures();
    figures.take('{"_aws":{},"service":"s","__proto__":2,"constructor":3,"id":"7","on":true}');
    expect(['__proto__', 'constructor', 'id', 'on'].map((name) => figures.sum('s', name))).toEqual([
      2, 3, 0, 0,
    ]);
  });
});
