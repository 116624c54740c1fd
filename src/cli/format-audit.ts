// What a person reads of a pass of the audit.
import { CAUSES, type Difference, placeInWords } from '../core/audit/difference.ts';
import type { AuditProgress, Compared } from '../stores/audit/audit-progress.ts';

export function formatAudit({ compared, found, differences, suspects }: AuditProgress): string {
  const { sources, windows, letters, rollupWindows } = compared;
  const head = `compared: ${shardsInWords(compared)}${sources} sources, ${windows} windows, ${letters} letters, ${rollupWindows} rollup windows`;
  if (found + suspects.length === 0) return `${head}\neverything adds up`;
  return [
    head,
    ...(found === 0 ? [] : [`${found} differences; the first:`, ...differences.flatMap(inWords)]),
    ...(suspects.length === 0
      ? []
      : [
          `${suspects.length} places where something seems to be missing, but changes of their sources are still to be handled:`,
          ...suspects.slice(0, SHOWN).flatMap(({ difference }) => inWords(difference)),
        ]),
  ].join('\n');
}

/** Only where there is an archive to compare them with. */
export function shardsInWords({ shards }: Pick<Compared, 'shards'>): string {
  return shards === undefined ? '' : `${shards} shards, `;
}

const SHOWN = 10;

function inWords({ kind, where, found, expected, detail }: Difference): readonly string[] {
  return [
    `  ${kind}: ${placeInWords(where)}`,
    `    found ${found}, expected ${expected}: ${detail}`,
    `    likely cause: ${CAUSES[kind]}`,
  ];
}
