// What the subscribers of a source get when its state changes.
import { sourceWindow } from '../../core/rollup.ts';
import type { ClosedWindow } from '../../core/source-window.ts';
import type { ChangedWindows } from '../../core/state-changes.ts';
import { summarizeStored } from '../../core/stored-window.ts';
import { windowAnswer } from '../api/window-answer.ts';
import type { Change, LiveWindow } from './messages.ts';
import { STATE_KEY } from './state-key.ts';
import { sourceTopic } from './topic.ts';

export interface StateChange {
  readonly version: number;
  /** undefined: the source's first write. */
  readonly before: ChangedWindows | undefined;
  readonly after: ChangedWindows;
}

/** Changes that follow each other, as one: open windows that differ, closed ones, and those that are no more. */
export function sourceChange(source: string, changes: readonly StateChange[]): Change | undefined {
  const [first] = changes;
  const last = changes.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const before = new Map((first.before?.open ?? []).map((window) => [keyOf(window), eventsOf(window)]));
  const open = last.after.open.filter((window) => before.get(keyOf(window)) !== eventsOf(window));
  const closed = changes.flatMap(({ after }) => after.closed);
  const still = new Set([...last.after.open, ...closed].map(keyOf));
  const seen = [...(first.before?.open ?? []), ...changes.flatMap(({ after }) => after.open)];
  const removed = new Map(
    seen
      .filter((window) => !still.has(keyOf(window)))
      .map((window) => {
        const { aggregation, start, end } = window;
        return [keyOf(window), { aggregation, startMs: start, endMs: end }];
      }),
  );
  return {
    series: sourceTopic(source),
    versions: [{ key: STATE_KEY, from: first.version, to: last.version }],
    windows: [
      ...closed.map((window) => liveSourceWindow(source, window, true)),
      ...open.map((window) => liveSourceWindow(source, window, false)),
    ],
    ...(removed.size === 0 ? {} : { removed: [...removed.values()] }),
  };
}

export function liveSourceWindow(source: string, window: ClosedWindow, final: boolean): LiveWindow {
  return {
    aggregation: window.aggregation,
    window: windowAnswer(summarizeStored(sourceWindow(source, window, final))),
  };
}

/** With its end: two sessions may begin together. One that grows is another. */
function keyOf({ aggregation, start, end }: ClosedWindow): string {
  return `${start} ${end} ${aggregation}`;
}

function eventsOf({ groups }: ClosedWindow): number {
  return groups.reduce((sum, { events }) => sum + events, 0);
}
