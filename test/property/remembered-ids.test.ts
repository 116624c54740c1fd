// Remembered ids mean the same before and after their bytes, and forgetting late is forgetting on time.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RememberedIds } from '../../src/core/remembered-ids.ts';
import { runs } from '../support/runs.ts';

/** Anything a producer may call an event, and everything that looks nearly like a counter. */
const weirdId = fc.oneof(
  fc.constantFrom(
    '0',
    '-1',
    '-0',
    '00',
    '01',
    '1e3',
    '1.0',
    ' ',
    ':',
    '"',
    '\\',
    'a b',
    '1:"2" 3',
    '\u2028',
    '\n',
    '__proto__',
    '9007199254740991',
    '9007199254740992',
    '999999999999999',
    '1000000000000000',
    '\ud83d\ude00',
    'é',
    'Infinity',
    'NaN',
    '0x7',
    '+7',
    '7 ',
  ),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }).filter((text) => text.isWellFormed()),
  fc.integer({ min: -3, max: 30 }).map(String),
  fc.integer({ min: -3, max: 30 }),
  fc.constantFrom(999_999_999_999_999, 1_000_000_000_000_000, Number.MAX_SAFE_INTEGER),
);
const step = fc.record({
  id: weirdId,
  time: fc.nat({ max: 200 }),
  oldest: fc.nat({ max: 6 }),
  saves: fc.boolean(),
});
/** A counter at a steady pace, or nearly: saved with some of them, and not with others. */
const run = fc
  .record({ first: step, number: fc.nat({ max: 40 }), length: fc.nat({ max: 8 }), pace: fc.nat({ max: 3 }) })
  .map(({ first, number, length, pace }) =>
    Array.from({ length }, (_, at) => ({
      id: number + at,
      time: first.time + at * pace,
      oldest: 0,
      saves: first.saves && at === 2,
    })),
  );
const steps = fc
  .array(fc.oneof(fc.tuple(step), run), { maxLength: 80 })
  .map((all): { id: string | number; time: number; oldest: number; saves: boolean }[] => all.flat());

describe('remembered ids', () => {
  test('answer as a plain list of ids and times does, however often they go through their bytes', () => {
    fc.assert(
      fc.property(steps, (all) => {
        let ids = new RememberedIds();
        const plain: { id: string; time: number }[] = [];
        let oldest = 0;
        for (const step of all) {
          oldest += step.oldest;
          const own = String(step.id); // 7 and "7" are one id
          const known = plain.some(({ id, time }) => id === own && time >= oldest);
          expect(ids.has(step.id, oldest)).toBe(known);
          if (!known && step.time >= oldest) {
            ids.add(step.id, step.time);
            plain.push({ id: own, time: step.time });
          }
          if (step.saves) ids = RememberedIds.decode(ids.encode(oldest));
        }
        const remembered = plain.filter(({ time }) => time >= oldest).map(({ id, time }) => [id, time]);
        expect(new Map(ids.entries(oldest))).toEqual(new Map(remembered as [string, number][]));
      }),
      { numRuns: runs(500) },
    );
  });

  test('that are just as old as the horizon survive the tidying', () => {
    const ids = new RememberedIds();
    for (let at = 0; at < 100; at += 1) ids.add(`id-${at}`, at < 50 ? 9 : 10);
    const tidied = RememberedIds.decode(ids.encode(10));
    expect(tidied.entries(0)).toEqual(Array.from({ length: 50 }, (_, at) => [`id-${at + 50}`, 10]));
  });

  test('keep a counter in a few bytes an id, and in next to nothing at a steady pace', () => {
    const counter = (jitter: (at: number) => number) => {
      const ids = new RememberedIds();
      for (let at = 0; at < 600; at += 1)
        ids.add(1_000_000 + at, 1_780_000_000_000 + at * 1_000 + jitter(at));
      return ids.encode(0).length;
    };
    expect(counter((at) => (at * 37) % 100)).toBeLessThan(600 * 4 + 40);
    expect(counter(() => 0)).toBeLessThan(20);
  });

  test('do not grow with what is forgotten', () => {
    let ids = new RememberedIds();
    let longest = 0;
    for (let at = 0; at < 5_000; at += 1) {
      if (!ids.has(`id-${at}`, at - 10)) ids.add(`id-${at}`, at);
      const encoded = ids.encode(at - 10);
      longest = Math.max(longest, encoded.length);
      if (at % 7 === 0) ids = RememberedIds.decode(encoded);
    }
    expect(longest).toBeLessThan(1_500);
  });
});
