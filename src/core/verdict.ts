/**
 * What became of an event at the fold. `quarantined`: its source is full. `redelivered` is no verdict of its own: the
 * event already had one.
 */
export type Verdict = 'applied' | 'duplicate' | 'late' | 'quarantined' | 'redelivered';
