// One step of the audit: some sources, or the windows that begin at one moment. Whoever runs it decides when to stop, and goes on from
// the progress it gave.
import { likelyClosed } from '../../core/audit/compare-rollup.ts';
import type { Difference } from '../../core/audit/difference.ts';
import type { EpochMs } from '../../core/brands.ts';
import type { Pipeline } from '../../core/pipeline/pipeline.ts';
import { spanMs } from '../../core/window-spec.ts';
import {
  type AuditProgress,
  type CountedIds,
  NO_IDS,
  NOTHING_COMPARED,
  type Suspect,
} from './audit-progress.ts';
import { keptBy, noteRetentions } from './kept-windows.ts';
import { lookAtRollups } from './look-at-rollups.ts';
import { type LookDeps, lookAtSource, type SourceReport } from './look-at-source.ts';
import { lookAtStreams, type StreamAuditDeps } from './look-at-streams.ts';
import { settleSuspects } from './settle-suspects.ts';

export interface AuditDeps extends Omit<LookDeps, 'isKept'> {
  /** How many moments at which windows begin are compared with the rollups' in a pass. */
  readonly starts: number;
  /** undefined: nobody beside `aggregate` has counted what the stream carries. */
  readonly stream?: StreamAuditDeps | undefined;
}

/** Sources a page; of each as many windows and letters are read as `depth` says. */
const SOURCES_AT_ONCE = 100;
/** Sources that are looked at side by side. */
const SIDE_BY_SIDE = 10;
/** In the progress: at some 500 bytes each 50 KB of an item. */
const MOST_SUSPECTS = 100;
const DIFFERENCES_KEPT = 20;
/** Who handles changes is that far behind: what waits for it is carried into the next pass. */
const MOST_WAITING_MS = 3_600_000;

export function beginPass(before: AuditProgress | undefined, nowMs: EpochMs, deps: AuditDeps): AuditProgress {
  return {
    pass: (before?.pass ?? 0) + 1,
    startedMs: nowMs,
    phase: deps.stream === undefined ? 'sources' : 'streams',
    startsLeft: deps.pipeline.rollups.length === 0 ? 0 : deps.starts,
    compared: NOTHING_COMPARED,
    ids: NO_IDS,
    differences: [],
    found: 0,
    suspects: before?.suspects ?? [],
    retentions: noteRetentions(before?.retentions ?? {}, deps.pipeline, nowMs),
    ...(before?.last === undefined ? {} : { last: before.last }),
  };
}

export async function auditStep(progress: AuditProgress, deps: AuditDeps): Promise<AuditProgress> {
  switch (progress.phase) {
    case 'streams':
      return await streamsStep(progress, deps);
    case 'sources':
      return await sourcesStep(progress, deps);
    case 'rollups':
      return await rollupsStep(progress, deps);
    case 'waiting':
      return await waitingStep(progress, deps);
    case 'done':
      return progress;
  }
}

async function streamsStep(progress: AuditProgress, { stream }: AuditDeps): Promise<AuditProgress> {
  if (stream === undefined) return { ...progress, afterShard: undefined, phase: 'sources' };
  const { differences, shards, next } = await lookAtStreams(progress.afterShard, stream);
  const { compared } = progress;
  return {
    ...withDifferences(progress, differences),
    compared: { ...compared, shards: (compared.shards ?? 0) + shards },
    afterShard: next,
    phase: next === undefined ? 'sources' : 'streams',
  };
}

async function sourcesStep(progress: AuditProgress, deps: AuditDeps): Promise<AuditProgress> {
  const { states, next } = await deps.states.page({ limit: SOURCES_AT_ONCE, after: progress.after });
  const look = { ...deps, isKept: keptBy(progress.retentions, deps.nowMs()) };
  let now = progress;
  for (let from = 0; from < states.length; from += SIDE_BY_SIDE) {
    const some = states.slice(from, from + SIDE_BY_SIDE);
    const reports = await Promise.all(some.map((stored) => lookAtSource(stored, look)));
    for (const { differences, suspects, windows, letters, ids } of reports) {
      const { compared } = now;
      now = withDifferences(now, differences);
      now = withSuspects(now, suspects);
      now = {
        ...now,
        compared: {
          ...compared,
          sources: compared.sources + 1,
          windows: compared.windows + windows,
          letters: compared.letters + letters,
        },
        ids: withIds(now.ids, ids),
      };
    }
  }
  return next === undefined
    ? { ...now, after: undefined, phase: now.startsLeft > 0 ? 'rollups' : 'waiting' }
    : { ...now, after: next };
}

async function rollupsStep(progress: AuditProgress, deps: AuditDeps): Promise<AuditProgress> {
  const toMs = (progress.startsBeforeMs ?? firstStart(deps.pipeline, deps.nowMs()) + 1) - 1;
  let startMs: number | undefined;
  for await (const start of deps.windows.starts('source', { toMs })) {
    startMs = start;
    break;
  }
  if (startMs === undefined || progress.startsLeft === 0)
    return { ...progress, startsBeforeMs: undefined, startsLeft: 0, phase: 'waiting' };
  const { differences, compared } = await lookAtRollups(startMs, {
    ...deps,
    isKept: keptBy(progress.retentions, deps.nowMs()),
  });
  const sinceMs = deps.nowMs();
  const again = differences.map((difference): Suspect => ({ what: 'rollup', startMs, difference, sinceMs }));
  return {
    ...withSuspects(progress, again),
    startsBeforeMs: startMs,
    startsLeft: progress.startsLeft - 1,
    compared: { ...progress.compared, rollupWindows: progress.compared.rollupWindows + compared },
  };
}

/** Later ones are most likely open still. */
function firstStart({ aggregations, rollups }: Pipeline, nowMs: EpochMs): EpochMs {
  const watched = aggregations.filter(({ name }) => rollups.some(({ of }) => of === name));
  return Math.max(...watched.map((each) => likelyClosed(each, spanMs(each.window), nowMs)));
}

async function waitingStep(progress: AuditProgress, deps: AuditDeps): Promise<AuditProgress> {
  const { confirmed, waiting } = await settleSuspects(progress.suspects, {
    ...deps,
    isKept: keptBy(progress.retentions, deps.nowMs()),
  });
  const now = { ...withDifferences(progress, confirmed), suspects: waiting };
  const nowMs = deps.nowMs();
  const isLong = waiting.every(({ sinceMs }) => nowMs - sinceMs >= MOST_WAITING_MS);
  if (waiting.length > 0 && !isLong) return now;
  const { pass, startedMs, compared, ids, found, differences } = now;
  const last = { pass, startedMs, finishedMs: nowMs, compared, ids, found, differences };
  return { ...now, phase: 'done', last };
}

function withIds(before = NO_IDS, ids: SourceReport['ids']): CountedIds {
  if (ids === undefined) return before;
  const counted = { ...before, counters: before.counters + 1 };
  const { source, gaps, notApplied } = ids;
  const [range] = gaps;
  if (range === undefined) return counted;
  const missing = gaps.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  return {
    ...counted,
    withGaps: before.withGaps + 1,
    missing: before.missing + missing,
    first: before.first ?? { source, ...range, missing, notApplied },
  };
}

function withDifferences(progress: AuditProgress, more: readonly Difference[]): AuditProgress {
  if (more.length === 0) return progress;
  return {
    ...progress,
    found: progress.found + more.length,
    differences: [...progress.differences, ...more].slice(0, DIFFERENCES_KEPT),
  };
}

/** What there is no room for the next pass finds again. */
function withSuspects(progress: AuditProgress, more: readonly Suspect[]): AuditProgress {
  const known = new Set(progress.suspects.map(nameOf));
  const fresh = more.filter((suspect) => !known.has(nameOf(suspect)));
  return fresh.length === 0
    ? progress
    : { ...progress, suspects: [...progress.suspects, ...fresh].slice(0, MOST_SUSPECTS) };
}

function nameOf({ difference: { kind, where } }: Suspect): string {
  return JSON.stringify([kind, where]);
}
