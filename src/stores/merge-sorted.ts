// Several sorted sequences as one, each read no further than it is taken.

export async function* mergeSorted<T>(
  sequences: readonly AsyncIterable<T>[],
  isBefore: (a: T, b: T) => boolean,
): AsyncIterable<T> {
  const iterators = sequences.map((sequence) => sequence[Symbol.asyncIterator]());
  try {
    const heads = await Promise.all(iterators.map((iterator) => iterator.next()));
    for (;;) {
      let least: { readonly at: number; readonly value: T } | undefined;
      for (const [at, head] of heads.entries()) {
        if (head.done === true) continue;
        if (least === undefined || isBefore(head.value, least.value)) least = { at, value: head.value };
      }
      const iterator = least === undefined ? undefined : iterators[least.at];
      if (least === undefined || iterator === undefined) return;
      yield least.value;
      heads[least.at] = await iterator.next();
    }
  } finally {
    await Promise.all(iterators.map((iterator) => iterator.return?.()));
  }
}
