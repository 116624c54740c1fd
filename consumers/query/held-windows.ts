// The windows a source's state holds: open ones, and those its latest write has closed, which may not be stored yet.
import { sourceWindow } from '../../src/core/rollup.ts';
import type { ChangedWindows } from '../../src/core/state-changes.ts';
import { decodeChangedWindows } from '../../src/core/state-changes.ts';
import type { EncodedState } from '../../src/core/state-encoding.ts';
import type { StoredWindow } from '../../src/core/stored-window.ts';
import { isAfter } from './window-range.ts';

export function heldWindows(
  source: string,
  aggregation: string,
  state: EncodedState,
): readonly StoredWindow[] {
  const { open, closed } = readWindows(source, state);
  return [
    ...open.map((window) => ({ window, final: false })),
    ...closed.map((window) => ({ window, final: true })),
  ]
    .filter(({ window }) => window.aggregation === aggregation)
    .map(({ window, final }) => sourceWindow(source, window, final));
}

/** What is stored can be read also where the state cannot. */
function readWindows(source: string, state: EncodedState): Pick<ChangedWindows, 'open' | 'closed'> {
  try {
    return decodeChangedWindows(source, state);
  } catch {
    return { open: [], closed: [] };
  }
}

/**
 * Both by start, each window once: what is stored is final, whatever the state said a moment before. A stored session that
 * ends before one held that begins with it is another one.
 */
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
    const same = waiting.findIndex(({ start, end }) => start === window.start && end <= window.end);
    if (same !== -1) waiting.splice(same, 1);
    yield window;
  }
  yield* waiting;
}
