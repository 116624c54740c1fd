// Where alerts stand: of one source, by the pipeline's rules, each read by its key; else of all that are not well, by the
// index, which says whose items to read. What the items say counts: the index may be a moment behind.
import type { AlertStatus } from '../../src/core/alerts/alert-state.ts';
import { watchedSeries } from '../../src/core/alerts/watched-series.ts';
import { quote } from '../../src/core/describe-found.ts';
import type { Standing, StoredAlert } from '../../src/stores/alerts.ts';
import { alertId } from '../../src/stores/alerts.ts';
import type { AlertAnswer } from '../../src/wire/api/alert-answer.ts';
import { alertAnswer } from '../../src/wire/api/alert-answer.ts';
import type { AlertsAnswer } from '../../src/wire/api/answers.ts';
import type { RequestOf } from '../../src/wire/api/operations.ts';
import { readCursor, writeCursor } from './cursor.ts';
import type { Outcome } from './outcome.ts';
import { badRequest } from './outcome.ts';
import type { QueryDeps } from './query-deps.ts';

type Request = RequestOf<'listAlerts'>;

interface AlertsPage {
  readonly alerts: readonly StoredAlert[];
  /** Where the next one begins; undefined: this is the last. */
  readonly after: string | undefined;
}

export async function listAlerts(request: Request, deps: QueryDeps): Promise<Outcome<AlertsAnswer>> {
  const { source, status } = request;
  if (status === 'ok' && source === undefined) {
    const expected = 'a source beside it: of those that are well there is no list';
    return badRequest([{ where: 'query.status', found: 'ok', expected }]);
  }
  const cursor =
    request.cursor === undefined ? undefined : readCursor(request.cursor, request, { descending: false });
  if (cursor?.kind === 'invalid') return badRequest(cursor.problems);
  const after = cursor === undefined ? undefined : String(cursor.value.after);
  const begin = after === undefined ? FIRST : placeOf(after);
  if (source === undefined && begin === undefined) {
    return badRequest([
      { where: 'query.cursor', found: quote(after ?? ''), expected: 'the `next` of a page' },
    ]);
  }
  const page =
    source === undefined
      ? await pageOfStanding(request, begin ?? FIRST, deps)
      : await pageOfSource({ ...request, source }, after, deps);
  return answerWith(page, request, deps);
}

function answerWith(
  { alerts: found, after }: AlertsPage,
  request: Request,
  { clock }: QueryDeps,
): Outcome<AlertsAnswer> {
  const alerts = found.map(({ rule, series, state }) => alertAnswer(rule, series, state));
  const next =
    after === undefined ? undefined : writeCursor(request, { after, atMs: clock.nowMs(), open: [] });
  return {
    kind: 'answer',
    body: { alerts, ...(next === undefined ? {} : { next }) },
    csv: { head: HEAD, rows: alerts.map(rowOf) },
    next,
  };
}

const HEAD = ['rule', 'series', 'status', 'sequence', 'since_ms', 'severity', 'reason'];

function rowOf({ rule, series, status, sequence, sinceMs, severity, reason }: AlertAnswer) {
  return [rule, series, status, sequence, sinceMs, severity, reason];
}

async function pageOfSource(
  { source, rule, status, limit }: Request & { readonly source: string },
  after: string | undefined,
  { alerts: store, pipeline }: QueryDeps,
): Promise<AlertsPage> {
  const keys = pipeline.alerts
    .filter(({ name }) => rule === undefined || name === rule)
    .flatMap((one) => {
      const series = watchedSeries(one, source);
      return series === undefined ? [] : [{ rule: one.name, series }];
    });
  const ids = keys.map(alertId).sort();
  const left = after === undefined ? ids : ids.filter((id) => id > after);
  const taken = left.slice(0, limit);
  const stored = await store.loadById(taken);
  const found = taken.flatMap((id) => stored.get(id) ?? []);
  return {
    alerts: found.filter(({ state }) => isWanted(state.status, status)),
    after: left.length > taken.length ? taken.at(-1) : undefined,
  };
}

/** Index entries looked at for one page: where few of them are what was asked for, it holds fewer than it may. */
const MAX_LOOKED_AT = 1_000;

async function pageOfStanding(
  { rule, status, limit }: Request,
  begin: Place,
  { alerts: store }: QueryDeps,
): Promise<AlertsPage> {
  const found: StoredAlert[] = [];
  let looked = 0;
  const wanted = PARTS.slice(PARTS.findIndex(({ standing }) => standing === begin.standing)).filter(
    ({ holds }) => holds.some((one) => isWanted(one, status)),
  );
  for (const { standing, holds } of wanted) {
    if (found.length >= limit) return { alerts: found, after: `${standing} ` };
    let batch: { readonly id: string; readonly place: string }[] = [];
    const take = async () => {
      const stored = await store.loadById(batch.map(({ id }) => id));
      for (const { id } of batch) {
        const alert = stored.get(id);
        if (alert === undefined || (rule !== undefined && alert.rule !== rule)) continue;
        // One that the index has not moved yet is given where it is now.
        if (holds.includes(alert.state.status) && isWanted(alert.state.status, status)) found.push(alert);
      }
      batch = [];
    };
    const entries = store.standing(standing, {
      rule,
      after: standing === begin.standing ? begin.after : undefined,
      readAhead: limit,
    });
    let last: string | undefined;
    for await (const entry of entries) {
      if (last !== undefined && (found.length + batch.length >= limit || looked >= MAX_LOOKED_AT)) {
        await take();
        if (found.length >= limit || looked >= MAX_LOOKED_AT) {
          return { alerts: found, after: `${standing} ${last}` };
        }
      }
      batch.push(entry);
      looked += 1;
      last = entry.place;
    }
    await take();
  }
  return { alerts: found, after: undefined };
}

interface Part {
  readonly standing: Standing;
  readonly holds: readonly AlertStatus[];
}

const PARTS: readonly Part[] = [
  { standing: 'active', holds: ['pending', 'firing'] },
  { standing: 'resolved', holds: ['resolved'] },
];

function isWanted(status: AlertStatus, wanted: Request['status']): boolean {
  if (wanted === 'any') return true;
  return wanted === 'active' ? status === 'pending' || status === 'firing' : status === wanted;
}

/** Where a page begins: in which part, and after which place of it. */
interface Place {
  readonly standing: Standing;
  readonly after: string | undefined;
}

const FIRST: Place = { standing: 'active', after: undefined };
/** Longer than any place is. */
const MAX_PLACE_LENGTH = 200;

function placeOf(after: string): Place | undefined {
  const space = after.indexOf(' ');
  const standing = PARTS.find((part) => part.standing === after.slice(0, space))?.standing;
  const place = after.slice(space + 1);
  if (standing === undefined || place.length > MAX_PLACE_LENGTH) return undefined;
  return { standing, after: place === '' ? undefined : place };
}
