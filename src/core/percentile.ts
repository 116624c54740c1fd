/**
 * The value below which `share` of the sorted values lie, by nearest rank; undefined of none.
 * Source: the nearest-rank definition, e.g. Hyndman and Fan, "Sample Quantiles in Statistical Packages", 1996, type 1.
 */
export function percentile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
