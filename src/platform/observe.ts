// What a consumer says of its work: a line of log where something is worth it, and counts for CloudWatch.

export interface Log {
  info(message: string, fields: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields: Readonly<Record<string, unknown>>): void;
  error(message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** Counts and durations of one invocation by metric name; each name is one CloudWatch metric. */
export type Counts = Readonly<Record<string, number>>;

/** Publishes the figures of one invocation. A signal: a retried batch counts again; the ledger is the truth. */
export interface Meter {
  /** `dimensions`: beside the function's own name. */
  publish(counts: Counts, dimensions?: Readonly<Record<string, string>>): void;
}
