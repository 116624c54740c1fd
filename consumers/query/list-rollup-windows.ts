// The windows of a rollup for one combination of tag values, parts merged; provisional ones say so.
import { quote } from '../../src/core/describe-found.ts';
import type { Rollup } from '../../src/core/pipeline/pipeline.ts';
import { rollupSeries } from '../../src/core/series.ts';
import type { RollupWindowsAnswer } from '../../src/wire/api/answers.ts';
import type { ValueProblem } from '../../src/wire/api/check-value.ts';
import type { RequestOf } from '../../src/wire/api/operations.ts';
import { readTagValues, writeTagValues } from '../../src/wire/api/tag-values.ts';
import { windowsTable } from './csv.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { describeAll } from './describe-window.ts';
import { findRollup } from './find-rollup.ts';
import type { Outcome } from './outcome.ts';
import { badRequest, notFound } from './outcome.ts';
import type { QueryDeps } from './query-deps.ts';
import { takePage } from './take-page.ts';
import { rangeOf } from './window-range.ts';

/** Most items read at a time: a page of windows in very many parts takes several reads. */
const READ_AHEAD = 500;

export async function listRollupWindows(
  request: RequestOf<'listRollupWindows'>,
  { pipeline, windows, clock }: QueryDeps,
): Promise<Outcome<RollupWindowsAnswer>> {
  const rollup = findRollup(request.name, pipeline);
  if (rollup.kind === 'missing') return notFound(rollup.problem);
  const values = valuesOf(request.value, rollup.rollup);
  if ('found' in values) return badRequest([values]);
  const descending = request.order === 'desc';
  const cursor =
    request.cursor === undefined ? undefined : readCursor(request.cursor, request, { descending });
  if (cursor?.kind === 'invalid') return badRequest(cursor.problems);
  const { limit, p } = request;
  const found = windows.list(rollupSeries(request.name, values.values), {
    ...rangeOf(request, cursor?.value),
    descending,
    readAhead: Math.min(READ_AHEAD, (limit + 1) * rollup.rollup.parts),
  });
  const page = await takePage(describeAll(found, p), limit);
  const after = page.more ? page.entries.at(-1)?.startMs : undefined;
  const next =
    after === undefined ? undefined : writeCursor(request, { after, atMs: clock.nowMs(), open: [] });
  const { tags, values: of } = values;
  const body = { rollup: request.name, tags, values: of, windows: page.entries };
  const csv = windowsTable({ rollup: request.name, value: writeTagValues(of) }, page.entries, p);
  return { kind: 'answer', body: { ...body, ...(next === undefined ? {} : { next }) }, csv, next };
}

/** As many values as one of the rollup's levels has tags. */
function valuesOf(
  written: string,
  { levels }: Rollup,
): ValueProblem | { readonly tags: readonly string[]; readonly values: readonly (string | null)[] } {
  const where = 'path.value';
  const expected = levels.map((tags) => (tags.length === 0 ? '*' : tags.join(','))).join(', or ');
  if (levels.some((tags) => tags.length === 0) && written === '*') return { tags: [], values: [] };
  const values = readTagValues(written);
  if (values === undefined) return { where, found: quote(written), expected: `the values of ${expected}` };
  const tags = levels.find((level) => level.length === values.length);
  if (tags !== undefined) return { tags, values };
  return {
    where,
    found: `${quote(written)}, values: ${values.length}`,
    expected: `the values of ${expected}`,
  };
}
