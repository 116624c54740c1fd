// The order of events within a record. A part of a record has the next whole number; where one part makes several events,
// the second and further ones have its number and a multiple of 2^20 beside it, so that no other part is moved by them.

/** Places of parts in a record: more than may be looked at in one. */
export const PIECE_STEP = 2 ** 20;

/** Index of the event number `piece` made by the part at `part`; both count from 0. */
export function pieceIndex(part: number, piece: number): number {
  return part + piece * PIECE_STEP;
}

/** Negative, zero or positive: as the event with index `a` stands before, at or behind that with `b`. */
export function compareIndexes(a: number, b: number): number {
  return (a % PIECE_STEP) - (b % PIECE_STEP) || a - b;
}
