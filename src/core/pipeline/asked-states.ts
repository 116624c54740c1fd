import type { Pipeline } from './pipeline.ts';

/** Names of values that are states for some aggregation; undefined: there are none. */
export function askedStates({
  aggregations,
}: Pick<Pipeline, 'aggregations'>): ReadonlySet<string> | undefined {
  const names = new Set(aggregations.flatMap(({ states }) => states.map(({ of }) => of)));
  return names.size === 0 ? undefined : names;
}
