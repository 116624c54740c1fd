// What a rebuild of rollups works with, and what it reports.
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import type { RollupBeginnings } from '../stores/rollup-beginnings.ts';
import type { RollupDirectory } from '../stores/rollup-directory.ts';
import type { SourceStates } from '../stores/source-states.ts';
import type { Windows } from '../stores/windows.ts';

export interface DownstreamDeps {
  readonly pipeline: Pipeline;
  readonly states: SourceStates;
  readonly windows: Windows;
  readonly beginnings: RollupBeginnings;
  /** Where each rollup's series are noted. */
  readonly directory: RollupDirectory;
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** How long `rollup` is waited for, where a window may be on its way. */
  readonly waitMs: number;
  /** Sources a part takes before it branches. Default: PART_CAPACITY. */
  readonly partCapacity?: number;
}

export interface DownstreamReport {
  /** Those whose states were read. */
  sources: number;
  /** Moments at which windows begin, and of those the one that was done last. */
  moments: number;
  reachedMs: number | undefined;
  /** Windows that sources closed with their latest write, and that were not stored. */
  stored: number;
  /** Parts of rollup windows that were compared with their sources. */
  parts: number;
  /** Parts that were written anew. */
  remade: number;
  /** Parts that are `partial` since now: what a source closed its window with is stored nowhere. */
  partial: number;
  /** Windows of sources that rollups did not have. */
  added: number;
  /** Parts and sources that were left: changes are still on their way. */
  waiting: number;
  /** What could not be read or written, the first of them. */
  readonly failed: string[];
  failures: number;
}

export function noteFailure(report: DownstreamReport, reason: string): void {
  report.failures += 1;
  if (report.failed.length < MOST_NAMED) report.failed.push(reason);
}

const MOST_NAMED = 20;
