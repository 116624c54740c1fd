// The scheduled closer: closes the windows of sources that fell silent, each source in one conditional write. A source
// that moved on meanwhile refuses the write, and is none of the closer's business any more.
import { closeAll, closeBySilence, closesAtMs } from '../../src/core/close-windows.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import type { SourceState } from '../../src/core/source-state.ts';
import { decodeState, encodeState } from '../../src/core/state-encoding.ts';
import type { Log, Meter } from '../../src/platform/observe.ts';
import type { SourceStates, StoredState } from '../../src/stores/source-states.ts';

export interface CloseDeps {
  readonly pipeline: Pipeline;
  readonly states: SourceStates;
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
    const nowMs = everything ? Number.POSITIVE_INFINITY : deps.nowMs();
    const totals = { sourcesLookedAt: 0, closedWindows: 0, stateWrites: 0, refused: 0, failed: 0 };
    let finished = true;
    for await (const group of inGroups(deps.states.dueForClosing(nowMs), SOURCES_AT_ONCE)) {
      if (context.getRemainingTimeInMillis() < TIME_KEPT_MS) {
        finished = false;
        break;
      }
      totals.sourcesLookedAt += group.length;
      const close = (state: SourceState) => (everything ? closeAll(state) : closeBySilence(state, nowMs));
      await closeGroup(await deps.states.load(group), close, deps, totals);
    }
    deps.meter.publish({ runs: 1, ...totals });
    if (totals.failed > 0) deps.log.error('sources not closed', { failed: totals.failed });
    return { ...totals, finished };
  };
}

/** Sources read and written together; each holds at most 400 KB. */
const SOURCES_AT_ONCE = 50;
/** Time left for the write under way to end. */
const TIME_KEPT_MS = 10_000;

async function closeGroup(
  stored: readonly StoredState[],
  close: (state: SourceState) => boolean,
  { states, pipeline, log }: CloseDeps,
  totals: { closedWindows: number; stateWrites: number; refused: number; failed: number },
): Promise<void> {
  let pending: { readonly version: number; readonly state: SourceState }[] = [];
  for (const { source, version, state } of stored) {
    try {
      pending.push({ version, state: decodeState(source, state, pipeline) });
    } catch (error) {
      // One state that cannot be read must not keep all others open.
      totals.failed += 1;
      log.error('state not readable', { source, reason: String(error) });
    }
  }
  while (pending.length > 0) {
    const closing = pending.filter(({ state }) => close(state));
    const outcomes = await states.commit(
      closing.map(({ state, version }) => ({
        source: state.source,
        expectedVersion: version,
        state: encodeState(state, pipeline),
        closesAtMs: closesAtMs(state),
      })),
    );
    totals.stateWrites += closing.length;
    pending = [];
    for (const [at, { state }] of closing.entries()) {
      const outcome = outcomes[at];
      if (outcome?.kind === 'committed') {
        totals.closedWindows += state.closed.length;
        pending.push({ version: outcome.version, state });
      } else if (outcome?.kind === 'refused') totals.refused += 1;
      else totals.failed += 1;
    }
  }
}

async function* inGroups(texts: AsyncIterable<string>, size: number): AsyncIterable<string[]> {
  let group: string[] = [];
  for await (const text of texts) {
    group.push(text);
    if (group.length === size) {
      yield group;
      group = [];
    }
  }
  if (group.length > 0) yield group;
}
