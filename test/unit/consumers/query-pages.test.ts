import { describe, expect, test } from 'vitest';
import { mergeByStart } from '../../../consumers/query/held-windows.ts';
import { takePage } from '../../../consumers/query/take-page.ts';
import type { StoredWindow } from '../../../src/core/stored-window.ts';
import { collect } from '../../support/collect.ts';

async function* listed<T>(...entries: readonly T[]): AsyncIterable<T> {
  yield* entries;
}

describe('a page', () => {
  test('ends at its limit, and says whether there are more', async () => {
    expect(await takePage(listed(1, 2, 3), 2)).toEqual({ entries: [1, 2], more: true });
    expect(await takePage(listed(1, 2), 2)).toEqual({ entries: [1, 2], more: false });
  });

  test('does not end between two that stand in one place', async () => {
    const tens = (entry: number, before: number) => Math.floor(entry / 10) === Math.floor(before / 10);
    expect(await takePage(listed(5, 11, 12, 13, 20), 2, tens)).toEqual({
      entries: [5, 11, 12, 13],
      more: true,
    });
    expect(await takePage(listed(11, 12), 1, tens)).toEqual({ entries: [11, 12], more: false });
  });

  test('gives what is too large for an answer alone', async () => {
    const large = 'x'.repeat(5_000_000);
    expect(await takePage(listed(large, 'y'), 2)).toEqual({ entries: [large], more: true });
  });
});

describe('windows held and stored', () => {
  // Nothing but its place counts here.
  const window = (start: number, end: number, of: string) => ({ start, end, of }) as unknown as StoredWindow;

  test.each([
    ['one that has been stored since it was read', window(10, 20, 'held'), ['stored']],
    ['one that has grown and been stored since', window(10, 15, 'held'), ['stored']],
    ['a session that begins with a stored one and goes on', window(10, 30, 'held'), ['stored', 'held']],
  ])('merge into each once: %s', async (_, held, expected) => {
    for (const descending of [false, true]) {
      const stored = listed(window(10, 20, 'stored'));
      const merged = await collect(mergeByStart([held], stored, descending));
      expect(merged.map((each) => Reflect.get(each, 'of'))).toEqual(expected);
    }
  });
});
