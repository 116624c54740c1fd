// The consumer of the changelog: stores closed source windows, keeps late events, folds what changed into rollups.
// A redelivered change counts once: closed windows and dead letters are the same items again, and each rollup part
// carries, for each source, the version of its last change folded in.
import { isOverflow } from '../../src/core/group-tags.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import { compareSequenceNumbers } from '../../src/core/sequence-number.ts';
import { parseRollupSeries } from '../../src/core/series.ts';
import type { Outlet } from '../../src/host/outlet-of.ts';
import { MANY_SERIES, MAX_SERIES } from '../../src/platform/names.ts';
import type { Log, Meter } from '../../src/platform/observe.ts';
import type { DeadLetters } from '../../src/stores/dead-letters.ts';
import type { LiveConnections } from '../../src/stores/live-connections.ts';
import type { RollupBeginnings } from '../../src/stores/rollup-beginnings.ts';
import type { RollupDirectory } from '../../src/stores/rollup-directory.ts';
import type { Windows } from '../../src/stores/windows.ts';
import { batchItemFailures } from '../../src/wire/batch-item-failures.ts';
import type { BatchItemFailures, DynamoDbEventRecord, StreamEvent } from '../../src/wire/stream-records.ts';
import { attempt, type Failure } from './attempt.ts';
import type { PartDeps, PartReport, RetryPause } from './commit-parts.ts';
import { commitParts } from './commit-parts.ts';
import type { Fence, SourceChange } from './decode-changes.ts';
import { decodeChanges } from './decode-changes.ts';
import { KnownSeries } from './known-series.ts';
import { Lacking } from './lacking.ts';
import { PartCache } from './part-cache.ts';
import { passOn } from './pass-on.ts';
import { Patience } from './patience.ts';
import { Retentions } from './retentions.ts';
import { SpreadCache, windowKeyText } from './spread-cache.ts';
import { storeClosed, type TakenBack } from './store-closed.ts';
import { missingCounts, tellOfMissing } from './tell-of-missing.ts';
import { outletMessagesOf } from './tell-outlet.ts';
import { Telling } from './telling.ts';
import { hasExpired, type WindowWork } from './window-work.ts';

export interface RollupDeps {
  readonly pipeline: Pipeline;
  readonly windows: Windows;
  readonly beginnings: RollupBeginnings;
  readonly deadLetters: DeadLetters;
  readonly log: Log;
  readonly meter: Meter;
  readonly nowMs: () => number;
  /** Between writers that meet in one part: a random pause lets one after the other through. Default: none. */
  readonly retryPause?: RetryPause;
  /** Sources a part of a rollup window takes before it branches. Default: PART_CAPACITY; less shows branching in tests. */
  readonly partCapacity?: number;
  /** Default: there are no readers. */
  readonly readers?: Readers;
  /** Default: there is none. */
  readonly outlet?: Outlet | undefined;
}

/** Who wants to know more than the windows table tells. */
export interface Readers {
  /** Where each rollup's series are noted. */
  readonly directory: RollupDirectory;
  /** Who watches a source live. */
  readonly live: LiveConnections;
}

export function createRollup(
  deps: RollupDeps,
): (event: StreamEvent<DynamoDbEventRecord>) => Promise<BatchItemFailures> {
  const cache = new PartCache();
  const spreads = new SpreadCache();
  const known = new KnownSeries();
  const patience = new Patience(deps.nowMs);
  const { windows, deadLetters, pipeline } = deps;
  const retentions = new Retentions(pipeline);
  const parts: PartDeps = {
    windows,
    pipeline,
    patience,
    cache,
    spreads,
    retryPause: deps.retryPause ?? noPause,
    partCapacity: deps.partCapacity,
  };
  return async ({ Records }) => {
    const { changes, erased, unread, fences } = decodeChanges(Records, pipeline);
    const closing = changes.filter(({ closed }) => closed.length > 0);
    const refusing = changes.filter(({ letters }) => letters.length > 0);
    const all = [...changes, ...erased, ...unread].sort(inOrder);
    const lacking = new Lacking(pipeline);
    // Also if there are none: those that arrive later then begin later.
    const beginning = await attempt(all, async () => {
      lacking.take(await deps.beginnings.settle(pipeline, deps.nowMs()));
    });
    const works = worksOf(beginning.length > 0 ? [] : all, retentions, lacking);
    const noted = await noteSeries(changes, works, { known, readers: deps.readers });
    tellOfSeries(works, noted, deps);
    const [keeping, folding] = await Promise.all([
      attempt(refusing, () => deadLetters.put(refusing.flatMap(({ letters }) => letters))),
      foldParts(all, works, parts),
    ]);
    // A window that is stored is in its rollups: who looks whether they agree reads it first.
    const notFolded = new Set([...beginning, ...folding.failures].map(({ sequence }) => sequence));
    const folded = closing.filter(({ sequence }) => !notFolded.has(sequence));
    const telling = new Telling(lacking, folding.missing);
    const fold = async (changes: readonly TakenBack[]) =>
      (await foldParts(changes, worksOf(changes, retentions, lacking), parts)).failures;
    let storing: readonly Failure[] = [];
    const notStored = await attempt(folded, async () => {
      storing = await storeClosed(folded, { windows, pipeline, retentions, telling, fold });
    });
    const passing = await passOn(changes, deps.readers?.live, deps.nowMs());
    const toldOfMissing = await tellOfMissing(unread, folding.missing, deps);
    const sending = await tellOutlet(changes, deps);
    const failures = [
      ...beginning,
      ...noted.failures,
      ...storing,
      ...notStored,
      ...keeping,
      ...folding.failures,
      ...passing.failures,
      ...toldOfMissing,
      ...sending,
    ];
    failures.push(...(await passFences(fences, failures, deps)));
    deps.meter.publish({
      batches: 1,
      records: Records.length,
      changes: changes.length,
      closedWindows: sum(closing, ({ closed }) => closed.length),
      letters: sum(refusing, ({ letters }) => letters.length),
      partReads: folding.reads,
      partWrites: folding.writes,
      partRefusals: folding.refusals,
      partsMadeAnew: folding.madeAnew,
      passedOn: passing.sources,
      ...missingCounts(unread, folding.missing),
      failures: failures.length,
      ...lagOf(changes, deps.nowMs()),
    });
    if (failures.length > 0) {
      deps.log.error('changes not wholly folded', { failures: failures.length, first: failures.slice(0, 5) });
    }
    return batchItemFailures(failures.map(({ sequence }) => sequence));
  };
}

const noPause: RetryPause = async () => {};

/** Since the arrival of the latest event the changes tell of: from the stream through two consumers. What silence closes tells of none. */
function lagOf(changes: readonly SourceChange[], nowMs: number): { readonly lagMs?: number } {
  const last = changes.findLast(({ before, lastArrivalMs }) => before?.lastArrivalMs !== lastArrivalMs);
  return last === undefined ? {} : { lagMs: Math.max(0, nowMs - last.lastArrivalMs) };
}

interface NotedSeries {
  readonly failures: readonly Failure[];
  /** There was no room for. */
  readonly refused: readonly string[];
  /** Counted anew, by rollup. */
  readonly counts: ReadonlyMap<string, number>;
}

/** Before their windows are written, so that no window is of a series that is not noted. */
async function noteSeries(
  changes: readonly SourceChange[],
  works: readonly WindowWork[],
  { known, readers }: { readonly known: KnownSeries; readonly readers: Readers | undefined },
): Promise<NotedSeries> {
  const unknown = known.unknownOf(works.map(({ key }) => key.series));
  if (readers === undefined || unknown.length === 0) return { failures: [], refused: [], counts: new Map() };
  const { directory } = readers;
  const contributing = changes.filter(({ contributions }) => contributions.length > 0);
  const before = new Map(directory.counts);
  let refused: readonly string[] = [];
  const failures = await attempt(contributing, async () => {
    refused = await directory.note(unknown);
    known.add(unknown);
  });
  const counts = [...directory.counts].filter(([rollup, count]) => before.get(rollup) !== count);
  return { failures, refused, counts: new Map(counts) };
}

/**
 * Somebody makes up tags, or a rollup has lived long: of a source's window combinations beyond so many go together, and of a rollup no
 * more than so many series are noted.
 */
function tellOfSeries(
  works: readonly WindowWork[],
  { refused, counts }: NotedSeries,
  { meter, log }: Pick<RollupDeps, 'meter' | 'log'>,
): void {
  if (counts.size > 0) meter.publish({ series: Math.max(...counts.values()) });
  const crowded = [...counts].filter(([, count]) => count >= MANY_SERIES);
  if (crowded.length > 0)
    log.warn('rollups have many series', { series: Object.fromEntries(crowded), most: MAX_SERIES });
  const overflowing = works.filter(({ key }) => isOverflow(parseRollupSeries(key.series)?.values ?? []));
  if (overflowing.length + refused.length === 0) return;
  meter.publish({ seriesOverflow: overflowing.length, seriesNotNoted: refused.length });
  log.warn('more combinations of tags than are kept apart', {
    sources: [
      ...new Set(overflowing.flatMap(({ additions }) => additions.map(({ source }) => source))),
    ].slice(0, 5),
    notNoted: refused.slice(0, 5),
  });
}

/** After the windows are stored, so that whoever is notified of one finds it there. */
async function tellOutlet(
  changes: readonly SourceChange[],
  { outlet, nowMs }: RollupDeps,
): Promise<readonly Failure[]> {
  if (outlet === undefined) return [];
  return await attempt(changes, () =>
    outlet.messages.put(
      changes.flatMap((change) => outletMessagesOf(change, outlet.tells)),
      nowMs(),
    ),
  );
}

/** Who put a fence behind the changes of a source waits to hear that all of them are handled. */
async function passFences(
  fences: readonly Fence[],
  failures: readonly Failure[],
  { windows, nowMs }: Pick<RollupDeps, 'windows' | 'nowMs'>,
): Promise<readonly Failure[]> {
  const passed = fences.filter(({ sequence }) =>
    failures.every((failure) => compareSequenceNumbers(sequence, failure.sequence) < 0),
  );
  return await attempt(passed, () => windows.notePassed(passed, nowMs()));
}

type Contributing = Pick<
  SourceChange,
  'source' | 'version' | 'sequence' | 'madeMs' | 'contributions' | 'lastArrivalMs'
>;

function inOrder(a: Contributing, b: Contributing): number {
  return compareSequenceNumbers(a.sequence, b.sequence);
}

/** Each rollup window a batch touches, once, with what is to be added to it in the changelog's order. */
function worksOf(
  changes: readonly Contributing[],
  retentions: Retentions,
  lacking: Lacking,
): readonly WindowWork[] {
  const works = new Map<string, WindowWork>();
  for (const { source, version, sequence, madeMs, contributions, lastArrivalMs } of changes) {
    for (const each of contributions) {
      const contribution = lacking.told(each, madeMs);
      if (contribution === undefined) continue;
      const { series, start, end, parts } = contribution;
      const key = { series, start, end };
      const retentionMs = retentions.of(series);
      const work = works.get(windowKeyText(key)) ?? {
        key,
        additions: [],
        retentionMs,
        parts,
        lastArrivalMs,
        partial: lacking.of(series, { start, end }),
      };
      const isExpired = hasExpired(key, retentionMs, lastArrivalMs);
      work.additions.push({ source, version, sequence, madeMs, contribution, isExpired });
      work.lastArrivalMs = Math.max(work.lastArrivalMs, lastArrivalMs);
      works.set(windowKeyText(key), work);
    }
  }
  return [...works.values()];
}

async function foldParts(
  changes: readonly Pick<SourceChange, 'sequence' | 'contributions'>[],
  works: readonly WindowWork[],
  deps: PartDeps,
): Promise<PartReport> {
  let report: PartReport = { failures: [], missing: [], reads: 0, writes: 0, refusals: 0, madeAnew: 0 };
  const contributing = changes.filter(({ contributions }) => contributions.length > 0);
  const failures = await attempt(contributing, async () => {
    report = await commitParts(works, deps);
  });
  return { ...report, failures: [...report.failures, ...failures] };
}

function sum(changes: readonly SourceChange[], size: (change: SourceChange) => number): number {
  return changes.reduce((total, change) => total + size(change), 0);
}
