// The consumer of the changelog: stores closed source windows, keeps late events, folds what changed into rollups.
// A redelivered change counts once: closed windows and dead letters are the same items again, and each rollup part
// carries, for each source, the version of its last change folded in.
import type { SequenceNumber } from '../../src/core/brands.ts';
import { isOverflow } from '../../src/core/group-tags.ts';
import { mergedPartiality, type Partiality } from '../../src/core/partiality.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import type { Contribution } from '../../src/core/rollup.ts';
import { type KnownRollup, lackingIn, rollupText, telling } from '../../src/core/rollup-beginnings.ts';
import { compareSequenceNumbers } from '../../src/core/sequence-number.ts';
import { parseRollupSeries, parseSourceSeries } from '../../src/core/series.ts';
import type { StoredWindow } from '../../src/core/stored-window.ts';
import type { Outlet } from '../../src/host/outlet-of.ts';
import type { Log, Meter } from '../../src/platform/observe.ts';
import type { DeadLetter, DeadLetters } from '../../src/stores/dead-letters.ts';
import type { LiveConnections, TopicChange } from '../../src/stores/live-connections.ts';
import type { RollupBeginnings } from '../../src/stores/rollup-beginnings.ts';
import type { RollupDirectory } from '../../src/stores/rollup-directory.ts';
import type { Windows } from '../../src/stores/windows.ts';
import { batchItemFailures } from '../../src/wire/batch-item-failures.ts';
import type { Change } from '../../src/wire/live/messages.ts';
import { sourceChange } from '../../src/wire/live/source-change.ts';
import { SOURCE_TOPICS, sourceTopic } from '../../src/wire/live/topic.ts';
import type { BatchItemFailures, DynamoDbEventRecord, StreamEvent } from '../../src/wire/stream-records.ts';
import type { MissingAddition, PartDeps, PartReport, RetryPause } from './commit-parts.ts';
import { commitParts, expiresAtMs } from './commit-parts.ts';
import type { SourceChange, UnreadChange } from './decode-changes.ts';
import { CHANGELOG, decodeChanges } from './decode-changes.ts';
import { KnownSeries } from './known-series.ts';
import { PartCache } from './part-cache.ts';
import { SpreadCache, windowKeyText } from './spread-cache.ts';
import { outletMessagesOf } from './tell-outlet.ts';
import type { WindowWork } from './window-work.ts';

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
  /** Default: nobody reads. */
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

interface Failure {
  readonly sequence: SequenceNumber;
  readonly reason: string;
}

export function createRollup(
  deps: RollupDeps,
): (event: StreamEvent<DynamoDbEventRecord>) => Promise<BatchItemFailures> {
  const cache = new PartCache();
  const spreads = new SpreadCache();
  const known = new KnownSeries();
  const { windows, deadLetters, pipeline } = deps;
  const retentions = new Retentions(pipeline);
  return async ({ Records }) => {
    const { changes, unread } = decodeChanges(Records, pipeline);
    const closing = changes.filter(({ closed }) => closed.length > 0);
    const refusing = changes.filter(({ letters }) => letters.length > 0);
    const all = [...changes, ...unread].sort(inOrder);
    const lacking = new Lacking(pipeline);
    // Also where there are none: then those that come later begin later.
    const beginning = await attempt(all, async () => {
      lacking.take(await deps.beginnings.settle(pipeline, deps.nowMs()));
    });
    const works = worksOf(beginning.length > 0 ? [] : all, retentions, lacking);
    const { failures: noting, refused } = await noteSeries(changes, works, { known, readers: deps.readers });
    tellOfSeries(works, refused, deps);
    const [storing, keeping, folding] = await Promise.all([
      attempt(closing, () => storeClosed(closing, windows, retentions)),
      attempt(refusing, () => deadLetters.put(refusing.flatMap(({ letters }) => letters))),
      foldParts([...changes, ...unread], works, {
        windows,
        cache,
        spreads,
        retryPause: deps.retryPause ?? noPause,
        partCapacity: deps.partCapacity,
      }),
    ]);
    const passing = await passOn(changes, deps);
    const toldOfMissing = await tellOfMissing(unread, folding.missing, deps);
    const sending = await tellOutlet(changes, deps);
    const failures = [
      ...beginning,
      ...noting,
      ...storing,
      ...keeping,
      ...folding.failures,
      ...passing.failures,
      ...toldOfMissing,
      ...sending,
    ];
    deps.meter.publish({
      batches: 1,
      records: Records.length,
      changes: changes.length,
      closedWindows: sum(closing, ({ closed }) => closed.length),
      letters: sum(refusing, ({ letters }) => letters.length),
      partReads: folding.reads,
      partWrites: folding.writes,
      partRefusals: folding.refusals,
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

/** Since the arrival of the latest event the changes tell of: from the stream through two consumers. */
function lagOf(changes: readonly SourceChange[], nowMs: number): { readonly lagMs?: number } {
  const last = changes.at(-1);
  return last === undefined ? {} : { lagMs: Math.max(0, nowMs - last.lastArrivalMs) };
}

/** Before their windows are written, so that no window is of a series that is not noted. */
async function noteSeries(
  changes: readonly SourceChange[],
  works: readonly WindowWork[],
  { known, readers }: { readonly known: KnownSeries; readonly readers: Readers | undefined },
): Promise<{ readonly failures: readonly Failure[]; readonly refused: readonly string[] }> {
  if (readers === undefined) return { failures: [], refused: [] };
  const unknown = known.unknownOf(works.map(({ key }) => key.series));
  if (unknown.length === 0) return { failures: [], refused: [] };
  const contributing = changes.filter(({ contributions }) => contributions.length > 0);
  let refused: readonly string[] = [];
  const failures = await attempt(contributing, async () => {
    refused = await readers.directory.note(unknown);
    known.add(unknown);
  });
  return { failures, refused };
}

/** Somebody makes up tags: of a source's window those beyond so many go together, and of a rollup no more than so many series are noted. */
function tellOfSeries(
  works: readonly WindowWork[],
  refused: readonly string[],
  { meter, log }: Pick<RollupDeps, 'meter' | 'log'>,
): void {
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

/**
 * Changes of sources that somebody watches go into the live table, whose change stream carries them on: the sources' own
 * has its two readers. Who watches is asked after the closed windows are stored: whoever begins later finds them there.
 */
async function passOn(
  changes: readonly SourceChange[],
  { readers, nowMs }: RollupDeps,
): Promise<{ readonly failures: readonly Failure[]; readonly sources: number }> {
  let sources = 0;
  if (readers === undefined) return { failures: [], sources };
  const failures = await attempt(changes, async () => {
    const watched = await readers.live.liveTopics(SOURCE_TOPICS, nowMs());
    if (watched.size === 0) return;
    const bySource = Map.groupBy(
      changes.filter(({ source }) => watched.has(sourceTopic(source))),
      ({ source }) => source,
    );
    const told = [...bySource].flatMap(([source, of]) => sourceChange(source, of) ?? []);
    sources = told.length;
    await readers.live.putChanges(told.map(toTopicChange), nowMs());
  });
  return { failures, sources };
}

/** After the windows are stored: who hears of one finds it there. */
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

/** An item ends at 400 KB; what is larger than a message is told as stale anyway. */
const MAX_BODY_LENGTH = 100_000;

function toTopicChange(change: Change): TopicChange {
  const body = JSON.stringify(change);
  const { series, versions } = change;
  return {
    topic: series,
    to: versions[0]?.to ?? 0,
    body:
      body.length <= MAX_BODY_LENGTH ? body : JSON.stringify({ series, versions, windows: [], stale: true }),
  };
}

async function storeClosed(
  changes: readonly SourceChange[],
  windows: Windows,
  retentions: Retentions,
): Promise<void> {
  await windows.putClosed(
    changes.flatMap(({ closed, lastArrivalMs }) =>
      closed.map((window) => {
        const retentionMs = retentions.of(window.series);
        return { window, expiresAtMs: expiresAtMs(window, { retentionMs, lastArrivalMs }) };
      }),
    ),
  );
}

/** How long the windows of a series are kept: as its aggregation says, or the pipeline where that is gone. */
class Retentions {
  readonly #byAggregation: ReadonlyMap<string, number | undefined>;
  readonly #aggregationByRollup: ReadonlyMap<string, string>;
  readonly #otherwise: number | undefined;

  constructor({ aggregations, rollups, retentionMs }: Pipeline) {
    this.#byAggregation = new Map(aggregations.map(({ name, retentionMs: own }) => [name, own]));
    this.#aggregationByRollup = new Map(rollups.map(({ name, of }) => [name, of]));
    this.#otherwise = retentionMs;
  }

  of(series: StoredWindow['series']): number | undefined {
    const rollup = parseRollupSeries(series)?.rollup;
    const aggregation =
      rollup === undefined ? parseSourceSeries(series)?.aggregation : this.#aggregationByRollup.get(rollup);
    if (aggregation === undefined || !this.#byAggregation.has(aggregation)) return this.#otherwise;
    return this.#byAggregation.get(aggregation);
  }
}

type Contributing = Pick<
  SourceChange,
  'source' | 'version' | 'sequence' | 'madeMs' | 'contributions' | 'lastArrivalMs'
>;

function inOrder(a: Contributing, b: Contributing): number {
  return compareSequenceNumbers(a.sequence, b.sequence);
}

/**
 * Says what is in no rollup window: changes that cannot be read, and what a part could not take. Nothing puts it right yet.
 */
async function tellOfMissing(
  unread: readonly UnreadChange[],
  missing: readonly MissingAddition[],
  { deadLetters, log }: RollupDeps,
): Promise<readonly Failure[]> {
  if (unread.length + missing.length === 0) return [];
  log.error('changes are missing downstream: mend what is wrong, then rebuild', {
    unread: unread
      .slice(0, 5)
      .map(({ source, version, letter: { detail } }) => ({ source, version, detail })),
    missing: missing.slice(0, 5).map(({ reason, detail, addition: { source, version } }) => ({
      reason,
      detail,
      source,
      version,
    })),
  });
  const sequences = [...unread, ...missing.map(({ addition }) => addition)];
  return await attempt(sequences, () =>
    deadLetters.put([...unread.map(({ letter }) => letter), ...missing.map(toMissingLetter)]),
  );
}

/** One a window, part and source: what is missing of it besides stands in the source's own windows. */
function toMissingLetter({ reason, detail, addition, part, names }: MissingAddition): DeadLetter {
  const { source, version, sequence, contribution } = addition;
  const { series, start, end, events } = contribution;
  const body = {
    series,
    start,
    end,
    part,
    source,
    version,
    events,
    ...(names === undefined ? {} : { names }),
  };
  return {
    at: { shard: CHANGELOG, sequence, index: 0 },
    apart: `${series}|${start}|${part}|${source}`,
    reason,
    detail,
    source,
    arrivalMs: start,
    payload: { encoding: 'json', body: JSON.stringify(body) },
  };
}

function missingCounts(
  unread: readonly UnreadChange[],
  missing: readonly MissingAddition[],
): Readonly<Record<string, number>> {
  const full = missing.filter(({ reason }) => reason === 'rollup-full').length;
  return { unreadableChanges: unread.length, rollupFull: full, rollupUnreadable: missing.length - full };
}

/** What windows lack of sources that had closed theirs before the rollup began. */
class Lacking {
  readonly #pipeline: Pipeline;
  #byName = new Map<string, KnownRollup>();

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
  }

  take(rollups: readonly KnownRollup[]): void {
    const byText = new Map(rollups.map((each) => [each.text, each]));
    for (const rollup of this.#pipeline.rollups) {
      const known = byText.get(rollupText(rollup, this.#pipeline));
      if (known !== undefined) this.#byName.set(rollup.name, known);
    }
  }

  /** What of a contribution has not been told by another rollup of the name; undefined: all of it has. */
  told(contribution: Contribution, madeMs: number): Contribution | undefined {
    const known = this.#byName.get(parseRollupSeries(contribution.series)?.rollup ?? '');
    if (known === undefined) return contribution;
    const { maxClockSkewMs } = this.#pipeline;
    switch (telling(known, { madeMs, startMs: contribution.start, maxClockSkewMs })) {
      case 'all':
        return contribution;
      case 'what is new': {
        const partial = mergedPartiality(contribution.partial, { sinceMs: known.sinceMs ?? 0 });
        // Without the whole nothing can stand in for what was missed.
        const missed = contribution.missed === undefined ? {} : { missed: 'always' as const };
        return { ...contribution, partial, whole: () => contribution, ...missed };
      }
      case 'nothing':
        return undefined;
    }
  }

  of(series: StoredWindow['series'], end: number): Partiality | undefined {
    const name = parseRollupSeries(series)?.rollup ?? '';
    const { aggregations, rollups } = this.#pipeline;
    const of = rollups.find((each) => each.name === name)?.of;
    const aggregation = aggregations.find((each) => each.name === of);
    const known = this.#byName.get(name);
    return aggregation === undefined || known === undefined
      ? undefined
      : lackingIn(known, aggregation, { end });
  }
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
        partial: lacking.of(series, end),
      };
      work.additions.push({ source, version, sequence, contribution });
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
  let report: PartReport = { failures: [], missing: [], reads: 0, writes: 0, refusals: 0 };
  const contributing = changes.filter(({ contributions }) => contributions.length > 0);
  const failures = await attempt(contributing, async () => {
    report = await commitParts(works, deps);
  });
  return { ...report, failures: [...report.failures, ...failures] };
}

/** Where the work fails, so do all the changes it was for: redelivered, they do no harm. */
async function attempt(
  changes: readonly Pick<SourceChange, 'sequence'>[],
  work: () => Promise<void>,
): Promise<readonly Failure[]> {
  if (changes.length === 0) return [];
  try {
    await work();
    return [];
  } catch (error) {
    return changes.map(({ sequence }) => ({ sequence, reason: String(error) }));
  }
}

function sum(changes: readonly SourceChange[], size: (change: SourceChange) => number): number {
  return changes.reduce((total, change) => total + size(change), 0);
}
