// Windows of sources that no part of a rollup has: it begins with all that they hold, as with a source's first change.
import { commitParts } from '../../consumers/rollup/commit-parts.ts';
import { PartCache } from '../../consumers/rollup/part-cache.ts';
import { Patience } from '../../consumers/rollup/patience.ts';
import { Retentions } from '../../consumers/rollup/retentions.ts';
import { SpreadCache, windowKeyText } from '../../consumers/rollup/spread-cache.ts';
import { hasExpired, type WindowWork } from '../../consumers/rollup/window-work.ts';
import { asClosed } from '../core/as-closed.ts';
import type { SequenceNumber } from '../core/brands.ts';
import type { Contribution } from '../core/rollup.ts';
import { contributionsHeld } from '../core/rollup.ts';
import type { ClosedWindow } from '../core/source-window.ts';
import { markKey } from '../core/stored-window.ts';
import { type DownstreamDeps, type DownstreamReport, noteFailure } from './downstream.ts';
import type { HeldBySources } from './held-by-sources.ts';
import type { MadeRollups } from './made-rollups.ts';
import { type MarksBySeries, seriesAndEnd } from './repair-parts.ts';
import type { WindowsAt } from './windows-at.ts';

interface LackingContext {
  readonly deps: DownstreamDeps;
  readonly held: HeldBySources;
  readonly made: MadeRollups;
  readonly report: DownstreamReport;
}

/** @returns how many windows of sources were added to parts */
export async function addLacking(
  stored: WindowsAt,
  marks: MarksBySeries,
  context: LackingContext,
): Promise<number> {
  const { deps, report } = context;
  const lacking = await lackedBy(stored, marks, context);
  const works = worksOf(lacking, context);
  if (works.length === 0) return 0;
  await deps.directory.note(works.map(({ key }) => key.series));
  const { failures, missing } = await commitParts(works, {
    ...{ windows: deps.windows, pipeline: deps.pipeline, partCapacity: deps.partCapacity },
    patience: new Patience(deps.nowMs),
    cache: new PartCache(),
    spreads: new SpreadCache(),
    retryPause: (round) => deps.sleep(10 * 2 ** round),
  });
  for (const { reason } of [...failures, ...missing]) noteFailure(report, `what rollups lack: ${reason}`);
  return works.reduce((sum, { additions }) => sum + additions.length, 0) - failures.length - missing.length;
}

interface Lacked {
  readonly source: string;
  readonly version: number;
  readonly contribution: Contribution;
}

async function lackedBy(
  { startMs, closed }: WindowsAt,
  marks: MarksBySeries,
  { deps: { pipeline }, held }: LackingContext,
): Promise<readonly Lacked[]> {
  const open = [...(held.openAt.get(startMs) ?? [])];
  const states = await held.load(open);
  const bySource = new Map<string, { open: ClosedWindow[]; closed: ClosedWindow[]; version: number }>();
  const of = (source: string) => {
    const known = bySource.get(source) ?? { open: [], closed: [], version: 0 };
    bySource.set(source, known);
    return known;
  };
  for (const [source, state] of states) {
    if (state === undefined || state === 'unreadable') continue;
    const own = state.windows.open.filter(({ start }) => start === startMs);
    bySource.set(source, { open: own, closed: [], version: state.version });
  }
  for (const { source, aggregation, window } of closed) {
    const isOpen = of(source).open.some(
      (each) => each.aggregation === aggregation && each.end === window.end,
    );
    if (!isOpen) of(source).closed.push(asClosed(window));
  }
  return [...bySource].flatMap(([source, { version, ...windows }]) =>
    contributionsHeld(source, windows, pipeline)
      .filter((each) => marks.get(seriesAndEnd(each))?.has(markKey(source)) !== true)
      .filter(({ events, moved, partial }) => events + moved > 0 && partial === undefined)
      .map((contribution) => ({ source, version, contribution })),
  );
}

function worksOf(
  lacked: readonly Lacked[],
  { deps: { pipeline, nowMs }, made }: LackingContext,
): readonly WindowWork[] {
  const retentions = new Retentions(pipeline);
  const works = new Map<string, WindowWork>();
  for (const { source, version, contribution } of lacked) {
    const { series, start, end, parts } = contribution;
    if (!made.isOfAll(series, { start, end })) continue;
    const key = { series, start, end };
    const madeMs = Math.floor(nowMs());
    const retentionMs = retentions.of(series);
    const work: WindowWork = works.get(windowKeyText(key)) ?? {
      ...{ key, additions: [], retentionMs, parts, lastArrivalMs: madeMs, partial: undefined },
    };
    const isExpired = hasExpired(key, retentionMs, madeMs);
    work.additions.push({ source, version, contribution, sequence: NO_CHANGE, madeMs, isExpired });
    works.set(windowKeyText(key), work);
  }
  return [...works.values()];
}

/** What is added stands in no change stream: it comes before all that does. */
const NO_CHANGE = '0' as SequenceNumber;
