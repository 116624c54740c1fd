// Remembered ids mean the same before and after their bytes, and whether they stand in the item or in pages.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../src/core/byte-reader.ts';
import { ByteWriter } from '../../src/core/byte-writer.ts';
import { RememberedIds } from '../../src/core/remembered-ids.ts';
import { atLeast } from '../support/runs.ts';

/** Anything a producer may call an event, and everything that looks nearly like a counter. */
const weirdId = fc.oneof(
  fc.constantFrom(
    ...[
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
    ],
    ...['9007199254740991', '9007199254740992', '999999999999999', '1000000000000000', '\ud83d\ude00', 'é'],
    ...['Infinity', 'NaN', '0x7', '+7', '7 '],
  ),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }).filter((text) => text.isWellFormed()),
  fc.integer({ min: -3, max: 30 }).map(String),
  fc.integer({ min: -3, max: 30 }),
  fc.integer({ min: 0, max: 400 }).map((n) => `0b5e${n}-uuid`),
  fc.constantFrom(999_999_999_999_999, 1_000_000_000_000_000, Number.MAX_SAFE_INTEGER),
);
const step = fc.record({
  id: weirdId,
  time: fc.oneof(fc.nat({ max: 200 }), fc.nat({ max: 200 }), fc.constantFrom(0, 8.64e15)),
  folded: fc.constantFrom(0, 1, 2, 3),
  oldest: fc.nat({ max: 6 }),
  opened: fc.constantFrom(undefined, undefined, undefined, 0, 1, 2, 3),
  saves: fc.boolean(),
  /** Whether what was at hand is afterwards. */
  keeps: fc.boolean(),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
/** A counter at a steady pace, or nearly; or as many texts as fill a page: saved with some of them, and not with others. */
const run = fc
  .record({
    first: step,
    number: fc.nat({ max: 40 }),
    length: fc.oneof(fc.nat({ max: 8 }), fc.constant(300)),
    pace: fc.nat({ max: 3 }),
    isText: fc.boolean(),
  })
  .map(({ first, number, length, pace, isText }) =>
    Array.from({ length }, (_, at) => ({
      ...first,
      id: isText ? `0b5e${number + at}-uuid` : number + at,
      time: (first.time % 200) + at * pace,
      oldest: 0,
      saves: first.saves && at % 100 === 2,
    })),
  );
const steps = fc
  .array(fc.oneof({ weight: 6, arbitrary: fc.tuple(step) }, { weight: 1, arbitrary: run }), { maxLength: 80 })
  .map((all): Step[] => all.flat());

const AGGREGATIONS = ['a t1', 'b t2'];

describe('remembered ids', () => {
  test('answer as a plain list of ids and times does, however often they go through their bytes and pages', () => {
    let pagesRead = 0;
    let pagesKept = 0;
    fc.assert(
      fc.property(steps, fc.boolean(), (all, byTime) => {
        let ids = new RememberedIds();
        const pages = new Map<number, Uint8Array>();
        const plain: { id: string; time: number; folded: number }[] = [];
        let oldest = 0;
        /** Which of two aggregations, by bit, have windows open: of all times or none. */
        let open = 3;
        for (const { id, time, folded, ...step } of all) {
          oldest += step.oldest;
          open &= step.opened ?? 3; // what is closed stays so
          const isOpen = (_: number, into: number) => (into & open) !== 0;
          const own = String(id); // 7 and "7" are one id
          const known = plain.some(
            (past) =>
              past.id === own &&
              ((past.time >= oldest && (!byTime || past.time === time)) ||
                (past.time === time && isOpen(past.time, past.folded))),
          );
          for (const page of ids.pagesFor(id, time, { oldest, byTime })) {
            pagesRead += 1;
            expect(pages.has(page)).toBe(true);
            ids.takePage(page, pages.get(page), AGGREGATIONS);
          }
          if (ids.isAhead(id)) expect(known).toBe(false);
          expect(ids.has(id, time, { oldest, byTime, isOpen })).toBe(known);
          if (!known && (time >= oldest || isOpen(time, folded))) {
            const isOfUse = (then: number, into: number) => then >= oldest || isOpen(then, into);
            ids.add(id, time, folded);
            if (ids.isTidyDue) ids.tidy({ isOfUse, from: open === 0 ? oldest : Number.NEGATIVE_INFINITY });
            plain.push({ id: own, time, folded });
          }
          if (!step.saves) continue;
          const before = ids;
          ids = saved(ids, pages, byTime ? Number.POSITIVE_INFINITY : oldest);
          if (!step.keeps) continue;
          for (const [page, bytes] of before.pagesAtHand(AGGREGATIONS)) {
            expect(bytes).toEqual(pages.get(page));
            ids.keepPage(page, bytes, AGGREGATIONS);
            pagesKept += 1;
          }
        }
      }),
      { numRuns: atLeast(125) },
    );
    expect(pagesRead).toBeGreaterThan(0);
    expect(pagesKept).toBeGreaterThan(0);
  });

  test('take next to nothing as a steady counter, a few bytes as another, and 10 each as texts', () => {
    const bytesOf = (count: number, id: (at: number) => string | number, jitter: (at: number) => number) => {
      const ids = new RememberedIds();
      for (let at = 0; at < count; at += 1)
        remember(ids, id(at), 1_780_000_000_000 + at * 1_000 + jitter(at));
      return encoded(ids).length / count;
    };
    expect(
      bytesOf(
        600,
        (at) => 1_000_000 + at,
        () => 0,
      ) * 600,
    ).toBeLessThan(30);
    expect(
      bytesOf(
        150,
        (at) => 1_000_000 + at,
        (at) => (at * 37) % 100,
      ),
    ).toBeLessThan(5);
    expect(
      bytesOf(
        150,
        (at) => `3d6f0a70-0000-4000-8000-${at}`,
        (at) => (at * 37) % 100,
      ),
    ).toBeLessThan(10.2);
  });

  test('of ten texts a second write little, and the pages of a horizon and no more stay', () => {
    const ids = new RememberedIds();
    let most = 0;
    let written = 0;
    for (let at = 0; at < 30_000; at += 1) {
      const time = 1_780_000_000_000 + at * 100;
      remember(ids, `3d6f0a70-0000-4000-8000-${at}`, time, time - 600_000);
      if (at % 10 !== 0) continue;
      const { put, remove } = ids.takeWrites(time - 600_000, AGGREGATIONS);
      const bytes = encoded(ids).length + put.reduce((sum, page) => sum + page.bytes.length, 0);
      most = Math.max(most, bytes);
      written += bytes;
      expect(remove.length).toBeLessThan(3);
    }
    expect(most).toBeLessThan(4_000);
    expect(written / 3_000).toBeLessThan(2_000);
    expect(ids.size.pages).toBeLessThan(45);
  });
});

function remember(ids: RememberedIds, id: string | number, time: number, from = 0): void {
  expect(ids.has(id, time, { oldest: from, byTime: false, isOpen: () => false })).toBe(false);
  ids.add(id, time, 0);
  if (ids.isTidyDue) ids.tidy({ isOfUse: (then) => then >= from, from });
}

function encoded(ids: RememberedIds): Uint8Array {
  const writer = new ByteWriter();
  ids.encode(writer);
  return writer.finish();
}

/** As a write and a cold container do it. */
function saved(ids: RememberedIds, pages: Map<number, Uint8Array>, keptFrom: number): RememberedIds {
  const { put, remove } = ids.takeWrites(keptFrom, AGGREGATIONS);
  for (const { page, bytes } of put) pages.set(page, bytes);
  for (const page of remove) pages.delete(page);
  return RememberedIds.decode(new ByteReader(encoded(ids)), (folded) => folded);
}
