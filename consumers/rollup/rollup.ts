// The consumer of the changelog: stores closed source windows, keeps late events, folds what changed into rollups.
// A redelivered change counts once: closed windows and dead letters are the same items again, and each rollup part
// carries, for each source, the version of its last change folded in.
import type { SequenceNumber } from '../../src/core/brands.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import { parseRollupSeries, parseSourceSeries } from '../../src/core/series.ts';
import type { StoredWindow } from '../../src/core/stored-window.ts';
import type { Log, Meter } from '../../src/platform/observe.ts';
import type { DeadLetters } from '../../src/stores/dead-letters.ts';
import type { LiveConnections, TopicChange } from '../../src/stores/live-connections.ts';
import type { RollupDirectory } from '../../src/stores/rollup-directory.ts';
import type { Windows } from '../../src/stores/windows.ts';
import { batchItemFailures } from '../../src/wire/batch-item-failures.ts';
import type { Change } from '../../src/wire/live/messages.ts';
import { sourceChange } from '../../src/wire/live/source-change.ts';
import { SOURCE_TOPICS, sourceTopic } from '../../src/wire/live/topic.ts';
import type { BatchItemFailures, DynamoDbEventRecord, StreamEvent } from '../../src/wire/stream-records.ts';
import type { PartDeps, PartReport, RetryPause } from './commit-parts.ts';
import { commitParts, expiresAtMs } from './commit-parts.ts';
import type { SourceChange } from './decode-changes.ts';
import { decodeChanges } from './decode-changes.ts';
import { KnownSeries } from './known-series.ts';
import { PartCache } from './part-cache.ts';
import { SpreadCache, windowKeyText } from './spread-cache.ts';
import type { WindowWork } from './window-work.ts';

export interface RollupDeps {
  readonly pipeline: Pipeline;
  readonly windows: Windows;
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
    const changes = decodeChanges(Records, pipeline);
    const closing = changes.filter(({ closed }) => closed.length > 0);
    const refusing = changes.filter(({ letters }) => letters.length > 0);
    const works = worksOf(changes, retentions);
    const noting = await noteSeries(changes, works, { known, readers: deps.readers });
    const [storing, keeping, folding] = await Promise.all([
      attempt(closing, () => storeClosed(closing, windows, retentions)),
      attempt(refusing, () => deadLetters.put(refusing.flatMap(({ letters }) => letters))),
      foldParts(changes, works, {
        windows,
        cache,
        spreads,
        retryPause: deps.retryPause ?? noPause,
        partCapacity: deps.partCapacity,
      }),
    ]);
    const passing = await passOn(changes, deps);
    const failures = [...noting, ...storing, ...keeping, ...folding.failures, ...passing.failures];
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
): Promise<readonly Failure[]> {
  if (readers === undefined) return [];
  const unknown = known.unknownOf(works.map(({ key }) => key.series));
  if (unknown.length === 0) return [];
  const contributing = changes.filter(({ contributions }) => contributions.length > 0);
  return await attempt(contributing, async () => {
    await readers.directory.note(unknown);
    known.add(unknown);
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

/** Each rollup window a batch touches, once, with what is to be added to it in the changelog's order. */
function worksOf(changes: readonly SourceChange[], retentions: Retentions): readonly WindowWork[] {
  const works = new Map<string, WindowWork>();
  for (const { source, version, sequence, contributions, lastArrivalMs } of changes) {
    for (const contribution of contributions) {
      const { series, start, end, parts } = contribution;
      const key = { series, start, end };
      const retentionMs = retentions.of(series);
      const work = works.get(windowKeyText(key)) ?? { key, additions: [], retentionMs, parts, lastArrivalMs };
      work.additions.push({ source, version, sequence, contribution });
      work.lastArrivalMs = Math.max(work.lastArrivalMs, lastArrivalMs);
      works.set(windowKeyText(key), work);
    }
  }
  return [...works.values()];
}

async function foldParts(
  changes: readonly SourceChange[],
  works: readonly WindowWork[],
  deps: PartDeps,
): Promise<PartReport> {
  let report: PartReport = { failures: [], reads: 0, writes: 0, refusals: 0 };
  const contributing = changes.filter(({ contributions }) => contributions.length > 0);
  const failures = await attempt(contributing, async () => {
    report = await commitParts(works, deps);
  });
  return { ...report, failures: [...report.failures, ...failures] };
}

/** Where the work fails, so do all the changes it was for: redelivered, they do no harm. */
async function attempt(
  changes: readonly SourceChange[],
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
