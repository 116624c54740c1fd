/**
 * The smallest of the sorted values that at least `share` of them do not exceed (nearest rank); undefined if there are none.
 * Source: the nearest-rank definition, e.g. Hyndman and Fan, "Sample Quantiles in Statistical Packages", 1996, type 1.
 */
export function percentile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
