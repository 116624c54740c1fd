import type { StoredWindow } from '../core/stored-window.ts';

/** Whether anything is to be said of a window. A window into which a state is carried for no time at all holds nothing. */
export function holdsAnything({ events, metrics, weights = [], states = [] }: StoredWindow): boolean {
  const lasted = states.some(({ changes, ms }) => changes > 0 || [...ms.values()].some((each) => each > 0));
  return events > 0 || metrics.length > 0 || lasted || weights.some(({ ms }) => ms > 0);
}
