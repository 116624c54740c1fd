// What was told of an alert, put together as whoever keeps it would: of each window the latest word.
import type { Transition } from '../../src/core/alerts/alert-state.ts';

export type ToldStep = Pick<Transition, 'from' | 'to' | 'window'>;

/** Steps in order of time; what has been taken back is none. */
export function episodesOf(
  told: readonly (ToldStep & Pick<Transition, 'sequence' | 'correction'>)[],
): readonly ToldStep[] {
  const steps = new Map<string, ToldStep>();
  for (const { from, to, window, correction } of told.toSorted((a, b) => a.sequence - b.sequence)) {
    const key = `${window.start} ${window.end}`;
    if (steps.has(key) && correction !== true)
      throw new Error(`the window at ${window.start} was told of twice, and not as a correction`);
    if (from === to) steps.delete(key);
    else steps.set(key, { from, to, window });
  }
  return [...steps.values()].sort((a, b) => a.window.start - b.window.start);
}
