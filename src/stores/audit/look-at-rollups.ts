// Reads the windows that begin at one moment, those of sources first, and compares the rollups' with them.
import { compareRollups, type RollupReport } from '../../core/audit/compare-rollup.ts';
import type { EpochMs } from '../../core/brands.ts';
import type { Pipeline } from '../../core/pipeline/pipeline.ts';
import { parseSourceSeries } from '../../core/series.ts';
import { StoreError } from '../store-error.ts';
import type { Windows } from '../windows.ts';

/** Windows that begin together: of more than so many only the first are compared, so that a step has its bound. */
const MOST_TOGETHER = 50_000;

interface LookDeps {
  readonly windows: Windows;
  readonly pipeline: Pipeline;
  /** Whether a window of an aggregation that ends then is kept still. */
  readonly isKept: (aggregation: string, endMs: EpochMs) => boolean;
}

export async function lookAtRollups(startMs: EpochMs, deps: LookDeps): Promise<RollupReport> {
  try {
    return await lookAt(startMs, deps);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    const unreadable = { kind: 'unreadable', found: 0, expected: 1, detail: String(error) } as const;
    return { differences: [{ ...unreadable, where: { startMs } }], compared: 0 };
  }
}

/** Throws where a window cannot be read. */
async function lookAt(startMs: EpochMs, { windows, pipeline, isKept }: LookDeps): Promise<RollupReport> {
  // Each is stored when its rollups have it.
  const sources = await windows.startingAt('source', startMs, MOST_TOGETHER);
  const parts = await windows.startingAt('rollup', startMs, Number.POSITIVE_INFINITY);
  const isWhole = sources.length < MOST_TOGETHER;
  // A source that came late keeps its window for longer than its rollups keep theirs.
  const kept = sources.filter(({ series, end }) => isKept(parseSourceSeries(series)?.aggregation ?? '', end));
  const { differences, compared } = compareRollups({ startMs, sources: kept, parts }, pipeline);
  return {
    differences: differences.filter(({ kind }) => isWhole || kind === 'rollup-lacks-source'),
    compared: isWhole ? compared : 0,
  };
}
