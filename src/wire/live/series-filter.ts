// Whether a series of a rollup is among those a subscription asks for.
import type { Pipeline } from '../../core/pipeline/pipeline.ts';
import { parseRollupSeries } from '../../core/series.ts';

/** Tag values, all of which a series must have. */
export type TagFilter = readonly { readonly tag: string; readonly value: string | null }[];

/** `filter` is a TagFilter as JSON; without one every series fits. A tag that a series is not by fits no value. */
export function seriesFilter(pipeline: Pipeline): (series: string, filter: string | undefined) => boolean {
  return (series, filter) => {
    if (filter === undefined) return true;
    const { rollup, values = [] } = parseRollupSeries(series) ?? {};
    const levels = pipeline.rollups.find(({ name }) => name === rollup)?.levels ?? [];
    const tags = levels.find((level) => level.length === values.length) ?? [];
    const wanted: TagFilter = JSON.parse(filter);
    return wanted.every(({ tag, value }) => tags.includes(tag) && values[tags.indexOf(tag)] === value);
  };
}
