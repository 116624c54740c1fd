// What is in no rollup window, told and kept: changes that cannot be read, and what a part could not take.

import type { Log } from '../../src/platform/observe.ts';
import type { DeadLetter, DeadLetters } from '../../src/stores/dead-letters.ts';
import { attempt, type Failure } from './attempt.ts';
import type { MissingAddition } from './commit-parts.ts';
import { CHANGELOG, type UnreadChange } from './decode-changes.ts';

/** Nothing puts it right yet. */
export async function tellOfMissing(
  unread: readonly UnreadChange[],
  missing: readonly MissingAddition[],
  { deadLetters, log }: { readonly deadLetters: DeadLetters; readonly log: Log },
): Promise<readonly Failure[]> {
  if (unread.length + missing.length === 0) return [];
  log.error('changes are missing downstream: docs/how-to-mend.md says what to do', {
    unread: unread
      .slice(0, 5)
      .map(({ source, version, letter: { detail } }) => ({ source, version, detail })),
    missing: missing.slice(0, 5).map(({ reason, detail, addition: { source, version } }) => ({
      reason,
      detail,
      source,
      version,
    })),
  });
  const sequences = [...unread, ...missing.map(({ addition }) => addition)];
  return await attempt(sequences, () =>
    deadLetters.put([...unread.map(({ letter }) => letter), ...missing.map(toMissingLetter)]),
  );
}

/** One a window, part and source: what is missing of it besides stands in the source's own windows. */
function toMissingLetter({ reason, detail, addition, part, names }: MissingAddition): DeadLetter {
  const { source, version, sequence, contribution } = addition;
  const { series, start, end, events } = contribution;
  const body = {
    series,
    start,
    end,
    part,
    source,
    version,
    events,
    ...(names === undefined ? {} : { names }),
  };
  return {
    at: { shard: CHANGELOG, sequence, index: 0 },
    apart: `${series}|${start}|${part}|${source}`,
    reason,
    detail,
    source,
    arrivalMs: start,
    payload: { encoding: 'json', body: JSON.stringify(body) },
  };
}

export function missingCounts(
  unread: readonly UnreadChange[],
  missing: readonly MissingAddition[],
): Readonly<Record<string, number>> {
  const full = missing.filter(({ reason }) => reason === 'rollup-full').length;
  return { unreadableChanges: unread.length, rollupFull: full, rollupUnreadable: missing.length - full };
}
