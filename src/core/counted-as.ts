// What an aggregation makes of events, as a number: where it becomes another one, windows hold events counted in either way.
import type { Aggregation } from './pipeline/pipeline.ts';
import { hashText } from './text-hash.ts';

/**
 * Of the events and values it takes and how it counts steps. Not of its aggregates, which are reported where they hold for the whole of
 * a window, nor of lateness, which closes windows earlier or later and changes none. 21 bits, three bytes: two definitions in a row
 * are taken for one with odds of 1 in 2 million.
 */
export function countedAs({ filter, values, counters, keep }: Aggregation): number {
  const text = JSON.stringify([
    filter === undefined ? null : [sorted(filter.types), tagsOf(filter.tags)],
    sorted(values),
    keep.increase ? [counters.dip, counters.carry] : null,
  ]);
  return hashText(text).low % 2 ** 21;
}

function tagsOf(tags: ReadonlyMap<string, ReadonlySet<string>> | undefined): unknown {
  if (tags === undefined) return null;
  return [...tags].sort(([a], [b]) => (a < b ? -1 : 1)).map(([tag, values]) => [tag, sorted(values)]);
}

function sorted(texts: ReadonlySet<string> | undefined): readonly string[] | null {
  return texts === undefined ? null : [...texts].sort();
}
