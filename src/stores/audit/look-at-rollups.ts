// Reads the windows that begin at one moment, those of sources first, and compares the rollups' with them.
import { compareRollups, type RollupReport } from '../../core/audit/compare-rollup.ts';
import type { EpochMs } from '../../core/brands.ts';
import type { Pipeline } from '../../core/pipeline/pipeline.ts';
import type { Windows } from '../windows.ts';

/** Windows that begin together: of more than so many only the first are compared, so that a step has its bound. */
const MOST_TOGETHER = 50_000;

export async function lookAtRollups(
  startMs: EpochMs,
  { windows, pipeline }: { readonly windows: Windows; readonly pipeline: Pipeline },
): Promise<RollupReport> {
  // Each is stored when its rollups have it.
  const sources = await windows.startingAt('source', startMs, MOST_TOGETHER);
  const parts = await windows.startingAt('rollup', startMs, Number.POSITIVE_INFINITY);
  const isWhole = sources.length < MOST_TOGETHER;
  const { differences, compared } = compareRollups({ startMs, sources, parts }, pipeline);
  return {
    differences: differences.filter(({ kind }) => isWhole || kind === 'rollup-lacks-source'),
    compared: isWhole ? compared : 0,
  };
}
