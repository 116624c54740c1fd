import type { SequenceNumber } from '../core/brands.ts';
import { compareSequenceNumbers } from '../core/sequence-number.ts';
import type { BatchItemFailures } from './stream-records.ts';

/**
 * The answer of a function to a batch of one shard whose records with these sequence numbers failed; none: the batch
 * is done. The mapping delivers again from the lowest one on, so that one says it all (event source mapping rule 23).
 */
export function batchItemFailures(failed: Iterable<SequenceNumber>): BatchItemFailures {
  let lowest: SequenceNumber | undefined;
  for (const sequence of failed) {
    if (lowest === undefined || compareSequenceNumbers(sequence, lowest) < 0) lowest = sequence;
  }
  return { batchItemFailures: lowest === undefined ? [] : [{ itemIdentifier: lowest }] };
}
