// Which rows of a long table are in sight, with a few beyond: so that scrolling shows no gap and tabbing has somewhere to go.

const BEYOND = 4;

export function visibleRows({
  top,
  height,
  rowHeight,
  count,
}: {
  readonly top: number;
  readonly height: number;
  readonly rowHeight: number;
  readonly count: number;
}): { readonly first: number; readonly last: number } {
  const inSight = Math.min(MOST_IN_SIGHT, Math.ceil(height / rowHeight));
  const last = Math.min(count, Math.floor(top / rowHeight) + inSight + 1 + BEYOND);
  const first = Math.max(0, Math.min(Math.floor(top / rowHeight) - BEYOND, count - inSight - 2 * BEYOND));
  return { first, last };
}

/** Each row in sight is a live subscription, and a connection has a hundred. */
const MOST_IN_SIGHT = 60;
