// As many entries as a page holds: by number, and by what an answer can carry.

export interface Page<T> {
  readonly entries: readonly T[];
  /** Whether there are more. */
  readonly more: boolean;
}

/** An answer of a function ends at 6 MB. */
const MAX_PAGE_BYTES = 4_000_000;

/**
 * One entry at least, however large; and some more than `limit` where a page would end between two that `isOnePlace` says
 * a cursor cannot tell apart. Reads one more than it gives.
 */
export async function takePage<T>(
  entries: AsyncIterable<T>,
  limit: number,
  isOnePlace: (entry: T, before: T) => boolean = () => false,
): Promise<Page<T>> {
  const taken: T[] = [];
  let bytes = 0;
  for await (const entry of entries) {
    bytes += JSON.stringify(entry).length;
    const before = taken.at(-1);
    const isFull = taken.length >= limit || bytes > MAX_PAGE_BYTES;
    if (before !== undefined && isFull && !isOnePlace(entry, before)) return { entries: taken, more: true };
    taken.push(entry);
  }
  return { entries: taken, more: false };
}
