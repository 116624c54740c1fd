// Where the points of a small line are.

export const WIDTH = 120;
export const HEIGHT = 28;
const EDGE = 3;

/** Runs of points without a gap. */
export function sparkPoints(
  values: readonly (number | null)[],
): readonly (readonly (readonly [x: number, y: number])[])[] {
  const known = values.filter((value) => value !== null);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const step = (WIDTH - 2 * EDGE) / Math.max(1, values.length - 1);
  const runs: (readonly [number, number])[][] = [[]];
  for (const [at, value] of values.entries()) {
    if (value === null) {
      runs.push([]);
      continue;
    }
    const share = most === least ? 0.5 : (value - least) / (most - least);
    const y = HEIGHT - EDGE - share * (HEIGHT - 2 * EDGE);
    runs.at(-1)?.push([rounded(EDGE + at * step), rounded(y)]);
  }
  return runs.filter((run) => run.length > 0);
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
