// Compares the windows of a replay with those an independent reference makes of the same recording.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** What is different, a line each, at most ten; empty when the windows are equal: counts, min and max exactly. */
export function differences(actualCsv: string, expectedGzip: string): readonly string[] {
  const actual = readRows(readFileSync(actualCsv, 'utf8'));
  const expected = readRows(gunzipSync(readFileSync(expectedGzip)).toString());
  const found: string[] = [];
  for (const [key, wanted] of expected) {
    const row = actual.get(key);
    if (row === undefined) found.push(`missing: ${key}`);
    else if (!sameFigures(row, wanted)) found.push(`${key}: found ${row}, expected ${wanted}`);
  }
  for (const key of actual.keys()) if (!expected.has(key)) found.push(`not expected: ${key}`);
  return found.slice(0, 10);
}

const SUM_TOLERANCE = 1e-9;

/** `count,sum,min,max,mean` by `source,metric,start,end`. */
function readRows(csv: string): ReadonlyMap<string, readonly number[]> {
  const [head, ...lines] = csv.trimEnd().split('\n');
  if (head !== 'source,metric,window_start_ms,window_end_ms,count,sum,min,max,mean') {
    throw new Error(`unexpected columns: ${head}`);
  }
  return new Map(
    lines.map((line) => {
      const cells = line.split(',');
      return [cells.slice(0, 4).join(','), cells.slice(4).map(Number)];
    }),
  );
}

function sameFigures(row: readonly number[], wanted: readonly number[]): boolean {
  const [count, sum, min, max, mean] = row;
  const [count2, sum2, min2, max2, mean2] = wanted;
  return count === count2 && min === min2 && max === max2 && close(sum, sum2) && close(mean, mean2);
}

function close(a = Number.NaN, b = Number.NaN): boolean {
  return a === b || Math.abs(a - b) <= SUM_TOLERANCE * Math.abs(b);
}
