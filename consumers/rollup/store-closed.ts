// Stores the windows that sources have closed. Where another one is stored already, the source had another past when it closed that: what
// the rollups have of it and the new one does not mention is taken back first.
import { asClosed } from '../../src/core/as-closed.ts';
import { isAfter } from '../../src/core/change-place.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import type { Contribution } from '../../src/core/rollup.ts';
import { contributionsReplaced } from '../../src/core/rollup.ts';
import type { ClosedWrite, OtherClosed, Windows } from '../../src/stores/windows.ts';
import type { Failure } from './attempt.ts';
import { expiresAtMs } from './commit-parts.ts';
import type { SourceChange } from './decode-changes.ts';
import type { Retentions } from './retentions.ts';
import type { Telling } from './telling.ts';

export interface StoringDeps {
  readonly windows: Windows;
  readonly pipeline: Pipeline;
  readonly retentions: Retentions;
  readonly telling: Telling;
  /** Folds contributions of a change into the rollups. */
  readonly fold: (changes: readonly TakenBack[]) => Promise<readonly Failure[]>;
}

/** What a change leaves in the rollups of a window that it replaces. */
export type TakenBack = Pick<
  SourceChange,
  'source' | 'version' | 'sequence' | 'madeMs' | 'lastArrivalMs' | 'contributions'
>;

interface Closing extends ClosedWrite {
  readonly change: SourceChange;
}

interface Replacing extends Closing {
  readonly expectedVersion: number;
  readonly takenBack: readonly Contribution[];
}

export async function storeClosed(
  changes: readonly SourceChange[],
  deps: StoringDeps,
): Promise<readonly Failure[]> {
  const { windows, pipeline } = deps;
  const closings = changes.flatMap((change) => closingsOf(change, deps));
  const others = await windows.putClosed(closings);
  const replacing = others.flatMap((other) => replacingOf(closings, other, pipeline));
  if (replacing.length === 0) return [];
  const failures = await deps.fold(
    replacing
      .filter(({ takenBack }) => takenBack.length > 0)
      .map(({ change, takenBack }) => ({ ...change, contributions: takenBack })),
  );
  const failed = new Set(failures.map(({ sequence }) => sequence));
  const left = replacing.filter(({ change }) => !failed.has(change.sequence));
  const refused = await windows.replaceClosed(left);
  return [
    ...failures,
    ...refused.flatMap(({ at, reason }) => {
      const sequence = left[at]?.change.sequence;
      return sequence === undefined ? [] : [{ sequence, reason }];
    }),
  ];
}

function closingsOf(change: SourceChange, { retentions, telling }: StoringDeps): Closing[] {
  return change.closed.map((window, at) => {
    const { lastArrivalMs } = change;
    const retentionMs = retentions.of(window.series);
    const told = telling.toldOf(change, at);
    return {
      change,
      window: told.length === 0 ? window : { ...window, told },
      expiresAtMs: expiresAtMs(window, { retentionMs, lastArrivalMs }),
    };
  });
}

function replacingOf(
  closings: readonly Closing[],
  { at, stored }: OtherClosed,
  pipeline: Pipeline,
): Replacing[] {
  const closing = closings[at];
  if (closing === undefined) return [];
  const { change, window } = closing;
  const { since } = stored.window;
  // Closed by a source that was put back since, and told once more.
  if (since !== undefined && !isAfter(change, since)) return [];
  const { sequence, madeMs, source } = change;
  return [
    {
      ...closing,
      window: { ...window, since: { sequence, madeMs } },
      expectedVersion: stored.version,
      takenBack: contributionsReplaced(source, asClosed(stored.window), asClosed(window), pipeline),
    },
  ];
}
