// What the audit has to tell: of its latest whole pass, and of the one under way where that has found something.
import { CAUSES, type DifferenceKind, placeInWords } from '../../core/audit/difference.ts';
import type { AuditProgress, AuditStore, CountedIds } from './audit-progress.ts';

export interface AuditReport {
  readonly finishedMs: number;
  readonly sources: number;
  /** Undefined: there is no archive that says what they carried. */
  readonly shards?: number;
  readonly windows: number;
  readonly rollupWindows: number;
  readonly differences: number;
  readonly waiting: number;
  /** Undefined: the pass was made by a release that did not look at ids. */
  readonly ids?: CountedIds;
  readonly first?: {
    readonly kind: DifferenceKind;
    readonly place: string;
    readonly found: number;
    readonly expected: number;
    readonly detail: string;
    readonly pointsTo: string;
  };
}

/** undefined: no pass has ended yet. */
export async function readAuditReport(store: AuditStore): Promise<AuditReport | undefined> {
  const { progress } = await store.load();
  return progress === undefined ? undefined : reportOf(progress);
}

function reportOf({ last, found, differences, suspects, phase }: AuditProgress): AuditReport | undefined {
  if (last === undefined) return undefined;
  const isUnderWay = phase !== 'done';
  const [first] = isUnderWay ? [...differences, ...last.differences] : last.differences;
  const { sources, shards, windows, rollupWindows } = last.compared;
  return {
    finishedMs: last.finishedMs,
    sources,
    ...(shards === undefined ? {} : { shards }),
    windows,
    rollupWindows,
    differences: Math.max(found, last.found),
    waiting: suspects.length,
    ...(last.ids === undefined ? {} : { ids: last.ids }),
    ...(first === undefined
      ? {}
      : {
          first: {
            kind: first.kind,
            place: placeInWords(first.where),
            found: first.found,
            expected: first.expected,
            detail: first.detail,
            pointsTo: CAUSES[first.kind],
          },
        }),
  };
}
