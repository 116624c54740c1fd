import type { SequenceNumber } from '../../src/core/brands.ts';

export interface Failure {
  readonly sequence: SequenceNumber;
  readonly reason: string;
}

/** Where the work fails, so do all the changes it was for: redelivered, they do no harm. */
export async function attempt(
  changes: readonly { readonly sequence: SequenceNumber }[],
  work: () => Promise<void>,
): Promise<readonly Failure[]> {
  if (changes.length === 0) return [];
  try {
    await work();
    return [];
  } catch (error) {
    return changes.map(({ sequence }) => ({ sequence, reason: String(error) }));
  }
}
