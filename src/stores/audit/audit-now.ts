// A whole pass at once, for who asks for it: beside the scheduled one, whose progress it leaves alone.
import type { AuditProgress } from './audit-progress.ts';
import { type AuditDeps, auditStep, beginPass } from './audit-step.ts';

export interface AuditNowOptions {
  /** How long who handles changes is waited for, where something looks missing. */
  readonly waitMs: number;
  readonly sleep: (ms: number) => Promise<void>;
  /** After each step. */
  readonly onProgress?: (progress: AuditProgress) => void;
}

/** Between two looks. */
const PAUSE_MS = 1_000;

/** The suspects in the progress it returns are undecided: the changes of these sources have not been processed yet. */
export async function auditNow(
  deps: AuditDeps,
  { waitMs, sleep, onProgress }: AuditNowOptions,
): Promise<AuditProgress> {
  let progress = beginPass(undefined, deps.nowMs(), deps);
  let waitedSinceMs: number | undefined;
  while (progress.phase !== 'done') {
    const waited = progress.phase === 'waiting';
    progress = await auditStep(progress, deps);
    onProgress?.(progress);
    if (!waited || progress.phase !== 'waiting') continue;
    waitedSinceMs ??= deps.nowMs();
    if (deps.nowMs() - waitedSinceMs >= waitMs) break;
    await sleep(PAUSE_MS);
  }
  return progress;
}
