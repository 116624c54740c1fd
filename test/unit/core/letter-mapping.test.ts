import { describe, expect, test } from 'vitest';
import { applyLetterMapping, parseLetterMapping } from '../../../src/core/letter-mapping.ts';

const apply = (event: unknown, mapping: object) =>
  applyLetterMapping(event, parseLetterMapping(mapping), 1_700_000_000_000);

describe('a correction of quarantined events', () => {
  test('renames, then scales, then sets, and takes the arrival for the time last', () => {
    const event = { ts: '1700000000', values: { temp: 300 }, tags: { a: 'b' } };
    const mapping = {
      rename: { ts: 'time', 'values.temp': 'values.kelvin' },
      scale: { time: 1_000, 'values.kelvin': 0.5 },
      set: { source: 'dev-1', 'tags.site.x': 'n' },
    };
    expect(apply(event, mapping)).toEqual({
      source: 'dev-1',
      time: 1_700_000_000_000,
      values: { kelvin: 150 },
      tags: { a: 'b', site: { x: 'n' } },
    });
    expect(apply({ time: 5 }, { scale: { time: 2 }, time: 'arrival' })).toEqual({ time: 1_700_000_000_000 });
    expect(event).toEqual({ ts: '1700000000', values: { temp: 300 }, tags: { a: 'b' } });
  });

  test('passes over what is not there, what is no number, and what is no object', () => {
    const mapping = {
      rename: { 'values.x.y': 'time', toString: 'source' },
      scale: { time: 2, 'values.t': 2 },
    };
    const event = { values: { t: 'warm' } };
    expect(apply(event, mapping)).toEqual(event);
    for (const odd of [null, 'text', [1]]) expect(apply(odd, mapping)).toEqual(odd);
  });

  test('takes any name for a name', () => {
    const renamed = apply({ values: { a: 1 } }, { rename: { 'values.a': 'values.__proto__' } });
    expect(JSON.stringify(renamed)).toBe('{"values":{"__proto__":1}}');
  });

  test.each([
    [[], 'mapping: found [], expected an object'],
    [{ move: {} }, 'mapping: found "move", expected rename, scale, set or time'],
    [{ time: 'now' }, 'mapping, time: found "now", expected "arrival"'],
    [{ rename: { a: 1 } }, 'mapping, rename.a: found 1, expected a path such as values.temperature'],
    [{ scale: { a: '2' } }, 'mapping, scale.a: found "2", expected a number'],
    [{ set: 1 }, 'mapping, set: found 1, expected an object'],
  ])('%j is told as what it is', (mapping, message) => {
    expect(() => parseLetterMapping(mapping)).toThrow(message);
  });
});
