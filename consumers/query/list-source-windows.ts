// The windows of a source: final ones from the windows table, open ones from the source's own state.
import { quote } from '../../src/core/describe-found.ts';
import type { Aggregation } from '../../src/core/pipeline/pipeline.ts';
import { sourceSeries } from '../../src/core/series.ts';
import type { StoredWindow } from '../../src/core/stored-window.ts';
import type { SourceWindowsAnswer } from '../../src/wire/api/answers.ts';
import type { RequestOf } from '../../src/wire/api/operations.ts';
import { windowsTable } from './csv.ts';
import type { Cursor } from './cursor.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { describeAll } from './describe-window.ts';
import { mergeByStart, readHeld } from './held-windows.ts';
import type { Outcome } from './outcome.ts';
import { badRequest, notFound, notYet } from './outcome.ts';
import type { QueryDeps } from './query-deps.ts';
import { takePage } from './take-page.ts';
import { isAfter, isIn, rangeOf } from './window-range.ts';

type Request = RequestOf<'listSourceWindows'>;

/**
 * A window on its way from the state to the table is in neither, for as long as its changelog record takes. A page that
 * would pass over one that was open on a page before looks again, so often; then the reader is asked to come again.
 */
const LOOKS = 5;
const LOOK_AGAIN_MS = 400;
/** After which a window that has not come is not waited for: its change was given up, and an alarm has said so. */
const PATIENCE_MS = 900_000;

export async function listSourceWindows(
  request: Request,
  deps: QueryDeps,
): Promise<Outcome<SourceWindowsAnswer>> {
  const aggregation = aggregationName(request.aggregation, deps.pipeline.aggregations);
  if (typeof aggregation === 'object') return badRequest([aggregation]);
  const descending = request.order === 'desc';
  const cursor =
    request.cursor === undefined ? undefined : readCursor(request.cursor, request, { descending });
  if (cursor?.kind === 'invalid') return badRequest(cursor.problems);
  for (let look = 0; look < LOOKS; look += 1) {
    if (look > 0) await deps.clock.sleep(LOOK_AGAIN_MS);
    const outcome = await readPage({ ...deps, request, aggregation, cursor: cursor?.value });
    if (outcome !== 'on-its-way') return outcome;
  }
  return notYet(
    'A window that was open on the page before has closed and is being stored: ask again in a second',
  );
}

function aggregationName(given: string | undefined, all: readonly Aggregation[]) {
  if (given !== undefined) return given;
  const [only, ...others] = all;
  if (only !== undefined && others.length === 0) return only.name;
  return { where: 'query.aggregation', found: 'nothing', expected: `one of ${namesOf(all)}` };
}

interface Reading extends QueryDeps {
  readonly request: Request;
  readonly aggregation: string;
  readonly cursor: Cursor | undefined;
}

async function readPage(reading: Reading): Promise<Outcome<SourceWindowsAnswer> | 'on-its-way'> {
  const { request, aggregation, cursor, states, windows, clock } = reading;
  const { source, limit, p } = request;
  const descending = request.order === 'desc';
  const range = rangeOf(request, cursor);
  // The state first: what closes and is stored between the two reads is then in both, and not in neither.
  const [stored] = await states.load([source]);
  const held = stored === undefined ? [] : readHeld(source, aggregation, stored.state);
  const series = sourceSeries(aggregation, source);
  const finals = windows.list(series, { ...range, descending, readAhead: limit + 1 });
  const page = await takePage(
    describeAll(mergeByStart(held.filter(isIn(range)), finals, descending), p),
    limit,
    // Two sessions may begin together, and the cursor is a start.
    ({ startMs }, before) => startMs === before.startMs,
  );
  const last = page.more ? page.entries.at(-1)?.startMs : undefined;
  const isBeyond = (start: number) => last !== undefined && isAfter(start, last, descending);
  const awaited = cursor !== undefined && stored !== undefined ? cursor.open : [];
  const passed = awaited.filter((start) => !isBeyond(start));
  const given = new Set(page.entries.map(({ startMs }) => startMs));
  for (const start of passed) {
    if (given.has(start) || clock.nowMs() - (cursor?.atMs ?? 0) >= PATIENCE_MS) continue;
    if (!(await isWithinSession(start, held, reading))) return 'on-its-way';
  }
  if (page.entries.length === 0 && cursor === undefined) {
    const missing = missingOf(reading, stored !== undefined);
    if (missing !== undefined) return notFound(missing);
  }
  const open = new Set([...awaited, ...held.filter(isIn(range)).map(({ start }) => start)]);
  const beyond = [...open].filter(isBeyond).sort((a, b) => (descending ? b - a : a - b));
  const next =
    last === undefined
      ? undefined
      : // The next page gives at most `limit` of them: where it passes one over, one of the nearest is missing.
        writeCursor(request, { after: last, atMs: clock.nowMs(), open: beyond.slice(0, limit + 1) });
  const body = { source, aggregation, windows: page.entries, ...(next === undefined ? {} : { next }) };
  return { kind: 'answer', body, csv: windowsTable({ source, aggregation }, page.entries, p), next };
}

/** A session that was open may have been merged into an earlier one, and has its start no more. */
async function isWithinSession(
  start: number,
  held: readonly StoredWindow[],
  { pipeline, aggregation, request: { source }, windows }: Reading,
): Promise<boolean> {
  if (pipeline.aggregations.find(({ name }) => name === aggregation)?.window.kind !== 'session') return false;
  if (held.some((window) => window.start < start && start < window.end)) return true;
  const series = sourceSeries(aggregation, source);
  for await (const { end } of windows.list(series, { toMs: start, descending: true, readAhead: 1 })) {
    return start < end;
  }
  return false;
}

/** An unknown source or aggregation is more likely a typing error than an empty list. */
function missingOf({ request, aggregation, pipeline: { aggregations } }: Reading, isSource: boolean) {
  if (!isSource)
    return { where: 'path.source', found: quote(request.source), expected: 'a source that has sent events' };
  if (aggregations.some(({ name }) => name === aggregation)) return undefined;
  return {
    where: 'query.aggregation',
    found: quote(aggregation),
    expected: `one of ${namesOf(aggregations)}`,
  };
}

function namesOf(aggregations: readonly Aggregation[]): string {
  return aggregations.map(({ name }) => name).join(', ');
}
