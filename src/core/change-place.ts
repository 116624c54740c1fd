// Where a change stands in its stream: by it what was told of a source before it was put back to something else is known.
import type { SequenceNumber } from './brands.ts';
import { compareSequenceNumbers } from './sequence-number.ts';

export interface ChangePlace {
  readonly sequence: SequenceNumber;
  /** To the second. */
  readonly madeMs: number;
}

/** A table that was restored to another one has another stream, whose numbers may begin lower: it comes much later. */
export function isAfter({ sequence, madeMs }: ChangePlace, since: ChangePlace): boolean {
  return compareSequenceNumbers(sequence, since.sequence) > 0 || madeMs > since.madeMs + STREAMS_APART_MS;
}

/** No table is restored faster. */
const STREAMS_APART_MS = 60_000;
