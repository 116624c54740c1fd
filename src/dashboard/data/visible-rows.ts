// Which rows of a long table are in the page: those in sight, with a few beyond, so that scrolling shows no gap and tabbing has
// somewhere to go. They change several at a time, not with every row that one scrolls by.

const BEYOND = 4;
const STEP = 4;

export interface VisibleRows {
  readonly first: number;
  readonly last: number;
}

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
}): VisibleRows {
  const inSight = Math.min(MOST_IN_SIGHT, Math.ceil(height / rowHeight));
  const from = topRow(top, rowHeight);
  const last = Math.min(count, from + STEP + inSight + 1 + BEYOND);
  const first = Math.max(0, Math.min(from - BEYOND, count - inSight - STEP - 2 * BEYOND));
  return { first, last };
}

/** In steps: two places with the same one have the same rows in the page. */
export function topRow(top: number, rowHeight: number): number {
  return Math.floor(top / rowHeight / STEP) * STEP;
}

/** Each row in sight is a live subscription, and a connection has a hundred. */
const MOST_IN_SIGHT = 60;
