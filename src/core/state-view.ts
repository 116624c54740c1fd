// What a person looking at a state wants to know of it, whatever the pipeline is now.

import { sourceWindow } from './rollup.ts';
import type { GoneAggregation, UpTo, VerdictCounts } from './source-state.ts';
import type { EncodedState } from './state-encoding.ts';
import { decodeStateImage } from './state-encoding.ts';
import type { AggregationImage } from './state-image.ts';
import type { StoredWindow } from './stored-window.ts';

export interface StateView {
  readonly upTo: readonly UpTo[];
  readonly maxTime: number;
  readonly lastArrivalMs: number;
  readonly counts: VerdictCounts;
  /** Provisional. */
  readonly open: readonly OpenWindowView[];
  /** By aggregation, events that were late for it. */
  readonly lateByAggregation: ReadonlyMap<string, number>;
  readonly gone: readonly GoneAggregation[];
  /** Ids in the item itself, those forgotten since included; and pages of others. */
  readonly rememberedIds: { readonly recent: number; readonly pages: number };
  /** Values of the tags that windows are kept apart by, as the latest open windows have them. */
  readonly tags: ReadonlyMap<string, string>;
}

export interface OpenWindowView extends StoredWindow {
  readonly aggregation: string;
}

/** @throws Error for what is not of a known version, or cut short */
export function viewState(source: string, encoded: EncodedState): StateView {
  const { upTo, maxTime, lastArrivalMs, counts, ids, aggregations, gone } = decodeStateImage(source, encoded);
  return {
    upTo,
    maxTime,
    lastArrivalMs,
    counts,
    open: aggregations.flatMap(({ name, spec, groupBy, windows }) =>
      windows.map((window) => ({
        ...sourceWindow(source, { aggregation: name, spec, groupBy, ...window }, false),
        aggregation: name,
      })),
    ),
    lateByAggregation: new Map(aggregations.map(({ name, late }) => [name, late])),
    gone,
    rememberedIds: ids.size,
    tags: latestTags(aggregations),
  };
}

/** Tag values of the group that was begun last in each aggregation's latest window. */
function latestTags(aggregations: readonly AggregationImage[]): ReadonlyMap<string, string> {
  const tags = new Map<string, string>();
  for (const { groupBy, windows } of aggregations) {
    const latest = windows.toSorted((a, b) => a.start - b.start).at(-1);
    const values = latest?.groups.findLast(({ events }) => events > 0)?.tags ?? [];
    for (const [at, tag] of groupBy.entries()) {
      const value = values[at];
      if (typeof value === 'string') tags.set(tag, value);
    }
  }
  return tags;
}
