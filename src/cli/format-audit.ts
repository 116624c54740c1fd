// What a person reads of a pass of the audit.
import { CAUSES, type Difference, placeInWords } from '../core/audit/difference.ts';
import type { AuditProgress, Compared, CountedIds } from '../stores/audit/audit-progress.ts';

export function formatAudit({ compared, ids, found, differences, suspects }: AuditProgress): string {
  const { sources, windows, letters, rollupWindows } = compared;
  const head = `compared: ${shardsInWords(compared)}${sources} sources, ${windows} windows, ${letters} letters, ${rollupWindows} rollup windows`;
  const gaps = ids === undefined ? [] : gapsInWords(ids);
  if (found + suspects.length === 0) return [head, 'everything adds up', ...gaps].join('\n');
  return [
    head,
    ...(found === 0 ? [] : [`${found} differences; the first:`, ...differences.flatMap(inWords)]),
    ...(suspects.length === 0
      ? []
      : [
          `${suspects.length} places where something seems to be missing, but changes of their sources are still to be handled:`,
          ...suspects.slice(0, SHOWN).flatMap(({ difference }) => inWords(difference)),
        ]),
    ...gaps,
  ].join('\n');
}

/** No difference: a device may leave out numbers on its own account. */
function gapsInWords({ counters, withGaps, missing, first }: CountedIds): readonly string[] {
  if (first === undefined) return [];
  const { source, from, to, missing: own, notApplied } = first;
  return [
    `ids that count: ${missing} numbers are left out by ${withGaps} of ${counters} sources (information, no difference)`,
    `  the first: source ${JSON.stringify(source)}, ${from === to ? `id ${from}` : `ids ${from} to ${to}`}; it has left out ${own}${notApplied === 0 ? '' : `, and ${notApplied} of its events were late or quarantined`}`,
  ];
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
