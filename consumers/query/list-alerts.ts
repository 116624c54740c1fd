// Where alerts stand, in the order of the table's walk. The rule and the status are looked for in what a page has read: it
// may hold few of them, or none, and not be the last.
import { parseRollupSeries, parseSourceSeries } from '../../src/core/series.ts';
import type { StoredAlert } from '../../src/stores/alerts.ts';
import type { AlertAnswer, AlertsAnswer } from '../../src/wire/api/answers.ts';
import type { RequestOf } from '../../src/wire/api/operations.ts';
import { readCursor, writeCursor } from './cursor.ts';
import type { Outcome } from './outcome.ts';
import { badRequest } from './outcome.ts';
import type { QueryDeps } from './query-deps.ts';

export async function listAlerts(
  request: RequestOf<'listAlerts'>,
  { alerts: store, clock }: QueryDeps,
): Promise<Outcome<AlertsAnswer>> {
  const cursor =
    request.cursor === undefined ? undefined : readCursor(request.cursor, request, { descending: false });
  if (cursor?.kind === 'invalid') return badRequest(cursor.problems);
  const after = cursor === undefined ? undefined : String(cursor.value.after);
  const page = await store.page({ limit: request.limit, after });
  const alerts = page.alerts
    .filter(({ rule }) => request.rule === undefined || rule === request.rule)
    .filter(({ state }) => request.status === 'any' || state.status === request.status)
    .map(describeAlert);
  const next =
    page.next === undefined
      ? undefined
      : writeCursor(request, { after: page.next, atMs: clock.nowMs(), open: [] });
  const rows = alerts.map(({ rule, series, status, sequence, sinceMs, severity, reason }) => {
    return [rule, series, status, sequence, sinceMs, severity, reason];
  });
  const head = ['rule', 'series', 'status', 'sequence', 'since_ms', 'severity', 'reason'];
  return {
    kind: 'answer',
    body: { alerts, ...(next === undefined ? {} : { next }) },
    csv: { head, rows },
    next,
  };
}

function describeAlert({ rule, series, state }: StoredAlert): AlertAnswer {
  const latest = state.transitions.at(-1);
  return {
    rule,
    series,
    ...subjectOf(series),
    status: state.status,
    sequence: state.sequence,
    ...(state.since === undefined ? {} : { sinceMs: state.since }),
    ...(latest === undefined ? {} : { severity: latest.severity, reason: latest.reason }),
  };
}

function subjectOf(series: string): Pick<AlertAnswer, 'source' | 'aggregation' | 'rollup' | 'values'> {
  const rollup = parseRollupSeries(series);
  if (rollup !== undefined) return rollup;
  const source = parseSourceSeries(series);
  if (source === undefined) return {};
  return source.aggregation === '' ? { source: source.source } : source;
}
