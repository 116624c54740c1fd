// Folds in what was set aside for a source while it was held, in stream order and each event once, and then lifts the hold. The source's
// position is what tells whether an event has been folded in, as for any other. It may be stopped anywhere, run again, and run beside
// itself and the reader of the stream. That one sets the events of a batch aside by several writes, which may end in any order: each event
// names the one before it, and is folded in after that one only. Batches come one after the other, each with a new version of the source.
import type { Coordinates } from '../../src/core/event.ts';
import { foldEvents, isPassed } from '../../src/core/fold.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import type { SourceState } from '../../src/core/source-state.ts';
import { emptySourceState } from '../../src/core/source-state.ts';
import { decodeState } from '../../src/core/state-encoding.ts';
import type { Verdict } from '../../src/core/verdict.ts';
import type { DeadLetters } from '../../src/stores/dead-letters.ts';
import type { EventPlace, HeldEvent } from '../../src/stores/held-events.ts';
import { batchesOf } from '../../src/stores/held-events.ts';
import { checkOf, type SourceStates, type StoredState } from '../../src/stores/source-states.ts';
import { toWrite } from './fold-and-commit.ts';
import { loadPages } from './load-pages.ts';

export interface ResumeDeps {
  /** The one that is deployed: windows of aggregations that it does not have would be closed. */
  readonly pipeline: Pipeline;
  readonly states: SourceStates;
  readonly deadLetters: DeadLetters;
  /** Folds in also what comes behind an event that is not there: it is taken for handled from then on. Default: that waits. */
  readonly incomplete?: boolean;
  /** After each write. */
  readonly onProgress?: (folded: number) => void;
}

export type Resumption =
  | { readonly kind: 'resumed'; readonly verdicts: Readonly<Record<Verdict, number>> }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'not-held' }
  /** It stays held: what is wrong with its state is not mended. */
  | { readonly kind: 'not-mended'; readonly detail: string }
  /** The first event set aside waits for the one before it in its batch, which is not set aside yet. */
  | { readonly kind: 'incomplete'; readonly waiting: HeldEvent; readonly lacking: EventPlace }
  /** Others wrote it each time: run it again. */
  | { readonly kind: 'busy'; readonly attempts: number };

/** Events read and folded at a time. */
const PAGE = 500;
/** Refused writes in a row: each batch that comes for the source meanwhile is one. */
const MAX_REFUSALS = 20;

/** Repeating it is safe. @throws StoreError, or Error for a write that failed */
export async function resumeSource(source: string, deps: ResumeDeps): Promise<Resumption> {
  const verdicts = { applied: 0, duplicate: 0, late: 0, quarantined: 0, redelivered: 0 };
  let folded = 0;
  for (let refusals = 0; refusals < MAX_REFUSALS; ) {
    const [stored] = await deps.states.load([source]);
    if (stored === undefined) return { kind: 'unknown' };
    const state = readState(stored, deps.pipeline);
    if (typeof state === 'string') return { kind: 'not-mended', detail: state };
    const found = await deps.deadLetters.heldFor(source, PAGE);
    const events = deps.incomplete === true ? found : upToGap(state, found);
    const [waiting] = found;
    if (events.length === 0 && waiting?.after !== undefined)
      return { kind: 'incomplete', waiting, lacking: waiting.after };
    if (events.length === 0) {
      if (stored.held === undefined)
        return folded === 0 ? { kind: 'not-held' } : { kind: 'resumed', verdicts };
      const outcome = await deps.states.lift(stored);
      if (outcome.kind === 'committed') return { kind: 'resumed', verdicts };
      if (outcome.kind === 'failed') throw new Error(`${source} is still held: ${outcome.reason}`);
      refusals += 1;
      continue;
    }
    const outcome = await foldPage({ state, version: stored.version, check: stored.check }, events, deps);
    if (outcome.kind === 'not-mended') return outcome;
    if (outcome.kind === 'refused') {
      refusals += 1;
      continue;
    }
    refusals = 0;
    folded += events.length;
    for (const verdict of outcome.verdicts) verdicts[verdict] += 1;
    await deps.deadLetters.release(events);
    deps.onProgress?.(folded);
  }
  return { kind: 'busy', attempts: MAX_REFUSALS };
}

/** Those before the first that has an event before it which is neither among them nor folded in. */
function upToGap(state: SourceState, events: readonly HeldEvent[]): readonly HeldEvent[] {
  const taken = new Set<string>();
  const gap = events.findIndex((event) => {
    const { stream, at, after } = event;
    const { shard } = at;
    if (
      after !== undefined &&
      !taken.has(placeText(stream, { ...after, shard })) &&
      !isPassed(state, { stream, shard }, after)
    )
      return true;
    taken.add(placeText(stream, at));
    return false;
  });
  return gap < 0 ? events : events.slice(0, gap);
}

function placeText(stream: string, { shard, sequence, index }: Coordinates): string {
  return `${stream} ${shard} ${sequence} ${index}`;
}

/** The state, or why it cannot be read. A source without one was held at its first event. */
function readState({ source, state, held }: StoredState, pipeline: Pipeline): SourceState | string {
  if (state.length === 0 && held?.reason === 'state-too-large') return emptySourceState(source, pipeline);
  try {
    return decodeState(source, state, pipeline);
  } catch (error) {
    return String(error);
  }
}

type PageOutcome =
  | { readonly kind: 'folded'; readonly verdicts: readonly Verdict[] }
  | { readonly kind: 'refused' }
  | { readonly kind: 'not-mended'; readonly detail: string };

async function foldPage(
  base: { readonly state: SourceState; readonly version: number; readonly check: number | undefined },
  events: readonly HeldEvent[],
  deps: ResumeDeps,
): Promise<PageOutcome> {
  const verdicts: Verdict[] = [];
  let { state, version, check } = base;
  for (const batch of batchesOf(events)) {
    for (let from = 0; from < batch.events.length; ) {
      await loadPages(state, batch, deps, from);
      const result = foldEvents(state, batch, deps.pipeline, from);
      if (result.changed) {
        const write = toWrite({ source: state.source, version, check }, result.state, deps.pipeline);
        const [outcome] = await deps.states.commit([write]);
        if (outcome?.kind === 'refused') return { kind: 'refused' };
        if (outcome?.kind === 'failed' && outcome.tooLarge === true)
          return { kind: 'not-mended', detail: outcome.reason };
        if (outcome?.kind !== 'committed')
          throw new Error(
            `${state.source} was not written: ${outcome?.reason ?? 'the store gave no outcome'}`,
          );
        version = outcome.version;
        check = checkOf(write.state);
      }
      verdicts.push(...result.verdicts);
      state = result.state;
      from = result.next;
    }
  }
  return { kind: 'folded', verdicts };
}
