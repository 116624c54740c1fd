import type { Pipeline } from './pipeline.ts';

/** Names of tags that the pipeline groups, filters or counts by. */
export function askedTags({ aggregations }: Pick<Pipeline, 'aggregations'>): ReadonlySet<string> {
  return new Set(
    aggregations.flatMap(({ groupBy, filter, distinct, topK }) => [
      ...groupBy,
      ...(filter?.tags?.keys() ?? []),
      ...[...distinct, ...topK.map(({ of }) => of)].flatMap(({ kind, name }) =>
        kind === 'tag' ? [name] : [],
      ),
    ]),
  );
}
