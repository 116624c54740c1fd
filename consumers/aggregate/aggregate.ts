// The consumer of the stream: decode, load, fold, commit. What could not be committed is reported at the lowest
// sequence number concerned; a bad event is quarantined and never holds its shard.
import type { SequenceNumber } from '../../src/core/brands.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import { compareSequenceNumbers } from '../../src/core/sequence-number.ts';
import { emptySourceState } from '../../src/core/source-state.ts';
import { aggregationTexts } from '../../src/core/state-encoding.ts';
import type { Verdict } from '../../src/core/verdict.ts';
import type { Log, Meter } from '../../src/platform/observe.ts';
import type { DeadLetters } from '../../src/stores/dead-letters.ts';
import type { HeldEvent, Holding } from '../../src/stores/held-events.ts';
import { heldFrom } from '../../src/stores/held-events.ts';
import type { SourceStates, StoredState } from '../../src/stores/source-states.ts';
import type { RecordPlace } from '../../src/stores/stream-progress.ts';
import { batchItemFailures } from '../../src/wire/batch-item-failures.ts';
import type { BatchItemFailures, KinesisEventRecord, StreamEvent } from '../../src/wire/stream-records.ts';
import { decodeBatch, recordPlace, shardOf } from './decode-batch.ts';
import type { CommitDeps, CommitReport, UnfitWork, Work, WorkFailure } from './fold-and-commit.ts';
import { adopt, failureOf, foldAndCommit, putBehindTicks } from './fold-and-commit.ts';
import { setAside } from './set-aside.ts';
import type { ShardProgress } from './shard-progress.ts';
import { type CachedState, StateCache, stateCacheBytes } from './state-cache.ts';
import { type KnownDevices, tagDevices } from './tag-devices.ts';

export interface AggregateDeps {
  readonly pipeline: Pipeline;
  readonly states: SourceStates;
  readonly deadLetters: DeadLetters;
  readonly log: Log;
  readonly meter: Meter;
  readonly nowMs: () => number;
  /** How far the shards have been read. */
  readonly shards: ShardProgress;
  /** Tags of devices, where the pipeline asks for the table's. */
  readonly devices?: KnownDevices | undefined;
  /** Memory of the function in MB: a share of it keeps states warm. Default: 1 GB. */
  readonly memoryMb?: number;
  /** Default: an empty one, of that size. */
  readonly cache?: StateCache;
}

interface Failure {
  readonly sequence: SequenceNumber;
  readonly reason: string;
  readonly source?: string;
  readonly events?: number;
}

export function createAggregate(
  deps: AggregateDeps,
): (event: StreamEvent<KinesisEventRecord>) => Promise<BatchItemFailures> {
  const aggregations = aggregationTexts(deps.pipeline);
  const cache =
    deps.cache ?? new StateCache({ bytes: stateCacheBytes(deps.memoryMb ?? 1_024), aggregations });
  // Once in a container's life: who puts records so does it always.
  let hasWarned = false;
  const hot = new HotSources(deps.log);
  return async ({ Records }) => {
    const batch = decodeBatch(Records, deps.pipeline);
    if (!(await isTagged(batch, deps))) return batchItemFailures(Records.slice(0, 1).map(sequenceOf));
    const failures: Failure[] = [];
    const letters = [...batch.quarantined, ...batch.setAside];
    try {
      await deps.deadLetters.put(letters);
    } catch (error) {
      for (const { at } of letters) failures.push({ sequence: at.sequence, reason: String(error) });
    }
    const loaded = await load(batch.bySource, cache, deps);
    failures.push(...loaded.failures);
    const { states, pipeline, shards } = deps;
    const tickBefore = once(() => shards.before(firstOf(Records)));
    const report = await handleWorks(loaded, deps, { states, cache, pipeline, tickBefore });
    failures.push(...report.failures);
    const noted = await noteHandled(Records.slice(0, batch.records), { batch, failures, shards });
    failures.push(...noted);

    const { applied, duplicate, late, quarantined: full, redelivered } = report.verdicts;
    // They come again, and are received again then.
    const unsettled = failures.reduce((total, { events = 0 }) => total + events, 0);
    deps.meter.publish({
      batches: 1,
      records: batch.records - batch.ticks.length,
      ticks: batch.ticks.length,
      ...(batch.postponedFrom === undefined ? {} : { postponed: Records.length - batch.records }),
      received: batch.events,
      applied,
      duplicate,
      late,
      quarantined: batch.quarantined.length + full,
      setAside: batch.setAside.length,
      ...(batch.skipped === undefined ? {} : { notTaken: batch.skipped.total }),
      redelivered,
      unsettled,
      held: report.heldEvents,
      heldSources: report.held.length,
      strays: batch.strays,
      closedWindows: report.closedWindows,
      sources: batch.bySource.size,
      mostOfOneSource: hot.take(batch.bySource),
      stateReads: loaded.reads,
      pageReads: report.pageReads,
      stateWrites: report.stateWrites,
      stateRefusals: report.refusals,
      failures: failures.length,
      imbalance: Math.abs(
        batch.events -
          batch.quarantined.length -
          (applied + duplicate + late + full + redelivered) -
          unsettled -
          report.heldEvents,
      ),
      lagMs: Math.max(0, deps.nowMs() - batch.lastArrivalMs),
    });
    tellOfDecoding(batch, deps.log);
    if (batch.strays > 0 && !hasWarned) {
      hasWarned = true;
      deps.log.warn(
        'partition keys are not sources: a source that comes through many shards costs more writes',
        {
          strays: batch.strays,
        },
      );
    }
    tellOfCommits(report, failures, deps.log);
    const { postponedFrom } = batch;
    const undone = failures.map(({ sequence }) => sequence);
    return batchItemFailures(postponedFrom === undefined ? undone : [...undone, postponedFrom]);
  };
}

/** Nothing of a batch is folded without the tags that the table has: it comes again. */
async function isTagged(
  batch: ReturnType<typeof decodeBatch>,
  { devices, log, meter }: AggregateDeps,
): Promise<boolean> {
  if (devices === undefined) return true;
  try {
    await tagDevices(batch, devices);
    return true;
  } catch (error) {
    log.error('the table of devices cannot be read: the batch comes again', { reason: String(error) });
    meter.publish({ batches: 1, failures: 1 });
    return false;
  }
}

function sequenceOf({ kinesis }: KinesisEventRecord): SequenceNumber {
  return kinesis.sequenceNumber as SequenceNumber;
}

function tellOfDecoding(batch: ReturnType<typeof decodeBatch>, log: Log): void {
  if (batch.quarantined.length > 0) {
    // The detail quotes what was found: it stays with the payload, in the dead letter that the coordinates name.
    const reasons = batch.quarantined.slice(0, 5).map(({ at, reason }) => ({ ...at, reason }));
    log.warn('events quarantined', { quarantined: batch.quarantined.length, first: reasons });
  }
  if (batch.skipped !== undefined && batch.skipped.total > 0) {
    const first = batch.skipped.list().slice(0, 5);
    log.info('not taken of events in other forms', { notTaken: batch.skipped.total, first });
  }
}

function tellOfCommits(report: HandledWorks, failures: readonly Failure[], log: Log): void {
  if (report.held.length > 0) {
    const first = report.held
      .slice(0, 5)
      .map(({ work: { source }, reason, detail }) => ({ source, reason, detail }));
    log.error('events set aside: `tidemill sources resume` folds them in once their sources are mended', {
      held: report.heldEvents,
      sources: report.held.length,
      first,
    });
  }
  const { quarantined: full } = report.verdicts;
  if (full > 0) log.warn('events quarantined by their sources', { quarantined: full });
  if (failures.length > 0) {
    log.error('batch not wholly committed', {
      failures: failures.length,
      first: failures.slice(0, 5),
    });
  }
}

interface HandledWorks extends CommitReport {
  readonly held: readonly UnfitWork[];
  readonly heldEvents: number;
}

/** Folds and commits what can be, and sets aside what cannot. */
async function handleWorks(
  loaded: { readonly works: readonly Work[]; readonly unfit: readonly UnfitWork[] },
  deps: AggregateDeps,
  commitDeps: CommitDeps,
): Promise<HandledWorks> {
  let report = await foldAndCommit(loaded.works, commitDeps);
  const held: UnfitWork[] = [];
  let heldEvents = 0;
  let unfit = [...loaded.unfit, ...report.unfit];
  while (unfit.length > 0) {
    const asked = await putBehindTicks(unfit, commitDeps);
    const aside = await setAside(asked.ready, deps);
    held.push(...aside.held);
    for (const { work } of aside.held) heldEvents += work.events.events.length - work.from;
    // Each time it comes by here a work has been refused once more, which has its bound.
    const mended = await foldAndCommit(aside.mended, commitDeps);
    report = sumOf(report, mended, [...asked.failures, ...aside.failures]);
    for (const { source, events } of aside.mended) await release(heldFrom(source, events, 0), deps);
    unfit = [...mended.unfit];
  }
  return { ...report, held, heldEvents };
}

/** What was set aside and then folded in after all. Where that fails, `tidemill sources resume` finds it folded in. */
async function release(events: readonly HeldEvent[], { deadLetters, log }: AggregateDeps): Promise<void> {
  try {
    await deadLetters.release(events);
  } catch (error) {
    log.warn('events stay among those set aside, though they are folded in', { reason: String(error) });
  }
}

function sumOf(a: CommitReport, b: CommitReport, failures: readonly WorkFailure[]): CommitReport {
  const verdicts = { ...a.verdicts };
  for (const verdict of VERDICTS) verdicts[verdict] += b.verdicts[verdict];
  return {
    failures: [...a.failures, ...b.failures, ...failures],
    unfit: [],
    verdicts,
    stateWrites: a.stateWrites + b.stateWrites,
    pageReads: a.pageReads + b.pageReads,
    refusals: a.refusals + b.refusals,
    closedWindows: a.closedWindows + b.closedWindows,
  };
}

const VERDICTS: readonly Verdict[] = ['applied', 'duplicate', 'late', 'quarantined', 'redelivered'];

/** In a batch of so many events one source with more than half of them is worth a word: its shard has no room for others. */
const HOT_BATCH_EVENTS = 200;

class HotSources {
  readonly #log: Log;
  /** Named once in a container's life; few are hot, and bounded all the same. */
  readonly #named = new Set<string>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** The most events of one source. */
  take(bySource: ReturnType<typeof decodeBatch>['bySource']): number {
    let [hottest, most, total] = ['', 0, 0];
    for (const [source, { events }] of bySource) {
      total += events.length;
      if (events.length > most) [hottest, most] = [source, events.length];
    }
    if (
      total >= HOT_BATCH_EVENTS &&
      2 * most > total &&
      this.#named.size < 100 &&
      !this.#named.has(hottest)
    ) {
      this.#named.add(hottest);
      this.#log.warn('one source sends more than half of a batch', {
        source: hottest,
        events: most,
        of: total,
      });
    }
    return most;
  }
}

/**
 * A batch is of one shard. Notes the records before the first that has not been committed or set aside, and the ticks among them. Where they
 * cannot be noted all comes again: no record may be counted twice or not at all, and what came behind a tick was folded in by it.
 */
async function noteHandled(
  decoded: readonly KinesisEventRecord[],
  { batch, failures, shards }: NoteOptions,
): Promise<readonly Failure[]> {
  const firstUndone = lowest(failures);
  const isHandled = ({ sequence }: { readonly sequence: SequenceNumber }) =>
    firstUndone === undefined || compareSequenceNumbers(sequence, firstUndone) < 0;
  const records: RecordPlace[] = [];
  for (const each of decoded) {
    const place = recordPlace(each);
    if (!isHandled(place)) break;
    records.push(place);
  }
  const [first] = records;
  if (first === undefined) return [];
  try {
    await shards.note(placeOf(decoded), { records, ticks: batch.ticks.filter(isHandled) });
    return [];
  } catch (error) {
    return [{ sequence: first.sequence, reason: String(error) }];
  }
}

function lowest(failures: readonly Failure[]): SequenceNumber | undefined {
  let least: SequenceNumber | undefined;
  for (const { sequence } of failures)
    if (least === undefined || compareSequenceNumbers(sequence, least) < 0) least = sequence;
  return least;
}

interface NoteOptions {
  readonly batch: Pick<ReturnType<typeof decodeBatch>, 'ticks'>;
  readonly failures: readonly Failure[];
  readonly shards: ShardProgress;
}

function placeOf(records: readonly KinesisEventRecord[]) {
  const { stream, shard } = firstOf(records);
  return { stream, shard };
}

function firstOf([first]: readonly KinesisEventRecord[]) {
  if (first === undefined) throw new Error('found a batch without records, expected some');
  return { stream: first.eventSourceARN, shard: shardOf(first.eventID), sequence: sequenceOf(first) };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Takes warm states from the cache and reads the others; sources that cannot be read are unfit alone. */
async function load(
  bySource: ReturnType<typeof decodeBatch>['bySource'],
  cache: StateCache,
  { states, pipeline }: AggregateDeps,
): Promise<{
  readonly works: readonly Work[];
  readonly unfit: readonly UnfitWork[];
  readonly failures: readonly Failure[];
  readonly reads: number;
}> {
  const works: Work[] = [];
  const cold: Work[] = [];
  const unfit: UnfitWork[] = [];
  for (const [source, events] of bySource) {
    const cached = cache.take(source);
    const state = cached?.state ?? emptySourceState(source, pipeline);
    const work: Work = {
      source,
      events,
      state,
      version: cached?.version,
      encoded: cached?.encoded,
      check: cached?.check,
      held: undefined,
      from: 0,
      refusals: 0,
    };
    const holding = cached === undefined ? undefined : warm(work, cached, pipeline);
    if (holding !== undefined) unfit.push({ work, ...holding });
    else if (cached === undefined) cold.push(work);
    else works.push(work);
  }
  if (cold.length === 0) return { works, unfit, failures: [], reads: 0 };
  const reads = cold.length;
  let stored: ReadonlyMap<string, StoredState>;
  try {
    const found = await states.load(cold.map(({ source }) => source));
    stored = new Map(found.map((state) => [state.source, state]));
  } catch (error) {
    return { works, unfit, failures: cold.map((work) => failureOf(work, String(error))), reads };
  }
  for (const work of cold) {
    const holding = adopt(work, stored.get(work.source), pipeline);
    if (holding === undefined) works.push(work);
    else unfit.push({ work, ...holding });
  }
  return { works, unfit, failures: [], reads };
}

/** Decodes a state that was kept as bytes. What cannot be read is trouble as if it came from the table, which holds the same. */
function warm(
  work: Work,
  { state, version, encoded, check, pages }: CachedState,
  pipeline: Pipeline,
): Holding | undefined {
  if (state !== undefined) return undefined;
  const holding = adopt(work, { source: work.source, version, state: encoded }, pipeline);
  work.check = check;
  if (pages.size === 0 || holding !== undefined) return holding;
  const aggregations = aggregationTexts(pipeline);
  for (const [page, bytes] of pages) work.state.ids.keepPage(page, bytes, aggregations);
  return undefined;
}
