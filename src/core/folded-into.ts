// Which aggregations an event was folded into, as bits, by the index of each in the pipeline.

/** Bit `n` is the `n`-th aggregation. */
export type FoldedInto = number;

/** For versions of a state that did not keep this: as if folded into every possible aggregation. */
export const INTO_ALL: FoldedInto = 2 ** 16 - 1;

/** Translates bits for the aggregations `from` into bits for the aggregations `to`: removed ones have no bit any more. */
export function fitFolded(
  from: readonly string[],
  to: readonly string[],
): (folded: FoldedInto) => FoldedInto {
  if (from.length === to.length && from.every((name, at) => name === to[at])) return (folded) => folded;
  const places = from.map((name) => to.indexOf(name));
  return (folded) => {
    let fitted = 0;
    for (const [at, place] of places.entries()) {
      if (place >= 0 && Math.floor(folded / 2 ** at) % 2 === 1) fitted += 2 ** place;
    }
    return fitted;
  };
}
