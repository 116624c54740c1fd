// The sources, in the order of the table's walk: none is skipped and none comes twice, whatever is written meanwhile.
import { viewState } from '../../src/core/state-view.ts';
import type { StoredState } from '../../src/stores/source-states.ts';
import type { SourceAnswer, SourcesAnswer } from '../../src/wire/api/answers.ts';
import type { RequestOf } from '../../src/wire/api/operations.ts';
import { readCursor, writeCursor } from './cursor.ts';
import type { Outcome } from './outcome.ts';
import { badRequest } from './outcome.ts';
import type { QueryDeps } from './query-deps.ts';

export async function listSources(
  request: RequestOf<'listSources'>,
  { states, clock }: QueryDeps,
): Promise<Outcome<SourcesAnswer>> {
  const cursor =
    request.cursor === undefined ? undefined : readCursor(request.cursor, request, { descending: false });
  if (cursor?.kind === 'invalid') return badRequest(cursor.problems);
  const after = cursor === undefined ? undefined : String(cursor.value.after);
  const page = await states.page({ limit: request.limit, after });
  const sources = page.states.map(describeSource);
  const next =
    page.next === undefined
      ? undefined
      : writeCursor(request, { after: page.next, atMs: clock.nowMs(), open: [] });
  const rows = sources.map(({ source, version, maxTimeMs, lastArrivalMs, counts, openWindows }) => [
    source,
    version,
    maxTimeMs,
    lastArrivalMs,
    ...COUNTS.map((count) => counts?.[count]),
    openWindows,
  ]);
  const head = ['source', 'version', 'max_time_ms', 'last_arrival_ms', ...COUNTS, 'open_windows'];
  const body = { sources, ...(next === undefined ? {} : { next }) };
  return { kind: 'answer', body, csv: { head, rows }, next };
}

const COUNTS = ['received', 'applied', 'duplicate', 'late', 'quarantined'] as const;

/** One state that cannot be read takes nothing from the others. */
function describeSource({ source, version, state }: StoredState): SourceAnswer {
  try {
    const { maxTime, lastArrivalMs, counts, open, tags } = viewState(source, state);
    return {
      source,
      version,
      maxTimeMs: maxTime,
      lastArrivalMs,
      counts: { ...counts },
      openWindows: open.length,
      tags: [...tags].map(([tag, value]) => ({ tag, value })),
    };
  } catch (error) {
    return { source, version, unreadable: error instanceof Error ? error.message : String(error) };
  }
}
