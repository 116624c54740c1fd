// The centre of the system: folds events of one source, in stream order, into its state. No clock, no randomness, no I/O: the
// result depends only on the order of the events, not on how they were cut into batches or how often they were delivered.
import { applyToOpenWindows, growthOf, isLate, LATE, noteLate } from './apply-event.ts';
import type { EpochMs, SequenceNumber } from './brands.ts';
import { closeByEventTime, closeSilent } from './close-windows.ts';
import type { TelemetryEvent } from './event.ts';
import { timeProblemOf } from './event-time.ts';
import { horizonStart, isBeyondTelling, isDuplicate, isFullOfIds, rememberApplied } from './identity.ts';
import { MAX_EVENT_GROWTH_BYTES, MAX_OPEN_WINDOWS, MAX_OUTGOING_BYTES, MAX_WINDOW_BYTES } from './limits.ts';
import type { Pipeline } from './pipeline/pipeline.ts';
import { placeId } from './place-id.ts';
import { compareIndexes } from './record-index.ts';
import { compareSequenceNumbers } from './sequence-number.ts';
import { cuttingOf, RESUMED } from './shape/cutting.ts';
import { SilenceBefore } from './silence.ts';
import type { SourceEvents } from './source-events.ts';
import type { Letter, SourceState, UpTo } from './source-state.ts';
import { beginWrite } from './source-state.ts';
import type { Verdict } from './verdict.ts';

export interface FoldResult {
  readonly state: SourceState;
  /** One for each event looked at, in order. */
  readonly verdicts: readonly Verdict[];
  /** Where to continue after committing: less than the number of events if the write had grown large enough. */
  readonly next: number;
  /** False if everything was redelivered, so that there is nothing to commit. */
  readonly changed: boolean;
}

/** Folds `batch` from event `from` on. The given state is consumed: continue with the returned one. */
export function foldEvents(
  state: SourceState,
  batch: SourceEvents,
  pipeline: Pipeline,
  from = 0,
): FoldResult {
  const verdicts: Verdict[] = [];
  const { counts, ids } = state;
  const before = batch.redriven === undefined ? positionIn(state, batch) : undefined;
  const stranded = batch.redriven === undefined ? strandedSequence(batch, { before, pipeline }) : undefined;
  let outgoingBytes = 0;
  let next = from;
  let changed = false;
  let last = -1;
  const silence = new SilenceBefore(batch);
  // At least one event, whatever the write carries already, so that the fold always advances.
  const hasRoom = () => outgoingBytes < MAX_OUTGOING_BYTES && !ids.hasManyPagesToWrite;
  for (; next < batch.events.length && (!changed || hasRoom()); next += 1) {
    const event = batch.events[next];
    const sequence = batch.sequences[next];
    const index = batch.indexes[next];
    const arrivalMs = batch.arrivalsMs[next];
    if (event === undefined || sequence === undefined || index === undefined || arrivalMs === undefined)
      throw unequalColumns(state, next);
    // In stream order, all events after a new one are new.
    if (!changed && before !== undefined && isAtOrBefore(sequence, index, before)) {
      verdicts.push('redelivered');
      continue;
    }
    const silent = silence.windowsAt(next, state);
    if (!changed) {
      changed = true;
      beginWrite(state);
      for (const window of state.closed) outgoingBytes += window.bytes;
    }
    if (silent.length > 0) {
      outgoingBytes += closeSilent(state, silent, MAX_OUTGOING_BYTES - outgoingBytes);
      // The write carries what has closed; the event itself comes after it.
      if (!hasRoom()) break;
    }
    last = next;
    const counted = batch.redriven?.[next];
    if (counted === undefined) counts.received += 1;
    else counts[counted] -= 1;
    if (batch.strays?.has(next) === true) state.strays += 1;
    const problem = sequence === stranded ? 'shape-changed' : timeProblemOf(event.time, arrivalMs, pipeline);
    if (problem !== undefined) {
      counts.quarantined += 1;
      verdicts.push('quarantined');
      const { maxTime } = state;
      const skew = problem === 'clock-skew' ? { maxClockSkewMs: pipeline.maxClockSkewMs } : {};
      const at = { shard: batch.shard, sequence, index };
      outgoingBytes += handOn(state, batch, { reason: problem, at, arrivalMs, event, maxTime, ...skew });
      continue;
    }
    if (arrivalMs > state.lastArrivalMs) {
      silence.end(state, arrivalMs, pipeline);
      state.lastArrivalMs = arrivalMs;
    }
    const maxTimeBefore = state.maxTime;
    outgoingBytes += advanceTo(state, event.time, arrivalMs);
    const known = event.id === undefined ? knownByPlace(state, batch, next) : event;
    // What is read in its turn is not remembered by its place: the position tells of it.
    const remembered = batch.redriven === undefined ? event : known;
    const verdict = isDuplicate(state, known, maxTimeBefore, pipeline)
      ? 'duplicate'
      : applyNew(state, event, remembered, maxTimeBefore, pipeline);
    verdicts.push(verdict);
    if (verdict === 'applied') {
      counts.applied += 1;
      if (remembered !== event) state.placesUntilMs = Math.max(state.placesUntilMs, arrivalMs);
      continue;
    }
    counts[verdict] += 1;
    if (verdict !== 'duplicate') {
      const at = { shard: batch.shard, sequence, index };
      const reason = verdict === 'late' ? 'late' : 'source-full';
      outgoingBytes += handOn(state, batch, { reason, at, arrivalMs, event, maxTime: maxTimeBefore });
    }
  }
  if (last >= 0 && batch.redriven === undefined) moveUpTo(state, batch, last, stranded, pipeline);
  return { state, verdicts, next, changed };
}

/** The source's event time goes on to that of an event. Returns the rough size in bytes of what that closes. */
function advanceTo(state: SourceState, time: EpochMs, arrivalMs: EpochMs): number {
  if (time > state.latestTime) state.latestTime = time;
  // A clock that is ahead fills its own windows early, and makes no other event late.
  const shown = time < arrivalMs ? time : arrivalMs;
  if (shown <= state.maxTime) return 0;
  state.maxTime = shown;
  let closedBytes = 0;
  // None of the windows that this closes contains the event: they all end before it or at it.
  for (const aggregation of state.open) closedBytes += closeByEventTime(state, aggregation);
  return closedBytes;
}

/** Returns its rough size in bytes. */
function handOn(
  state: SourceState,
  { redriven, stream }: Pick<SourceEvents, 'redriven' | 'stream'>,
  told: Omit<Letter, 'number' | 'stream'>,
): number {
  const letter = stream === '' ? told : { ...told, stream };
  if (redriven !== undefined) state.letters.push(letter);
  else {
    state.handedOn += 1;
    state.letters.push({ ...letter, number: state.handedOn });
  }
  return LETTER_BYTES + roughBytes(letter.event);
}

/**
 * Rules 3 and 4 of the semantics, for an event that is no duplicate; one that is applied is in its windows then, and its id remembered.
 * `remembered` is the event under the name that it is remembered by.
 */
function applyNew(
  state: SourceState,
  event: TelemetryEvent,
  remembered: TelemetryEvent,
  maxTimeBefore: EpochMs,
  pipeline: Pipeline,
): Exclude<Verdict, 'redelivered' | 'duplicate'> {
  if (isFull(state, remembered, maxTimeBefore, pipeline)) {
    if (!isLate(state, event, maxTimeBefore)) return 'quarantined';
    noteLate(state, event);
    return 'late';
  }
  const folded = applyToOpenWindows(state, event, maxTimeBefore);
  if (folded === LATE) return 'late';
  if (folded === 0 && isBeyondTelling(event, maxTimeBefore, pipeline)) return 'late';
  rememberApplied(state, remembered, folded, pipeline);
  return 'applied';
}

/**
 * The event without an id at `at` of the batch, under the name it is remembered by. One that is put back before the position has come to its
 * record is known by its place: whoever comes to the record later finds it folded in.
 */
function knownByPlace(state: SourceState, batch: SourceEvents, at: number): TelemetryEvent {
  const { shard, redriven } = batch;
  const event = batch.events[at];
  const sequence = batch.sequences[at];
  const index = batch.indexes[at];
  const arrivalMs = batch.arrivalsMs[at];
  if (event === undefined || sequence === undefined || index === undefined || arrivalMs === undefined)
    throw unequalColumns(state, at);
  const place = { shard, sequence, index };
  const isKnown = redriven === undefined ? arrivalMs <= state.placesUntilMs : !isPassed(state, batch, place);
  return isKnown ? { ...event, id: placeId(place, arrivalMs) } : event;
}

function unequalColumns({ source }: SourceState, at: number): Error {
  return new Error(`columns of unequal length at event ${at} of ${source}`);
}

/**
 * The pages of remembered ids that `foldEvents` will need and that are not at hand: read them first, and pass them to
 * `state.ids.takePage`. Usually none: a container needs those of the dedupe horizon when it begins, and later only those that may
 * know an event as old as the one that comes.
 */
export function pagesToRead(
  state: SourceState,
  batch: SourceEvents,
  pipeline: Pipeline,
  from = 0,
): readonly number[] {
  if (!state.ids.hasPages) return [];
  const pages = new Set<number>();
  const before = batch.redriven === undefined ? positionIn(state, batch) : undefined;
  const rules = { oldest: horizonStart(state, pipeline), byTime: pipeline.dedupeByTime };
  for (let at = from; at < batch.events.length; at += 1) {
    const event = batch.events[at];
    const sequence = batch.sequences[at];
    const index = batch.indexes[at];
    const arrivalMs = batch.arrivalsMs[at];
    if (event === undefined || sequence === undefined || index === undefined || arrivalMs === undefined)
      continue;
    if (before !== undefined && isAtOrBefore(sequence, index, before)) continue;
    const { id } = event.id === undefined ? knownByPlace(state, batch, at) : event;
    if (id !== undefined) for (const page of state.ids.pagesFor(id, event.time, rules)) pages.add(page);
  }
  return [...pages];
}

/** Whether there is no room for the event: the state with it could not be stored. */
function isFull(
  state: SourceState,
  event: TelemetryEvent,
  maxTimeBefore: EpochMs,
  pipeline: Pipeline,
): boolean {
  if (event.id !== undefined && isFullOfIds(state, pipeline)) return true;
  let most = state.windowBytes;
  for (const { growthMost } of state.open) most += growthMost;
  // Far from the limit, there is no need to look at the event.
  if (
    most - state.windowBytes <= MAX_EVENT_GROWTH_BYTES &&
    most <= MAX_WINDOW_BYTES &&
    state.windowCount <= MAX_OPEN_WINDOWS / 2
  )
    return false;
  const { bytes, windows } = growthOf(state, event, maxTimeBefore);
  if (bytes > MAX_EVENT_GROWTH_BYTES || state.windowBytes + bytes > MAX_WINDOW_BYTES) return true;
  return state.windowCount + windows > MAX_OPEN_WINDOWS;
}

/** Whether the source's position has reached or passed an event. */
export function isPassed(
  state: SourceState,
  batch: Pick<SourceEvents, 'stream' | 'shard'>,
  { sequence, index }: { readonly sequence: SequenceNumber; readonly index: number },
): boolean {
  const before = positionIn(state, batch);
  return before !== undefined && isAtOrBefore(sequence, index, before);
}

function positionIn(state: SourceState, batch: Pick<SourceEvents, 'stream' | 'shard'>): UpTo | undefined {
  return state.upTo.find((entry) => isOfShard(entry, batch));
}

function isOfShard({ stream, shard }: UpTo, batch: Pick<SourceEvents, 'stream' | 'shard'>): boolean {
  return shard === batch.shard && (stream === undefined || stream === batch.stream);
}

function isAtOrBefore(sequence: SequenceNumber, index: number, upTo: UpTo): boolean {
  const order = compareSequenceNumbers(sequence, upTo.sequence);
  return order < 0 || (order === 0 && (upTo.rest === 'none' || compareIndexes(index, upTo.index) <= 0));
}

/** The record that was partly folded in while records were cut differently: which of its events were folded in is unknown. */
function strandedSequence(
  { sequences, arrivalsMs }: SourceEvents,
  { before, pipeline }: { readonly before: UpTo | undefined; readonly pipeline: Pipeline },
): SequenceNumber | undefined {
  if (before === undefined || typeof before.rest !== 'number') return undefined;
  const arrivalMs = arrivalsMs[sequences.indexOf(before.sequence)];
  if (arrivalMs === undefined) return undefined;
  return before.rest === cuttingOf(pipeline.shapes, arrivalMs) ? undefined : before.sequence;
}

/** `last` is the last event folded in; a record with more events of the source behind it is partly folded in. */
function moveUpTo(
  state: SourceState,
  batch: SourceEvents,
  last: number,
  stranded: SequenceNumber | undefined,
  pipeline: Pipeline,
): void {
  const sequence = batch.sequences[last];
  const index = batch.indexes[last];
  const arrivalMs = batch.arrivalsMs[last];
  if (sequence === undefined || index === undefined || arrivalMs === undefined) return;
  const { stream, shard } = batch;
  const isWhole =
    batch.sequences[last + 1] !== sequence &&
    (batch.mayGoOn === undefined || last + 1 < batch.sequences.length);
  const cutting = () => (sequence === stranded ? RESUMED : cuttingOf(pipeline.shapes, arrivalMs));
  const moved: UpTo = { stream, shard, sequence, index, rest: isWhole ? 'none' : cutting() };
  const [latest] = state.upTo;
  // Nearly always the same shard as in the write before.
  if (latest !== undefined && latest.stream === stream && latest.shard === shard) {
    state.upTo[0] = moved;
    return;
  }
  const others = state.upTo
    .filter((entry) => !isOfShard(entry, batch))
    .map((entry) => (entry.stream === undefined ? { ...entry, stream } : entry));
  state.upTo = [moved, ...others];
}

/** Coordinates and times of an event that becomes a dead letter. */
const LETTER_BYTES = 200;

/** Its bytes as JSON, or a few more: up to three per code unit if it is not ASCII. */
function roughBytes(event: TelemetryEvent): number {
  const json = JSON.stringify(event);
  return /[\u0080-\uffff]/.test(json) ? 3 * json.length : json.length;
}
