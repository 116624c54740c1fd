// Labels on one line from top to bottom that must not cover each other.

/** From the top down, each at least so far below the one before; then back up from the bottom. */
export function spread<T extends { readonly y: number }>(
  ends: readonly T[],
  apart: number,
  bottom: number,
): readonly T[] {
  const placed = [...ends].sort((a, b) => a.y - b.y).map((end) => ({ ...end }));
  for (const [at, end] of placed.entries()) {
    const above = placed[at - 1];
    if (above !== undefined && end.y < above.y + apart) placed[at] = { ...end, y: above.y + apart };
  }
  for (let at = placed.length - 1; at >= 0; at -= 1) {
    const end = placed[at];
    const limit = placed[at + 1] === undefined ? bottom : (placed[at + 1]?.y ?? bottom) - apart;
    if (end !== undefined && end.y > limit) placed[at] = { ...end, y: limit };
  }
  return placed;
}
