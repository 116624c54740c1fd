// How long windows are kept may be changed: those stored before go when they were to go then.
import type { EpochMs } from '../../core/brands.ts';
import type { Pipeline } from '../../core/pipeline/pipeline.ts';
import type { AuditProgress, KeptFor } from './audit-progress.ts';

type Retentions = AuditProgress['retentions'];

/** Changes of one aggregation that are remembered. */
const MOST_CHANGES = 8;

export function noteRetentions(before: Retentions, { aggregations }: Pipeline, nowMs: EpochMs): Retentions {
  const now: Record<string, readonly KeptFor[]> = {};
  for (const { name, retentionMs = null } of aggregations) {
    const [latest, ...earlier] = before[name] ?? [];
    const isSame = latest === undefined || latest.retentionMs === retentionMs;
    const kept = isSame ? earlier : [{ ...latest, untilMs: nowMs }, ...earlier];
    now[name] = [{ retentionMs, untilMs: Number.MAX_SAFE_INTEGER }, ...kept].slice(0, MOST_CHANGES);
  }
  return now;
}

/** Whether a window is kept still, by the shortest of the times that may hold for it. */
export function keptBy(
  retentions: Retentions,
  nowMs: EpochMs,
): (aggregation: string, endMs: EpochMs) => boolean {
  return (aggregation, endMs) =>
    (retentions[aggregation] ?? []).every(
      ({ retentionMs, untilMs }) => retentionMs === null || endMs > untilMs || endMs + retentionMs > nowMs,
    );
}
