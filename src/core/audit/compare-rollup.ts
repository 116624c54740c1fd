// Compares the windows of a rollup with those of its sources that begin at the same time. A source's window is stored after its
// rollups have it, so the sources' windows must be read first; then every difference found is real.
import type { EpochMs } from '../brands.ts';
import type { Aggregation, Pipeline, Rollup } from '../pipeline/pipeline.ts';
import { rollupMark } from '../rollup-beginnings.ts';
import { parseRollupSeries, parseSourceSeries } from '../series.ts';
import type { StoredWindow } from '../stored-window.ts';
import { markKey } from '../stored-window.ts';
import type { Difference } from './difference.ts';

/** Everything stored of the windows that begin at one time. */
export interface StartingTogether {
  readonly startMs: EpochMs;
  /** Windows of sources; they are read first. */
  readonly sources: readonly StoredWindow[];
  /** Parts of rollup windows. */
  readonly parts: readonly StoredWindow[];
}

export interface RollupReport {
  readonly differences: readonly Difference[];
  /** Rollup windows whose events were compared. */
  readonly compared: number;
}

export function compareRollups(
  { startMs, sources, parts }: StartingTogether,
  pipeline: Pipeline,
): RollupReport {
  const differences: Difference[] = [];
  let compared = 0;
  for (const rollup of pipeline.rollups) {
    const own = sources.filter(({ series }) => parseSourceSeries(series)?.aggregation === rollup.of);
    for (const [endMs, windows] of Map.groupBy(own, ({ end }) => end)) {
      const told = windows.filter((window) => window.told?.includes(rollupMark(rollup, pipeline)) === true);
      const partsOf = parts.filter(
        ({ series, end }) => end === endMs && parseRollupSeries(series)?.rollup === rollup.name,
      );
      // Levels with the same number of tags cannot be told apart by their series; still, each has its own windows.
      for (const [tags, levels] of Map.groupBy(rollup.levels, ({ length }) => length)) {
        const window = {
          rollup,
          startMs,
          endMs,
          windows,
          told,
          parts: partsOf.filter(({ series }) => parseRollupSeries(series)?.values.length === tags),
          levels: levels.length,
        };
        const lacking = lackedSources(window);
        differences.push(...lacking);
        if (lacking.length > 0 || !isComparable(window)) continue;
        compared += 1;
        differences.push(...compareSums(window));
      }
    }
  }
  return { differences, compared };
}

interface RollupWindow {
  readonly rollup: Rollup;
  readonly startMs: EpochMs;
  readonly endMs: EpochMs;
  readonly windows: readonly StoredWindow[];
  readonly told: readonly StoredWindow[];
  readonly parts: readonly StoredWindow[];
  readonly levels: number;
}

function lackedSources({ rollup, startMs, endMs, told, parts }: RollupWindow): Difference[] {
  const marked = new Set(parts.flatMap(({ marks }) => [...marks.keys()]));
  const lacked = told.filter((window) => window.events > 0 && !marked.has(markKey(sourceOf(window))));
  const [first] = lacked;
  if (first === undefined) return [];
  const detail = `${lacked.length} of ${told.length} sources that were folded into it are in none of its ${parts.length} parts; this is the first`;
  return [
    {
      kind: 'rollup-lacks-source',
      where: { rollup: rollup.name, aggregation: rollup.of, source: sourceOf(first), startMs, endMs },
      found: told.length - lacked.length,
      expected: told.length,
      detail,
    },
  ];
}

/** Not compared while it has sources whose windows are not stored yet, nor if it says itself that it holds only a part. */
function isComparable({ windows, told, parts }: RollupWindow): boolean {
  if (told.length === 0 || told.length < windows.length) return false;
  if (parts.some(({ incomplete, partial }) => incomplete === true || partial !== undefined)) return false;
  const stored = new Set(told.map((window) => markKey(sourceOf(window))));
  return parts.every(({ marks }) => [...marks].every(([source, { open }]) => !open && stored.has(source)));
}

function compareSums({ rollup, startMs, endMs, told, parts, levels }: RollupWindow): Difference[] {
  const found = sumOf(parts);
  const expected = levels * sumOf(told);
  if (found === expected) return [];
  const detail = `${parts.length} parts hold ${found} events, the windows of its ${told.length} sources ${expected}`;
  const where = { rollup: rollup.name, aggregation: rollup.of, startMs, endMs };
  return [{ kind: 'rollup-sum', where, found, expected, detail }];
}

function sumOf(windows: readonly { readonly events: number }[]): number {
  return windows.reduce((sum, { events }) => sum + events, 0);
}

function sourceOf({ series }: StoredWindow): string {
  return parseSourceSeries(series)?.source ?? '';
}

/** Windows that began by then have most likely closed, so there is something to compare. */
export function likelyClosed(
  { allowedLatenessMs, idleTimeoutMs }: Pick<Aggregation, 'allowedLatenessMs' | 'idleTimeoutMs'>,
  spanMs: number,
  nowMs: EpochMs,
): EpochMs {
  return nowMs - spanMs - allowedLatenessMs - idleTimeoutMs;
}
