// What the outlet gets from changes of sources: windows that closed, windows that changed, and late events.
import { sourceWindow } from '../../src/core/rollup.ts';
import type { ClosedWindow } from '../../src/core/source-window.ts';
import { type StoredWindow, summarizeStored } from '../../src/core/stored-window.ts';
import { revisionOf } from '../../src/core/window.ts';
import type { OutletKind } from '../../src/platform/outlet-choice.ts';
import { lateMessage, type OutletMessage, windowMessage } from '../../src/wire/outlet/outlet-message.ts';
import type { SourceChange } from './decode-changes.ts';

export function outletMessagesOf(
  { source, closed, before, after, letters }: SourceChange,
  tells: ReadonlySet<OutletKind>,
): OutletMessage[] {
  const told: StoredWindow[] = [];
  if (tells.has('final')) told.push(...closed);
  if (tells.has('provisional'))
    told.push(
      ...changedOf(before?.open ?? [], after.open).map((window) => sourceWindow(source, window, false)),
    );
  const late = tells.has('late') ? letters.filter(({ reason }) => reason === 'late') : [];
  return [
    ...told.map((window) => windowMessage(summarizeStored(window))),
    ...late.map(({ at, source: of, arrivalMs, detail, payload }) =>
      lateMessage({ at, source: of, arrivalMs, detail, event: JSON.parse(payload.body) }),
    ),
  ];
}

/** Its own revision tells whether a window is another than before. */
function changedOf(before: readonly ClosedWindow[], after: readonly ClosedWindow[]): readonly ClosedWindow[] {
  const revisions = new Map(before.map((window) => [keyOf(window), revisionOf(window.groups)]));
  return after.filter((window) => revisions.get(keyOf(window)) !== revisionOf(window.groups));
}

function keyOf({ aggregation, start, end }: ClosedWindow): string {
  return `${start} ${end} ${aggregation}`;
}
