// The scheduled closer: closes the windows of sources that fell silent, each source in one conditional write. What is silent it knows by
// how far the stream has been read, and by no clock: what has not been read yet is not silence. A source that moved on meanwhile refuses
// the write, and the closer leaves it alone.
import type { EpochMs } from '../../src/core/brands.ts';
import { closeAll, closeBySilence, closesAtMs } from '../../src/core/close-windows.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import type { SourceState } from '../../src/core/source-state.ts';
import { decodeState, encodeState } from '../../src/core/state-encoding.ts';
import { inGroups } from '../../src/platform/in-groups.ts';
import type { Log, Meter } from '../../src/platform/observe.ts';
import { checkOf, type SourceStates, type StoredState } from '../../src/stores/source-states.ts';
import type { ReadUpTo } from './read-up-to.ts';

export interface CloseDeps {
  readonly pipeline: Pipeline;
  readonly states: SourceStates;
  /** Up to when the stream has been read. */
  readonly readUpTo: () => Promise<ReadUpTo>;
  readonly log: Log;
  readonly meter: Meter;
  readonly nowMs: () => number;
}

/** What the schedule sends, and anyone who wants every window closed now. */
export interface CloseRequest {
  /** Close what is open as if silence had lasted for ever: the end of a replay. */
  readonly closeAll?: boolean;
}

export interface CloseAnswer {
  readonly sourcesLookedAt: number;
  readonly closedWindows: number;
  readonly stateWrites: number;
  readonly refused: number;
  /** Sources that could not be written, to be tried at the next run. */
  readonly failed: number;
  /** Sources that are held, or cannot be read: what they have open waits until they are mended. */
  readonly held: number;
  /** False when the time ran out: the next run goes on. */
  readonly finished: boolean;
}

/** The part of Lambda's context the closer looks at. */
export interface RemainingTime {
  getRemainingTimeInMillis(): number;
}

export function createClose(
  deps: CloseDeps,
): (request: CloseRequest, context: RemainingTime) => Promise<CloseAnswer> {
  return async (request, context) => {
    const everything = request.closeAll === true;
    const { readUpToMs, ticks } = everything ? EVERYTHING : await deps.readUpTo();
    // What was retired waits for a closer too, and is due from the beginning.
    const silentUntilMs = readUpToMs ?? 0;
    const totals = { sourcesLookedAt: 0, closedWindows: 0, stateWrites: 0, refused: 0, failed: 0, held: 0 };
    let finished = true;
    let unreached = 0;
    for await (const group of inGroups(deps.states.dueForClosing(silentUntilMs), SOURCES_AT_ONCE)) {
      if (!finished || context.getRemainingTimeInMillis() < TIME_KEPT_MS) {
        finished = false;
        unreached += group.length;
        if (context.getRemainingTimeInMillis() < COUNTING_KEPT_MS) break;
        continue;
      }
      totals.sourcesLookedAt += group.length;
      await closeGroup(await deps.states.load(group), silentUntilMs, deps, totals);
    }
    const behindMs = everything || readUpToMs === undefined ? 0 : Math.max(0, deps.nowMs() - readUpToMs);
    const isUnjudged = readUpToMs === undefined || behindMs > MOST_BEHIND_MS;
    deps.meter.publish({
      runs: 1,
      ...totals,
      unreached,
      ticks,
      behindMs,
      silenceNotJudged: isUnjudged ? 1 : 0,
    });
    if (totals.failed > 0) deps.log.error('sources not closed', { failed: totals.failed });
    return { ...totals, finished };
  };
}

const EVERYTHING: ReadUpTo = { readUpToMs: Number.POSITIVE_INFINITY, ticks: 0 };

/** What the stream's readers may be behind before it is reported that silence is not judged: far more than two runs of the closer. */
const MOST_BEHIND_MS = 600_000;

/** Sources read and written together; each holds at most 400 KB. */
const SOURCES_AT_ONCE = 50;
/** Time left for the write under way to end, and for counting those that are left to the next run. */
const TIME_KEPT_MS = 10_000;
/** Time left when counting ends too: then at least so many are unreached. */
const COUNTING_KEPT_MS = 3_000;

interface Pending {
  readonly version: number;
  readonly check: number | undefined;
  readonly state: SourceState;
  /** The source is not expected to send any more, and what arrived before has been read: all its open windows are closed. */
  readonly isRetired: boolean;
}

async function closeGroup(
  stored: readonly StoredState[],
  silentUntilMs: EpochMs,
  { states, pipeline, log }: CloseDeps,
  totals: { closedWindows: number; stateWrites: number; refused: number; failed: number; held: number },
): Promise<void> {
  let pending: Pending[] = [];
  for (const each of stored) {
    const { source, version, check, state: encoded, retiredAtMs = Number.NEGATIVE_INFINITY, held } = each;
    // What is set aside of it belongs into its windows.
    if (held !== undefined) {
      totals.held += 1;
      continue;
    }
    try {
      const state = decodeState(source, encoded, pipeline);
      const isRetired = retiredAtMs >= state.lastArrivalMs && retiredAtMs <= silentUntilMs;
      // The mark has had it looked at though nothing is due, and it has nothing open: so it is not looked at again.
      if (isRetired && state.windowCount === 0 && state.orphans.length === 0)
        await states.forget({ source, version });
      else pending.push({ version, check, state, isRetired });
    } catch (error) {
      // One state that cannot be read must not keep all others open.
      totals.held += 1;
      log.error('state not readable', { source, reason: String(error) });
    }
  }
  while (pending.length > 0) {
    const closing = pending.filter(({ state, isRetired }) =>
      isRetired ? closeAll(state) : closeBySilence(state, silentUntilMs),
    );
    const writes = closing.map(({ state, version, check }) => ({
      source: state.source,
      expectedVersion: version,
      expectedCheck: check,
      state: encodeState(state),
      closesAtMs: closesAtMs(state),
    }));
    const outcomes = await states.commit(writes);
    totals.stateWrites += closing.length;
    pending = [];
    for (const [at, { state, isRetired }] of closing.entries()) {
      const outcome = outcomes[at];
      if (outcome?.kind === 'committed') {
        totals.closedWindows += state.closed.length;
        const { version } = outcome;
        const written = writes[at]?.state;
        pending.push({ version, check: written && checkOf(written), state, isRetired });
      } else if (outcome?.kind === 'refused') totals.refused += 1;
      else {
        totals.failed += 1;
        log.error('windows not closed', { source: state.source, reason: outcome?.reason });
      }
    }
  }
}
