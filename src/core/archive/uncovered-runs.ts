// Which records of a delivery are not in an archive yet.
import type { SequenceNumber } from '../brands.ts';
import { compareSequenceNumbers } from '../sequence-number.ts';

/** From `first` to `last`, both included. */
export interface SequenceRange {
  readonly first: SequenceNumber;
  readonly last: SequenceNumber;
}

/**
 * The records that are in no range, in runs. A range splits them, so that a run holds all records that the stream has between its
 * ends. `records` and `ranges` are in order of their sequence numbers, ranges do not overlap, and records with one number are the
 * same record.
 */
export function uncoveredRuns<R extends { readonly sequence: SequenceNumber }>(
  records: readonly R[],
  ranges: readonly SequenceRange[],
): R[][] {
  const runs: R[][] = [];
  let run: R[] = [];
  let at = 0;
  for (const record of records) {
    let passed = false;
    for (
      let range = ranges[at];
      range !== undefined && compareSequenceNumbers(range.last, record.sequence) < 0;
      range = ranges[at]
    ) {
      at += 1;
      passed = true;
    }
    const range = ranges[at];
    const covered = range !== undefined && compareSequenceNumbers(range.first, record.sequence) <= 0;
    if ((passed || covered) && run.length > 0) {
      runs.push(run);
      run = [];
    }
    if (!covered && run.at(-1)?.sequence !== record.sequence) run.push(record);
  }
  if (run.length > 0) runs.push(run);
  return runs;
}
