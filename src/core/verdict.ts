/** What became of an event at the fold. `redelivered` is no verdict of its own: the event already had one. */
export type Verdict = 'applied' | 'duplicate' | 'late' | 'redelivered';
