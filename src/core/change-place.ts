// The position of a change in its stream: it tells which messages were sent before a source was restored to another state.
import type { SequenceNumber } from './brands.ts';
import { compareSequenceNumbers } from './sequence-number.ts';

export interface ChangePlace {
  readonly sequence: SequenceNumber;
  /** In whole seconds. */
  readonly madeMs: number;
}

/** A restored table has a new stream, whose numbers may begin lower; its changes come much later. */
export function isAfter({ sequence, madeMs }: ChangePlace, since: ChangePlace): boolean {
  return compareSequenceNumbers(sequence, since.sequence) > 0 || madeMs > since.madeMs + STREAMS_APART_MS;
}

/** No table is restored faster than this. */
const STREAMS_APART_MS = 60_000;
