// Bounds of the core, with their reasons.

/**
 * What one write may carry downstream (closed windows and late events), in rough bytes: a table item ends at 400 KB,
 * and the state itself needs room.
 */
export const MAX_OUTGOING_BYTES = 120_000;

/**
 * Parts a rollup window is kept in, by source: so many sources may feed one rollup without waiting for one item. A
 * reader merges them. A part carries a mark for each source in it, which also bounds its size.
 */
export const ROLLUP_PARTS = 16;

/** Aggregations remembered after the pipeline has dropped them: as many as a pipeline may have. */
export const MAX_GONE_AGGREGATIONS = 16;

/** Shards remembered in `upTo`: a source moves at a reshard, and an invocation lives 15 minutes at most. */
export const MAX_UP_TO_SHARDS = 4;
