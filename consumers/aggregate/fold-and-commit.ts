// Fold, then commit under the version loaded; what a commit is refused for is folded again on what is stored.
import type { EpochMs, SequenceNumber } from '../../src/core/brands.ts';
import { closesAtMs } from '../../src/core/close-windows.ts';
import type { FoldResult } from '../../src/core/fold.ts';
import { foldEvents, pagesToRead } from '../../src/core/fold.ts';
import { horizonStart } from '../../src/core/identity.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import { asksForTick, behindTick } from '../../src/core/silence.ts';
import type { SourceEvents } from '../../src/core/source-events.ts';
import type { SourceState } from '../../src/core/source-state.ts';
import { emptySourceState } from '../../src/core/source-state.ts';
import {
  aggregationTexts,
  decodeState,
  type EncodedState,
  encodeState,
} from '../../src/core/state-encoding.ts';
import type { Verdict } from '../../src/core/verdict.ts';
import type { Holding } from '../../src/stores/held-events.ts';
import type {
  CommitOutcome,
  Hold,
  SourceStates,
  StateWrite,
  StoredState,
} from '../../src/stores/source-states.ts';
import { checkOf } from '../../src/stores/source-states.ts';
import type { StateCache } from './state-cache.ts';

/** One source's part of a batch on its way. */
export interface Work {
  readonly source: string;
  events: SourceEvents;
  state: SourceState;
  /** undefined: the source is not in the table. */
  version: number | undefined;
  /** What stands in the table with that version. */
  encoded: EncodedState | undefined;
  /** `checkOf` the state in the table, as stored beside it; undefined: an earlier release wrote the state. */
  check: number | undefined;
  /** Why nothing is folded into it, if it is held. */
  held: Hold | undefined;
  /** The first event not committed yet. */
  from: number;
  refusals: number;
  /** The tick before the batch is among those of `events`. */
  isBehindTick?: boolean;
}

/** Work that cannot be folded, now or however often it is tried: it is to be set aside. */
export interface UnfitWork extends Holding {
  readonly work: Work;
}

/** What of a source's work was not done: everything from `sequence` on. */
export interface WorkFailure {
  readonly source: string;
  readonly sequence: SequenceNumber;
  readonly reason: string;
  /** How many of the source's events in the batch have no verdict yet. */
  readonly events: number;
}

export interface CommitReport {
  readonly failures: readonly WorkFailure[];
  readonly unfit: readonly UnfitWork[];
  readonly verdicts: Record<Verdict, number>;
  readonly stateWrites: number;
  /** Pages of remembered ids, read since an event came that they may know. */
  readonly pageReads: number;
  readonly refusals: number;
  readonly closedWindows: number;
}

export interface CommitDeps {
  readonly states: SourceStates;
  readonly cache: StateCache;
  readonly pipeline: Pipeline;
  /** The latest tick before the batch in its shard, read when it is first asked for; undefined: there is none. */
  readonly tickBefore: () => Promise<EpochMs | undefined>;
}

/** How often a refused write is folded again: a source has one writer, so a second refusal is already rare. */
export const MAX_REFUSALS = 5;

export async function foldAndCommit(works: readonly Work[], deps: CommitDeps): Promise<CommitReport> {
  const { states, cache, pipeline } = deps;
  const failures: WorkFailure[] = [];
  const unfit: UnfitWork[] = [];
  const verdicts = { applied: 0, duplicate: 0, late: 0, quarantined: 0, redelivered: 0 };
  let stateWrites = 0;
  let refusals = 0;
  let closedWindows = 0;
  let pending = works;
  let pageReads = 0;
  while (pending.length > 0) {
    const folded: { work: Work; result: FoldResult; write: StateWrite }[] = [];
    const asked = await askForTicks(pending, deps);
    const reading = await readPages(asked.ready, deps);
    failures.push(...asked.failures, ...reading.failures);
    unfit.push(...reading.unfit);
    pageReads += reading.reads;
    for (const work of reading.ready) {
      const result = foldEvents(work.state, work.events, pipeline, work.from);
      if (result.changed) folded.push({ work, result, write: toWrite(work, result.state, pipeline) });
      else {
        count(verdicts, result);
        keep(cache, work, result.state);
      }
    }
    stateWrites += folded.length;
    const outcomes = await commitAll(
      states,
      folded.map(({ write }) => write),
    );
    const again: Work[] = [];
    for (const [at, { work, result, write }] of folded.entries()) {
      const outcome: CommitOutcome = outcomes[at] ?? { kind: 'failed', reason: 'the store gave no outcome' };
      if (outcome.kind === 'committed') {
        count(verdicts, result);
        closedWindows += result.state.closed.length;
        work.state = result.state;
        work.version = outcome.version;
        work.encoded = write.state;
        work.check = checkOf(write.state);
        work.from = result.next;
        if (work.from < work.events.events.length) again.push(work);
        else keep(cache, work, result.state);
      } else if (outcome.kind === 'refused' && work.refusals < MAX_REFUSALS) {
        if (refusals === 0) cache.forget(work.events.shard);
        refusals += 1;
        work.refusals += 1;
        const holding = adopt(work, outcome.stored, pipeline);
        if (holding === undefined) again.push(work);
        else unfit.push({ work, ...holding });
      } else if (outcome.kind === 'failed' && outcome.tooLarge === true) {
        unfit.push({ work, reason: 'state-too-large', detail: `its state: ${outcome.reason}` });
      } else {
        const reason = outcome.kind === 'refused' ? `refused ${MAX_REFUSALS + 1} times` : outcome.reason;
        failures.push(failureOf(work, reason));
      }
    }
    pending = again;
  }
  return { failures, unfit, verdicts, stateWrites, pageReads, refusals, closedWindows };
}

/** What is kept is known again by its checksum, whatever has become of the item meanwhile. */
function keep(cache: StateCache, { source, version, encoded, check }: Work, state: SourceState): void {
  if (version !== undefined && encoded !== undefined && check !== undefined)
    cache.put(source, { state, version, encoded, check });
}

/** What is set aside keeps the ticks it came behind, so that folding it in later judges silence as if it had not waited. */
export async function putBehindTicks(
  works: readonly UnfitWork[],
  { tickBefore }: Pick<CommitDeps, 'tickBefore'>,
): Promise<{ readonly ready: readonly UnfitWork[]; readonly failures: readonly WorkFailure[] }> {
  const asking = works.filter(({ work }) => work.isBehindTick !== true);
  if (asking.length === 0) return { ready: works, failures: [] };
  try {
    const tickMs = await tickBefore();
    for (const { work } of asking) putBehind(work, tickMs);
    return { ready: works, failures: [] };
  } catch (error) {
    const failures = asking.map(({ work }) => failureOf(work, `the ticks of its shard: ${String(error)}`));
    return { ready: works.filter((each) => !asking.includes(each)), failures };
  }
}

function putBehind(work: Work, tickMs: EpochMs | undefined): void {
  work.isBehindTick = true;
  if (tickMs !== undefined) work.events = behindTick(work.events, tickMs);
}

/** Puts the events of sources that may have been silent behind the tick before the batch. They fail alone where it cannot be read. */
async function askForTicks(
  works: readonly Work[],
  { pipeline, tickBefore }: CommitDeps,
): Promise<{ readonly ready: readonly Work[]; readonly failures: readonly WorkFailure[] }> {
  const asking = works.filter(
    ({ state, events, isBehindTick }) => isBehindTick !== true && asksForTick(state, events, pipeline),
  );
  if (asking.length === 0) return { ready: works, failures: [] };
  try {
    const tickMs = await tickBefore();
    for (const work of asking) putBehind(work, tickMs);
    return { ready: works, failures: [] };
  } catch (error) {
    const failures = asking.map((work) => failureOf(work, `the ticks of its shard: ${String(error)}`));
    return { ready: works.filter((work) => !asking.includes(work)), failures };
  }
}

/** Brings to hand the pages of ids that the folds will ask for. Sources whose pages cannot be read are unfit alone. */
async function readPages(
  works: readonly Work[],
  { states, pipeline }: { readonly states: SourceStates; readonly pipeline: Pipeline },
): Promise<{
  readonly ready: readonly Work[];
  readonly failures: readonly WorkFailure[];
  readonly unfit: readonly UnfitWork[];
  readonly reads: number;
}> {
  const wanted = works.flatMap((work) =>
    pagesToRead(work.state, work.events, pipeline, work.from).map((page) => ({
      work,
      source: work.source,
      page,
    })),
  );
  if (wanted.length === 0) return { ready: works, failures: [], unfit: [], reads: 0 };
  const failed = new Map<Work, string>();
  const unreadable = new Map<Work, string>();
  try {
    const found = await states.loadPages(wanted);
    const aggregations = aggregationTexts(pipeline);
    for (const [at, { work, page }] of wanted.entries()) {
      try {
        work.state.ids.takePage(page, found[at], aggregations);
      } catch (error) {
        unreadable.set(work, `page ${page} of its remembered ids: ${String(error)}`);
      }
    }
  } catch (error) {
    for (const { work } of wanted) failed.set(work, String(error));
  }
  return {
    ready: works.filter((work) => !failed.has(work) && !unreadable.has(work)),
    failures: [...failed].map(([work, reason]) => failureOf(work, reason)),
    unfit: [...unreadable].map(([work, detail]) => ({ work, reason: 'state-unreadable', detail })),
    reads: wanted.length,
  };
}

/**
 * Goes on from what is stored, or from nothing where the source is not there. A source that is held, or whose state cannot be
 * read, is trouble for itself alone: gives what is wrong with it.
 */
export function adopt(work: Work, stored: StoredState | undefined, pipeline: Pipeline): Holding | undefined {
  work.version = stored?.version;
  work.encoded = stored?.state;
  work.check = stored?.check;
  work.held = stored?.held;
  if (stored?.held !== undefined) {
    const since = new Date(stored.held.sinceMs).toISOString();
    return { reason: stored.held.reason, detail: `the source is held since ${since}` };
  }
  try {
    work.state =
      stored === undefined
        ? emptySourceState(work.source, pipeline)
        : decodeState(work.source, stored.state, pipeline);
    return undefined;
  } catch (error) {
    return { reason: 'state-unreadable', detail: String(error) };
  }
}

export function failureOf(work: Work, reason: string): WorkFailure {
  const sequence = work.events.sequences[work.from];
  if (sequence === undefined) throw new Error(`no event ${work.from} in the batch of ${work.source}`);
  return { source: work.source, sequence, reason, events: work.events.events.length - work.from };
}

/** Where the table cannot be reached at all, every write counts as failed: whichever was done is found when it is redelivered. */
async function commitAll(
  states: SourceStates,
  writes: readonly StateWrite[],
): Promise<readonly CommitOutcome[]> {
  if (writes.length === 0) return [];
  try {
    return await states.commit(writes);
  } catch (error) {
    const reason = String(error);
    return writes.map(() => ({ kind: 'failed', reason }));
  }
}

/** Takes from the state what is written beside it: the write that is made of it last is the one to commit. */
export function toWrite(
  work: Pick<Work, 'source' | 'version' | 'check'>,
  state: SourceState,
  pipeline: Pipeline,
): StateWrite {
  const keptFrom = pipeline.dedupeByTime ? Number.POSITIVE_INFINITY : horizonStart(state, pipeline);
  const pages = state.ids.takeWrites(keptFrom, aggregationTexts(pipeline));
  return {
    source: work.source,
    expectedVersion: work.version,
    ...(work.check === undefined ? {} : { expectedCheck: work.check }),
    state: encodeState(state),
    closesAtMs: closesAtMs(state),
    pages,
  };
}

function count(verdicts: CommitReport['verdicts'], { verdicts: given }: FoldResult): void {
  for (const verdict of given) verdicts[verdict] += 1;
}
