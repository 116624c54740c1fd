// What a case must come to: count, sum and extremes of all values of each source.

export interface Total {
  readonly count: number;
  readonly sum: number;
  /** undefined where a case does not keep it. */
  readonly min: number | undefined;
  readonly max: number | undefined;
}
export type Totals = Map<string, Total>;

export function addToTotals(totals: Totals, source: string, values: readonly number[]): void {
  const sum = values.reduce((before, value) => before + value, 0);
  mergeTotal(totals, source, {
    count: values.length,
    sum,
    min: Math.min(...values),
    max: Math.max(...values),
  });
}

/** Adds what is known of a group of values. */
export function mergeTotal(totals: Totals, source: string, part: Total): void {
  const { count, sum, min = part.min, max = part.max } = totals.get(source) ?? EMPTY;
  totals.set(source, {
    count: count + part.count,
    sum: sum + part.sum,
    min: min === undefined || part.min === undefined ? undefined : Math.min(min, part.min),
    max: max === undefined || part.max === undefined ? undefined : Math.max(max, part.max),
  });
}

const EMPTY: Total = { count: 0, sum: 0, min: undefined, max: undefined };

/** Sums are compared to 1e-9: a plain one depends on the order of its terms. @throws Error naming what differs */
export function assertEqualTotals(found: Totals, expected: Totals): void {
  if (found.size !== expected.size) {
    throw new Error(`found ${found.size} sources, expected ${expected.size}`);
  }
  for (const [source, total] of expected) {
    const other = found.get(source);
    if (other === undefined || !isEqual(other, total)) {
      throw new Error(`${source}: found ${JSON.stringify(other)}, expected ${JSON.stringify(total)}`);
    }
  }
}

function isEqual(found: Total, expected: Total): boolean {
  return (
    found.count === expected.count &&
    Math.abs(found.sum - expected.sum) <= 1e-9 * Math.abs(expected.sum) &&
    (found.min === undefined || found.min === expected.min) &&
    (found.max === undefined || found.max === expected.max)
  );
}
