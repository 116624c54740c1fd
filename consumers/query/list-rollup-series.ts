// The combinations of tag values a rollup has windows of.
import { parseRollupSeries } from '../../src/core/series.ts';
import type { RollupSeriesAnswer } from '../../src/wire/api/answers.ts';
import type { RequestOf } from '../../src/wire/api/operations.ts';
import { writeTagValues } from '../../src/wire/api/tag-values.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { findRollup } from './find-rollup.ts';
import type { Outcome } from './outcome.ts';
import { badRequest, notFound } from './outcome.ts';
import type { QueryDeps } from './query-deps.ts';
import { takePage } from './take-page.ts';

export async function listRollupSeries(
  request: RequestOf<'listRollupSeries'>,
  { pipeline, directory, clock }: QueryDeps,
): Promise<Outcome<RollupSeriesAnswer>> {
  const found = findRollup(request.name, pipeline);
  if (found.kind === 'missing') return notFound(found.problem);
  const cursor =
    request.cursor === undefined ? undefined : readCursor(request.cursor, request, { descending: false });
  if (cursor?.kind === 'invalid') return badRequest(cursor.problems);
  const noted = directory.list(request.name, {
    ...(cursor === undefined ? {} : { after: String(cursor.value.after) }),
    readAhead: request.limit + 1,
  });
  const page = await takePage(noted, request.limit);
  const series = page.entries.map(({ series: one }) => {
    const values = parseRollupSeries(one)?.values ?? [];
    // None where the rollup had other levels before.
    const tags = found.rollup.levels.find((level) => level.length === values.length) ?? [];
    return { tags, values };
  });
  const after = page.more ? page.entries.at(-1)?.key : undefined;
  const next =
    after === undefined ? undefined : writeCursor(request, { after, atMs: clock.nowMs(), open: [] });
  const csv = {
    head: ['rollup', 'tags', 'value'],
    rows: series.map(({ tags, values }) => [request.name, tags.join(','), writeTagValues(values)]),
  };
  const body = { rollup: request.name, series, ...(next === undefined ? {} : { next }) };
  return { kind: 'answer', body, csv, next };
}
