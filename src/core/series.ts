// What a stored window is of, as the text that stands first in its key.

/** The windows of one source in one aggregation. */
export function sourceSeries(aggregation: string, source: string): string {
  return `source|${aggregation}|${source}`;
}

/** The windows of one rollup for one combination of tag values; null stands for events without the tag. */
export function rollupSeries(rollup: string, values: readonly (string | null)[]): string {
  return `rollup|${rollup}|${JSON.stringify(values)}`;
}
