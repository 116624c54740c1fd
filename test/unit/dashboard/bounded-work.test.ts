// What keeps the page smooth: work once a frame, few rows in the page, few questions at a time.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spread } from '../../../src/dashboard/charts/spread.ts';
import { createFrames } from '../../../src/dashboard/data/frames.ts';
import { createSlots } from '../../../src/dashboard/data/slots.ts';
import { visibleRows } from '../../../src/dashboard/data/visible-rows.ts';

describe('frames', () => {
  it('do a thing once, however often it was asked for since the last one', () => {
    const due: (() => void)[] = [];
    const frames = createFrames((run) => due.push(run));
    const done: string[] = [];
    const [draw, other] = [() => void done.push('draw'), () => void done.push('other')];
    for (let messages = 0; messages < 500; messages += 1) frames.request(draw);
    frames.request(other);
    expect(due).toHaveLength(1);
    due.shift()?.();
    expect(done).toEqual(['draw', 'other']);
    frames.request(draw);
    due.shift()?.();
    expect(done).toEqual(['draw', 'other', 'draw']);
  });
});

describe('rows in the page', () => {
  it('are those in sight and few more, wherever one has scrolled to', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 100_000 }),
        fc.integer({ min: 0, max: 5_000 }),
        fc.nat({ max: 5_000_000 }),
        (count, height, top) => {
          const { first, last } = visibleRows({ top, height, rowHeight: 44, count });
          expect(last - first).toBeLessThanOrEqual(75);
          expect(first).toBeGreaterThanOrEqual(0);
          expect(last).toBeLessThanOrEqual(count);
          // As far as there are rows, and a screen is no taller than sixty of them.
          const seen = Math.min(height, 60 * 44);
          if (top + seen <= count * 44 && count > 0) {
            expect(first * 44).toBeLessThanOrEqual(top);
            expect(last * 44).toBeGreaterThanOrEqual(top + seen);
          }
        },
      ),
    );
  });
});

describe('slots', () => {
  it('are never more than there are, and each that is given up is taken by the next', () => {
    const slots = createSlots(2);
    const begun: number[] = [];
    const releases = [1, 2, 3, 4].map((each) => slots.take(() => void begun.push(each)));
    expect(begun).toEqual([1, 2]);
    // Who waits and goes away leaves its place.
    releases[2]?.();
    releases[0]?.();
    expect(begun).toEqual([1, 2, 4]);
    // Once is enough.
    releases[0]?.();
    slots.take(() => void begun.push(5));
    expect(begun).toEqual([1, 2, 4]);
    releases[1]?.();
    expect(begun).toEqual([1, 2, 4, 5]);
  });
});

describe('names at the ends of lines', () => {
  it('do not cover each other, stay in their order and above the bottom', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 8 }), (ends) => {
        const placed = spread(
          ends.map((y) => ({ y })),
          14,
          200,
        );
        for (const [at, { y }] of placed.entries()) {
          expect(y).toBeLessThanOrEqual(200);
          if (at > 0) expect(y - (placed[at - 1]?.y ?? 0)).toBeGreaterThanOrEqual(14);
        }
      }),
    );
  });
});
