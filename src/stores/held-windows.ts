// The windows of a source as whoever reads them has them: the state first, then what is stored. What closes between the two reads is then
// in both, and not in neither; the stored one is final, whatever the state said a moment before, and stands in its place.
import { sourceWindow } from '../core/rollup.ts';
import { decodeChangedWindows } from '../core/state-changes.ts';
import type { EncodedState } from '../core/state-encoding.ts';
import type { StoredWindow } from '../core/stored-window.ts';

export interface HeldWindow extends StoredWindow {
  readonly aggregation: string;
}

type WindowPlace = Pick<StoredWindow, 'series' | 'start' | 'end'>;

/**
 * Those that a state holds: open ones, and those that its latest write has closed, which may not be stored yet.
 * @throws Error for what is not of a known version, or cut short
 */
export function heldWindows(source: string, state: EncodedState): readonly HeldWindow[] {
  const { open, closed } = decodeChangedWindows(source, state);
  return [
    ...open.map((window) => ({ ...sourceWindow(source, window, false), aggregation: window.aggregation })),
    ...closed.map((window) => ({ ...sourceWindow(source, window, true), aggregation: window.aggregation })),
  ];
}

/**
 * Which of the held windows the stored one has been; -1: none. A session may have gone on before it closed; a stored session that ends
 * before the one held that begins with it is another one.
 */
export function indexOfHeld(held: readonly WindowPlace[], { series, start, end }: WindowPlace): number {
  let best = -1;
  for (const [at, window] of held.entries()) {
    if (window.series !== series || window.start !== start || window.end > end) continue;
    if (best === -1 || window.end > (held[best]?.end ?? 0)) best = at;
  }
  return best;
}
