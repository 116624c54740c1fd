// What states a source was in, window by window, as shares of each window's length: what a timeline draws.
import type { WindowAnswer } from '../../wire/api/window-answer.ts';

export interface StateTimeline {
  /** Name of the value. */
  readonly name: string;
  /** Time in each state over all windows shown, longest first. */
  readonly totals: readonly { readonly state: string; readonly ms: number }[];
  /** Time of which it is not known what the state was. */
  readonly unknownMs: number;
  readonly changes: number;
  readonly columns: readonly TimelineColumn[];
}

export interface TimelineColumn {
  readonly startMs: number;
  readonly endMs: number;
  readonly final: boolean;
  /** Where it begins and how wide it is, in percent of all that is shown. */
  readonly left: number;
  readonly width: number;
  /** In the order of `totals`, in percent of the window; what is missing is not known. */
  readonly shares: readonly { readonly place: number; readonly state: string; readonly percent: number }[];
}

/** What stands for states that are not told apart. */
export const OTHER_STATES = '(other)';

/** One for each name; windows may have gaps between them, where no event came. */
export function stateTimelines(windows: readonly WindowAnswer[]): readonly StateTimeline[] {
  const inOrder = windows.toSorted((a, b) => a.startMs - b.startMs);
  const names = [...new Set(inOrder.flatMap(({ states = [] }) => states.map(({ name }) => name)))].sort();
  return names.map((name) => timelineOf(name, inOrder));
}

function timelineOf(name: string, windows: readonly WindowAnswer[]): StateTimeline {
  const from = windows[0]?.startMs ?? 0;
  const spanMs = Math.max(1, (windows.at(-1)?.endMs ?? 0) - from);
  const sums = new Map<string, number>();
  for (const window of windows)
    for (const { state, ms } of timesIn(window, name)) sums.set(state, (sums.get(state) ?? 0) + ms);
  const totals = [...sums]
    .map(([state, ms]) => ({ state, ms }))
    .sort((a, b) => b.ms - a.ms || (a.state < b.state ? -1 : 1));
  const lengthMs = windows.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
  return {
    name,
    totals,
    unknownMs: Math.max(0, lengthMs - totals.reduce((sum, { ms }) => sum + ms, 0)),
    changes: windows.reduce((sum, window) => sum + (stateIn(window, name)?.changes ?? 0), 0),
    columns: windows.map((window) => {
      const { startMs, endMs, final } = window;
      const times = timesIn(window, name);
      return {
        startMs,
        endMs,
        final,
        left: (100 * (startMs - from)) / spanMs,
        width: (100 * (endMs - startMs)) / spanMs,
        shares: totals.flatMap(({ state }, place) => {
          const ms = times.find((time) => time.state === state)?.ms ?? 0;
          return ms === 0 ? [] : [{ place, state, percent: (100 * ms) / (endMs - startMs) }];
        }),
      };
    }),
  };
}

function stateIn({ states = [] }: WindowAnswer, name: string) {
  return states.find((state) => state.name === name);
}

function timesIn(
  window: WindowAnswer,
  name: string,
): readonly { readonly state: string; readonly ms: number }[] {
  const { times = [], otherMs } = stateIn(window, name) ?? {};
  return otherMs === undefined ? times : [...times, { state: OTHER_STATES, ms: otherMs }];
}
