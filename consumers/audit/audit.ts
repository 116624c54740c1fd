// The scheduled audit: compares what is stored with what sources have counted, a bounded piece a run, and names the first place where they
// differ. It writes nothing but how far it has come, and fences where something looks missing.
import { CAUSES, placeInWords } from '../../src/core/audit/difference.ts';
import type { Log, Meter } from '../../src/platform/observe.ts';
import type { AuditProgress, AuditStore } from '../../src/stores/audit/audit-progress.ts';
import { type AuditDeps, auditStep, beginPass } from '../../src/stores/audit/audit-step.ts';

export interface AuditFunctionDeps extends AuditDeps {
  readonly store: AuditStore;
  readonly log: Log;
  readonly meter: Meter;
  /** Between the beginnings of two passes, at least. */
  readonly passEveryMs: number;
}

export interface AuditAnswer {
  readonly pass: number;
  readonly phase: AuditProgress['phase'];
  /** Differences found in this pass so far. */
  readonly differences: number;
}

/** The part of Lambda's context the audit looks at. */
export interface RemainingTime {
  getRemainingTimeInMillis(): number;
}

/** Kept for the step under way, and for noting how far it has come. */
const TIME_KEPT_MS = 15_000;

export function createAudit(
  deps: AuditFunctionDeps,
): (request: object, context: RemainingTime) => Promise<AuditAnswer> {
  return async (_, context) => {
    const { store, meter } = deps;
    const { progress: before, version } = await store.load();
    const begun = goOn(before, deps);
    const progress = await run(begun, context, deps);
    await store.save(progress, version);
    tell(progress, deps);
    const earlier = before?.pass === progress.pass ? before.compared : undefined;
    meter.publish({
      runs: 1,
      sourcesLookedAt: progress.compared.sources - (earlier?.sources ?? 0),
      windowsLookedAt: progress.compared.windows - (earlier?.windows ?? 0),
      waiting: progress.suspects.length,
      // Until a whole pass has found nothing.
      differences: Math.max(progress.found, progress.last?.found ?? 0),
    });
    return { pass: progress.pass, phase: progress.phase, differences: progress.found };
  };
}

function goOn(before: AuditProgress | undefined, deps: AuditFunctionDeps): AuditProgress {
  const nowMs = deps.nowMs();
  const isDue =
    before === undefined || (before.phase === 'done' && nowMs - before.startedMs >= deps.passEveryMs);
  return isDue ? beginPass(before, nowMs, deps) : before;
}

async function run(begun: AuditProgress, context: RemainingTime, deps: AuditDeps): Promise<AuditProgress> {
  let progress = begun;
  while (progress.phase !== 'done' && context.getRemainingTimeInMillis() >= TIME_KEPT_MS) {
    const waited = progress.phase === 'waiting';
    progress = await auditStep(progress, deps);
    // Others have to go on first.
    if (waited) break;
  }
  return progress;
}

function tell(
  { found, differences: [first], pass }: AuditProgress,
  { log }: Pick<AuditFunctionDeps, 'log'>,
): void {
  if (first === undefined) return;
  const { kind, detail, found: count, expected, where } = first;
  const place = placeInWords(where);
  log.error('books do not add up', {
    pass,
    differences: found,
    first: { kind, place, found: count, expected, detail, pointsTo: CAUSES[kind] },
  });
}
