// Puts events of dead letters back into their source, in order, each at most once in effect however often this is run, beside whom,
// and wherever it is killed:
//
// 1. The state is loaded. What its latest redriving write put back stands in its item, and is noted beside these letters first.
// 2. Then, and not before, it is looked up which letters have been put back. 3. The others are folded in and written under the version
// loaded, together with their names, in place of those noted in step 1.
//
// So a letter that was put back either stands in the item, or beside the letter since before the version that was loaded.
import type { SequenceNumber, ShardId } from '../../src/core/brands.ts';
import type { TelemetryEvent } from '../../src/core/event.ts';
import type { FoldResult } from '../../src/core/fold.ts';
import { foldEvents, isPassed } from '../../src/core/fold.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import type { CountedBefore, SourceEvents } from '../../src/core/source-events.ts';
import type { SourceState } from '../../src/core/source-state.ts';
import { emptySourceState } from '../../src/core/source-state.ts';
import { decodeState } from '../../src/core/state-encoding.ts';
import type { DeadLetter, DeadLetters } from '../../src/stores/dead-letters.ts';
import { letterKey } from '../../src/stores/dead-letters.ts';
import type { RedrivenLetter, SourceStates, StoredState } from '../../src/stores/source-states.ts';
import { toWrite } from './fold-and-commit.ts';
import { loadPages } from './load-pages.ts';

/** A letter, and the event that is to be put back for it. */
export interface Candidate {
  readonly letter: DeadLetter;
  readonly event: TelemetryEvent;
}

export interface RedriveSourceDeps {
  /** The one that is deployed: windows of aggregations that it does not have would be closed. */
  readonly pipeline: Pipeline;
  readonly states: SourceStates;
  readonly deadLetters: DeadLetters;
  /**
   * Puts back also what may have been folded in before its batch was given up: an event without an id, behind its source's position.
   * Default: it is left.
   */
  readonly doubtful?: boolean;
}

/** Why a letter is left as it is. */
export type LeftFor = 'already' | 'still-refused' | 'doubtful' | 'held' | 'unreadable' | 'too-large' | 'busy';

export interface RedriveReport {
  readonly became: { readonly applied: number; readonly duplicate: number; readonly late: number };
  readonly left: readonly { readonly candidate: Candidate; readonly why: LeftFor }[];
}

/** Letters a write: their names are in the item, with which a state has to be under 400 KB. */
const LETTERS_A_WRITE = 40;
/** Refused writes in a row: each batch that comes for the source meanwhile is one. */
const MAX_REFUSALS = 20;

/** `candidates` in stream order. Repeating it is safe. @throws StoreError, or Error for a write that failed */
export async function redriveSource(
  source: string,
  candidates: readonly Candidate[],
  deps: RedriveSourceDeps,
): Promise<RedriveReport> {
  const became = { applied: 0, duplicate: 0, late: 0 };
  const left: { candidate: Candidate; why: LeftFor }[] = [];
  const leave = (all: readonly Candidate[], why: LeftFor) => {
    left.push(...all.map((candidate) => ({ candidate, why })));
  };
  let waiting = candidates;
  for (let refusals = 0; waiting.length > 0; ) {
    const page = firstOfOneShard(waiting);
    const outcome = await redrivePage(source, page, deps);
    if (outcome.kind === 'refused') {
      refusals += 1;
      if (refusals < MAX_REFUSALS) continue;
      leave(waiting, 'busy');
      break;
    }
    if (outcome.kind === 'unfit') {
      leave(waiting, outcome.why);
      break;
    }
    refusals = 0;
    for (const verdict of outcome.verdicts) if (verdict in became) became[verdict] += 1;
    for (const [candidate, why] of outcome.left) leave([candidate], why);
    waiting = waiting.slice(outcome.handled);
  }
  await forget(source, deps);
  return { became, left };
}

type Outcome = 'applied' | 'duplicate' | 'late';

type PageOutcome =
  | { readonly kind: 'refused' }
  | { readonly kind: 'unfit'; readonly why: 'held' | 'unreadable' | 'too-large' }
  | {
      readonly kind: 'done';
      readonly verdicts: readonly Outcome[];
      readonly left: ReadonlyMap<Candidate, LeftFor>;
      /** How many letters of the page were handled, counted from its beginning. */
      readonly handled: number;
    };

async function redrivePage(
  source: string,
  page: readonly Candidate[],
  deps: RedriveSourceDeps,
): Promise<PageOutcome> {
  const { states, deadLetters, pipeline } = deps;
  const [stored] = await states.load([source]);
  if (stored?.held !== undefined) return { kind: 'unfit', why: 'held' };
  const known = new Set((stored?.redriven ?? []).map(({ letter }) => nameOf(letter)));
  await deadLetters.noteFates(stored?.redriven ?? []);
  const fates = await deadLetters.fates(page.map(({ letter }) => letterKey(letter)));
  const left = new Map<Candidate, LeftFor>();
  const waiting = page.filter((candidate, at) => {
    const isDone = fates[at] !== undefined || known.has(nameOf(letterKey(candidate.letter)));
    if (isDone) left.set(candidate, 'already');
    return !isDone;
  });
  const folded = await fold(source, stored, waiting, { deps, left });
  if (folded === 'unreadable') return { kind: 'unfit', why: folded };
  if (folded === undefined) return { kind: 'done', verdicts: [], left, handled: page.length };
  const { result, entries, verdicts } = folded;
  const write = toWrite({ source, version: stored?.version, check: stored?.check }, result.state, pipeline);
  const [outcome] = await states.commit([{ ...write, redriven: entries }]);
  if (outcome?.kind === 'refused') return { kind: 'refused' };
  if (outcome?.kind === 'failed' && outcome.tooLarge === true) return { kind: 'unfit', why: 'too-large' };
  if (outcome?.kind !== 'committed')
    throw new Error(`${source} was not written: ${outcome?.reason ?? 'the store gave no outcome'}`);
  await deadLetters.noteFates(entries);
  return { kind: 'done', verdicts, left, handled: handledOf(page, { ...folded, left }) };
}

/** What a write carries downstream has its bound: what was not reached comes with the next page. */
function handledOf(
  page: readonly Candidate[],
  { taken, left }: { readonly taken: readonly Candidate[]; readonly left: Map<Candidate, LeftFor> },
): number {
  const first = page.findIndex((candidate) => !left.has(candidate) && !taken.includes(candidate));
  if (first < 0) return page.length;
  for (const candidate of page.slice(first)) left.delete(candidate);
  return first;
}

interface Folded {
  readonly result: FoldResult;
  readonly taken: readonly Candidate[];
  readonly entries: readonly RedrivenLetter[];
  readonly verdicts: readonly Outcome[];
}

/** Folds what can be; what would be quarantined once more is left a letter, as if it had not been tried. */
async function fold(
  source: string,
  stored: StoredState | undefined,
  candidates: readonly Candidate[],
  { deps, left }: { readonly deps: RedriveSourceDeps; readonly left: Map<Candidate, LeftFor> },
): Promise<Folded | 'unreadable' | undefined> {
  let trying = candidates;
  for (;;) {
    const state = readState(source, stored, deps.pipeline);
    if (state === undefined) return 'unreadable';
    if (deps.doubtful !== true) {
      for (const candidate of trying) if (isDoubtful(state, candidate)) left.set(candidate, 'doubtful');
      trying = trying.filter((candidate) => !left.has(candidate));
    }
    if (trying.length === 0) return undefined;
    const batch = batchOf(trying, state.counts.quarantined);
    await loadPages(state, batch, deps);
    const result = foldEvents(state, batch, deps.pipeline);
    const refused = trying.filter((_, at) => result.verdicts[at] === 'quarantined');
    if (refused.length === 0) return toFolded(result, trying);
    for (const candidate of refused) left.set(candidate, 'still-refused');
    trying = trying.filter((candidate) => !left.has(candidate));
  }
}

function toFolded(result: FoldResult, trying: readonly Candidate[]): Folded {
  const verdicts = result.verdicts.filter(isOutcome);
  const taken = trying.slice(0, result.next);
  const entries = taken.map(({ letter }, at) => ({
    letter: letterKey(letter),
    became: verdicts[at] ?? '',
    was: letter.reason,
    ...(letter.countedBySource === undefined ? {} : { bySource: true as const }),
    ...(letter.number === undefined || letter.source === undefined
      ? {}
      : { place: { source: letter.source, number: letter.number } }),
  }));
  return { result, taken, entries, verdicts };
}

function isOutcome(verdict: string): verdict is Outcome {
  return verdict === 'applied' || verdict === 'duplicate' || verdict === 'late';
}

/** It may have been folded in before its batch was given up for others: nothing tells. */
function isDoubtful(state: SourceState, { letter, event }: Candidate): boolean {
  const { reason, at, stream = '' } = letter;
  return reason === 'given-up' && event.id === undefined && isPassed(state, { stream, shard: at.shard }, at);
}

function readState(
  source: string,
  stored: StoredState | undefined,
  pipeline: Pipeline,
): SourceState | undefined {
  if (stored === undefined) return emptySourceState(source, pipeline);
  try {
    return decodeState(source, stored.state, pipeline);
  } catch {
    return undefined;
  }
}

/** `countedBySource`: how many its books hold; those of a source that was erased are none. */
function batchOf(candidates: readonly Candidate[], counted: number): SourceEvents {
  const shard = (candidates[0]?.letter.at.shard ?? '') as ShardId;
  let left = counted;
  const redriven = candidates.map(({ letter }): CountedBefore => {
    if (letter.countedBySource === undefined || left === 0) return undefined;
    left -= 1;
    return 'quarantined';
  });
  return {
    stream: candidates[0]?.letter.stream ?? '',
    shard,
    events: candidates.map(({ event }) => event),
    sequences: candidates.map(({ letter }): SequenceNumber => letter.at.sequence),
    indexes: candidates.map(({ letter }) => letter.at.index),
    arrivalsMs: candidates.map(({ letter }) => letter.arrivalMs),
    strays: undefined,
    redriven,
  };
}

/** A shard is one of a stream: another stream has shards of the same names. */
function firstOfOneShard(candidates: readonly Candidate[]): readonly Candidate[] {
  const [first] = candidates;
  const end = candidates.findIndex(
    ({ letter: { at, stream } }) => at.shard !== first?.letter.at.shard || stream !== first.letter.stream,
  );
  return candidates.slice(0, Math.min(LETTERS_A_WRITE, end < 0 ? candidates.length : end));
}

/** Takes the names out of the item: nothing waits for that, and the next who puts back does it too. */
async function forget(source: string, { states, deadLetters }: RedriveSourceDeps): Promise<void> {
  const [stored] = await states.load([source]);
  if (stored?.redriven === undefined || stored.held !== undefined) return;
  await deadLetters.noteFates(stored.redriven);
  await states.forgetRedriven(stored);
}

function nameOf({ record, event }: { readonly record: string; readonly event: string }): string {
  return `${record} ${event}`;
}
