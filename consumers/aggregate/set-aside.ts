// What comes for a source whose state cannot be read, or would be too large, is set aside in stream order: its shard goes on. First
// the events are kept, then the source is marked as held, each time with a new version. Whoever lifts the mark does so under the
// version at which it saw that nothing is set aside any more; whoever sets aside under a version that is gone looks again.
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import type { DeadLetters } from '../../src/stores/dead-letters.ts';
import { heldFrom } from '../../src/stores/held-events.ts';
import type { CommitOutcome, SourceStates } from '../../src/stores/source-states.ts';
import type { UnfitWork, Work, WorkFailure } from './fold-and-commit.ts';
import { adopt, failureOf, MAX_REFUSALS } from './fold-and-commit.ts';

export interface SetAsideDeps {
  readonly pipeline: Pipeline;
  readonly states: SourceStates;
  readonly deadLetters: DeadLetters;
  readonly nowMs: () => number;
}

export interface SetAsideReport {
  readonly failures: readonly WorkFailure[];
  /** Whose events are set aside and marked so. */
  readonly held: readonly UnfitWork[];
  /** Whose states can be folded into after all, since somebody mended them meanwhile. */
  readonly mended: readonly Work[];
}

/** Repeating it is safe. */
export async function setAside(unfit: readonly UnfitWork[], deps: SetAsideDeps): Promise<SetAsideReport> {
  const failures: WorkFailure[] = [];
  const held: UnfitWork[] = [];
  const mended: Work[] = [];
  let pending: readonly UnfitWork[] = [];
  for (const each of unfit) {
    const { work, reason, detail } = each;
    try {
      await deps.deadLetters.hold(heldFrom(work.source, work.events, work.from), { reason, detail });
      pending = [...pending, each];
    } catch (error) {
      failures.push(failureOf(work, String(error)));
    }
  }
  while (pending.length > 0) {
    const outcomes = await markAll(pending, deps);
    const again: UnfitWork[] = [];
    for (const [at, each] of pending.entries()) {
      const { work } = each;
      const outcome = outcomes[at] ?? { kind: 'failed', reason: 'the store gave no outcome' };
      if (outcome.kind === 'committed') held.push(each);
      else if (outcome.kind === 'failed') failures.push(failureOf(work, outcome.reason));
      else {
        const holding = adopt(work, outcome.stored, deps.pipeline);
        work.refusals += 1;
        if (holding === undefined) mended.push(work);
        // An item without a version takes no mark, and needs none while it cannot be read.
        else if (work.version === NO_VERSION) held.push(each);
        else if (work.refusals > MAX_REFUSALS)
          failures.push(failureOf(work, `refused ${work.refusals} times`));
        else again.push({ work, ...holding });
      }
    }
    pending = again;
  }
  return { failures, held, mended };
}

/** As `SourceStates` gives it for an item that has none. */
const NO_VERSION = 0;

async function markAll(
  pending: readonly UnfitWork[],
  { states, nowMs }: SetAsideDeps,
): Promise<readonly CommitOutcome[]> {
  const sinceMs = nowMs();
  try {
    return await states.hold(
      pending.map(({ work: { source, version, held }, reason }) => ({
        stored: { source, version, ...(held === undefined ? {} : { held }) },
        hold: { reason, sinceMs },
      })),
    );
  } catch (error) {
    return pending.map(() => ({ kind: 'failed', reason: String(error) }));
  }
}
