// What a stored window is of, as the text that stands first in its key.

/** The windows of one source in one aggregation. Aggregation names have no `|`. */
export function sourceSeries(aggregation: string, source: string): string {
  return `source|${aggregation}|${source}`;
}

/** What every series of a rollup begins with, and none of a source. */
export const ROLLUP_SERIES_PREFIX = 'rollup|';

/** The windows of one rollup for one combination of tag values; null stands for events without the tag. */
export function rollupSeries(rollup: string, values: readonly (string | null)[]): string {
  return `${ROLLUP_SERIES_PREFIX}${rollup}|${JSON.stringify(values)}`;
}

/** What a source series is of; undefined for a rollup's. */
export function parseSourceSeries(
  series: string,
): { readonly aggregation: string; readonly source: string } | undefined {
  const [, aggregation, source] = /^source\|([^|]*)\|([\s\S]*)$/.exec(series) ?? [];
  return aggregation === undefined || source === undefined ? undefined : { aggregation, source };
}

/** What a rollup series is of; undefined for a source's. */
export function parseRollupSeries(
  series: string,
): { readonly rollup: string; readonly values: readonly (string | null)[] } | undefined {
  const [, rollup, values] = /^rollup\|([^|]*)\|([\s\S]*)$/.exec(series) ?? [];
  return rollup === undefined || values === undefined ? undefined : { rollup, values: JSON.parse(values) };
}
