import { quote } from '../../src/core/describe-found.ts';
import { viewState } from '../../src/core/state-view.ts';
import type { SourceDetailAnswer } from '../../src/wire/api/answers.ts';
import type { RequestOf } from '../../src/wire/api/operations.ts';
import type { Outcome } from './outcome.ts';
import { notFound } from './outcome.ts';
import type { QueryDeps } from './query-deps.ts';

/** What is known of one source but its windows. */
export async function getSource(
  { source }: RequestOf<'getSource'>,
  { states }: QueryDeps,
): Promise<Outcome<SourceDetailAnswer>> {
  const [stored] = await states.load([source]);
  if (stored === undefined) {
    return notFound({
      where: 'path.source',
      found: quote(source),
      expected: 'a source that has sent events',
    });
  }
  const { maxTime, lastArrivalMs, counts, rememberedIds, open, lateByAggregation, tags } = viewState(
    source,
    stored.state,
  );
  const aggregations = [...lateByAggregation].map(([name, late]) => ({
    name,
    openWindows: open.filter(({ aggregation }) => aggregation === name).length,
    late,
  }));
  return {
    kind: 'answer',
    body: {
      source,
      version: stored.version,
      maxTimeMs: maxTime,
      lastArrivalMs,
      counts: { ...counts },
      rememberedIds: rememberedIds.recent,
      rememberedIdPages: rememberedIds.pages,
      tags: [...tags].map(([tag, value]) => ({ tag, value })),
      aggregations,
    },
  };
}
