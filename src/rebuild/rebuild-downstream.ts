// Makes the windows of rollups anew from what the sources hold: their states and their stored windows. For what no change tells of: a table
// that was restored from a backup, or a change stream that was not read for longer than it keeps changes. Whatever is right is left as it is.
//
// It may run while events arrive. A part is read first, and the states of its sources after that: so what they hold is at least as new as
// what the part was told, and the part is written under the condition that nobody has written it meanwhile.
import type { PartKey, Windows } from '../stores/windows.ts';
import { addLacking } from './add-lacking.ts';
import { type DownstreamDeps, type DownstreamReport, noteFailure } from './downstream.ts';
import { Fences } from './fences.ts';
import { HeldBySources } from './held-by-sources.ts';
import { MadeRollups } from './made-rollups.ts';
import { RepairParts } from './repair-parts.ts';
import { storeLastClosed } from './store-last-closed.ts';
import { windowsAt } from './windows-at.ts';

export interface DownstreamOptions {
  /** Windows that begin then and later. Default: all. */
  readonly fromMs?: number | undefined;
  /** Windows that begin then and before. Default: all. */
  readonly toMs?: number | undefined;
  readonly onProgress?: (report: DownstreamReport) => void;
}

export async function rebuildDownstream(
  deps: DownstreamDeps,
  { fromMs = 0, toMs = Number.MAX_SAFE_INTEGER, onProgress }: DownstreamOptions = {},
): Promise<DownstreamReport> {
  const report: DownstreamReport = {
    ...{ sources: 0, moments: 0, reachedMs: undefined, parts: 0, remade: 0, partial: 0 },
    ...{ stored: 0, added: 0, waiting: 0, failed: [], failures: 0 },
  };
  const held = new HeldBySources(deps.states, deps.pipeline);
  const fences = new Fences(deps);
  report.sources = await held.look(async (closed, sources) => {
    const { stored, waiting } = await storeLastClosed(closed, { deps, held, fences });
    report.stored += stored;
    report.waiting += waiting;
    onProgress?.({ ...report, sources });
  });
  const made = new MadeRollups(deps.pipeline, await deps.beginnings.load());
  const repair = new RepairParts(deps, { held, fences, report });
  for (const startMs of await momentsOf(deps.windows, held, { fromMs, toMs })) {
    try {
      await repairMoment(startMs, { deps, held, made, repair, report });
    } catch (error) {
      noteFailure(report, `windows that begin at ${new Date(startMs).toISOString()}: ${String(error)}`);
    }
    report.moments += 1;
    report.reachedMs = startMs;
    onProgress?.(report);
  }
  await repair.withAllNames();
  return report;
}

/** The latest first. */
async function momentsOf(
  windows: Windows,
  { openAt }: HeldBySources,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<readonly number[]> {
  const moments = new Set([...openAt.keys()].filter((start) => fromMs <= start && start <= toMs));
  for (const kind of ['source', 'rollup'] as const) {
    for await (const start of windows.starts(kind, { toMs })) {
      if (start < fromMs) break;
      moments.add(start);
    }
  }
  return [...moments].sort((a, b) => b - a);
}

interface MomentContext {
  readonly deps: DownstreamDeps;
  readonly held: HeldBySources;
  readonly made: MadeRollups;
  readonly repair: RepairParts;
  readonly report: DownstreamReport;
}

async function repairMoment(startMs: number, context: MomentContext): Promise<void> {
  const { deps, held, made, repair, report } = context;
  const stored = await windowsAt(startMs, made, deps);
  for (const { source } of stored.closed) held.note(source);
  const keys = stored.parts.flatMap(({ series, start, end, part }): PartKey[] =>
    part === undefined ? [] : [{ series, start, end, part }],
  );
  const marks = await repair.repair(keys);
  report.added += await addLacking(stored, marks, context);
}
