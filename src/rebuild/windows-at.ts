// All that is stored of windows that begin at one moment, and has not expired.
import { Retentions } from '../../consumers/rollup/retentions.ts';
import { parseSourceSeries } from '../core/series.ts';
import type { StoredWindow } from '../core/stored-window.ts';
import type { DownstreamDeps } from './downstream.ts';
import type { MadeRollups } from './made-rollups.ts';

export interface WindowsAt {
  readonly startMs: number;
  readonly closed: readonly ClosedOf[];
  /** Parts of rollup windows. */
  readonly parts: readonly StoredWindow[];
}

export interface ClosedOf {
  readonly source: string;
  readonly aggregation: string;
  readonly window: StoredWindow;
}

/** More that begin together are not held in memory. */
const MOST_TOGETHER = 200_000;

/** @throws Error where there are too many, or one cannot be read */
export async function windowsAt(
  startMs: number,
  made: MadeRollups,
  { windows, pipeline, nowMs }: Pick<DownstreamDeps, 'windows' | 'pipeline' | 'nowMs'>,
): Promise<WindowsAt> {
  const sources = await windows.startingAt('source', startMs, MOST_TOGETHER);
  const parts = await windows.startingAt('rollup', startMs, MOST_TOGETHER);
  if (Math.max(sources.length, parts.length) >= MOST_TOGETHER)
    throw new Error(`found ${MOST_TOGETHER} windows and more, expected fewer to begin together`);
  const retentions = new Retentions(pipeline);
  const isKept = ({ series, end }: StoredWindow) => end + (retentions.of(series) ?? Infinity) > nowMs();
  const closed = sources.filter(isKept).flatMap((window): ClosedOf[] => {
    const own = parseSourceSeries(window.series);
    return own === undefined ? [] : [{ ...own, window }];
  });
  return {
    startMs,
    closed,
    parts: parts.filter((part) => isKept(part) && made.isOfAll(part.series, part)),
  };
}
