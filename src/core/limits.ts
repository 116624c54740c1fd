// Limits of the core, with their reasons. A table item has at most 400 KB and is billed by the KB: here that is divided among the
// parts of a source.

const MAX_ITEM_BYTES = 400_000;

/** Open windows of a source, by `windowBytes`: an event that would exceed this has to wait until windows close. */
export const MAX_WINDOW_BYTES = 180_000;

/** What one event may add to them, by `windowGrowth`: it falls in a window of each aggregation, and in many of a hopping one. */
export const MAX_EVENT_GROWTH_BYTES = 75_000;

/** Open windows of a source: this bounds what one event, or one invocation of the closer, closes. */
export const MAX_OPEN_WINDOWS = 4_000;

/** Ids in the item itself, by `IdSegments.bytes`: more become a page of their own, which is written once. */
export const MAX_RECENT_ID_BYTES = 2_000;

/** Pages of ids that a source may have: 4 MB. Without a bound, a source that sends endless new texts would read all of them. */
export const MAX_ID_PAGES = 2_000;

/** Most entries about pages in the item: with more, neighbouring pages share an entry. */
export const MAX_PAGE_RANGES = 64;

/** Finished silences, which are kept for alerts: readers of the changelog may be this many behind. A few bytes each. */
export const MAX_SILENCES = 8;

/** Recent ids, entries about pages, and the numbers of pages to be removed. */
const MAX_ID_BYTES = 12_000;

/** Positions: some 25 bytes for each shard that the source has come through. */
const MAX_POSITION_BYTES = 48_000;

/**
 * How much one write may carry downstream (closed windows and dead letters) before it is committed and the fold continues. The
 * event that reaches this limit may still add a dead letter, and close all windows that were open.
 */
export const MAX_OUTGOING_BYTES = 60_000;

/** A dead letter carries a whole event: 64 values and 16 tags with names of 64 characters, six bytes each in JSON. */
const MAX_LETTER_BYTES = 60_000;

/** Place, counts, names of aggregations and of the tags they group by. */
const MAX_FRAME_BYTES = 20_000;

// A closed window was an open one before, and the last event of a write is either in windows or a dead letter.
const most =
  MAX_WINDOW_BYTES +
  MAX_OUTGOING_BYTES +
  Math.max(MAX_EVENT_GROWTH_BYTES, MAX_LETTER_BYTES) +
  MAX_ID_BYTES +
  MAX_POSITION_BYTES +
  MAX_FRAME_BYTES;
if (most > MAX_ITEM_BYTES) throw new Error('the shares of a source’s item are more than the item');

/** Aggregations that are remembered after the pipeline has dropped them: as many as a pipeline may have. */
export const MAX_GONE_AGGREGATIONS = 16;
