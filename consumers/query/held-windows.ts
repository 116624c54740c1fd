// The windows of one aggregation that a source's state holds, and those stored, in one order.
import type { EncodedState } from '../../src/core/state-encoding.ts';
import type { StoredWindow } from '../../src/core/stored-window.ts';
import { type HeldWindow, heldWindows, indexOfHeld } from '../../src/stores/held-windows.ts';
import { isAfter } from './window-range.ts';

/** None where the state cannot be read: what is stored can be all the same. */
export function readHeld(source: string, aggregation: string, state: EncodedState): readonly HeldWindow[] {
  try {
    return heldWindows(source, state).filter((window) => window.aggregation === aggregation);
  } catch {
    return [];
  }
}

/** Both by start, each window once. */
export async function* mergeByStart(
  held: readonly StoredWindow[],
  stored: AsyncIterable<StoredWindow>,
  descending: boolean,
): AsyncIterable<StoredWindow> {
  const waiting = [...held].sort((a, b) => (descending ? b.start - a.start : a.start - b.start));
  for await (const window of stored) {
    while (waiting[0] !== undefined && isAfter(window.start, waiting[0].start, descending)) {
      const first = waiting.shift();
      if (first !== undefined) yield first;
    }
    const same = indexOfHeld(waiting, window);
    if (same !== -1) waiting.splice(same, 1);
    yield window;
  }
  yield* waiting;
}
