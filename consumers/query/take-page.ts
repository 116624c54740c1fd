// As many entries as a page holds: by number, and by what an answer can carry.

export interface Page<T> {
  readonly entries: readonly T[];
  /** Whether there are more. */
  readonly more: boolean;
}

/** An answer of a function ends at 6 MB. */
const MAX_PAGE_BYTES = 4_000_000;

/** One entry at least, however large. Reads one more than it gives. */
export async function takePage<T>(entries: AsyncIterable<T>, limit: number): Promise<Page<T>> {
  const taken: T[] = [];
  let bytes = 0;
  for await (const entry of entries) {
    bytes += JSON.stringify(entry).length;
    if (taken.length === limit || (bytes > MAX_PAGE_BYTES && taken.length > 0))
      return { entries: taken, more: true };
    taken.push(entry);
  }
  return { entries: taken, more: false };
}
