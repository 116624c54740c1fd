// Bounds of the core, with their reasons. A table item ends at 400 KB, and bills by the KB: what a source may take of it
// is shared out here.

const MAX_ITEM_BYTES = 400_000;

/** Open windows of a source, by `windowBytes`: a source at it takes no events until windows close. */
export const MAX_WINDOW_BYTES = 100_000;

/** Open windows of a source: what one event closes, and one invocation of the closer, stays bounded by it. */
export const MAX_OPEN_WINDOWS = 4_000;

/** Ids a source remembers, by `idBytes`. */
export const MAX_ID_BYTES = 60_000;

/**
 * What one write may carry downstream (closed windows and letters), in rough bytes, before it is committed and the fold goes on. The event that reaches
 * it may add a letter, or all windows that were open.
 */
export const MAX_OUTGOING_BYTES = 60_000;

/** A letter carries an event whole: 64 values and 16 tags with names in three-byte characters. */
export const MAX_LETTER_BYTES = 60_000;

if (2 * MAX_WINDOW_BYTES + MAX_ID_BYTES + MAX_OUTGOING_BYTES + MAX_LETTER_BYTES > MAX_ITEM_BYTES) {
  throw new Error('the shares of a source’s item are more than the item');
}

/** Aggregations remembered after the pipeline has dropped them: as many as a pipeline may have. */
export const MAX_GONE_AGGREGATIONS = 16;

/** Shards remembered in `upTo`: a source moves at a reshard, and an invocation lives 15 minutes at most. */
export const MAX_UP_TO_SHARDS = 4;
