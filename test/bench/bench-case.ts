// One way of doing the work, to be timed.
import type { Totals } from './totals.ts';
import type { BenchEvent, WorkloadSize } from './workload.ts';

export interface BenchCase {
  /** Timed: one batch, as Lambda hands it over. */
  handle(event: BenchEvent): unknown;
  /** Not timed, after each batch: takes note of what the batch came to. */
  digest?(): void;
  /** What all batches so far came to. */
  totals(): Totals;
  /** Calls of the AWS API for the latest batch; left out by cases that make none. */
  calls?(): number;
}

export type CreateCase = (size: WorkloadSize) => BenchCase | Promise<BenchCase>;
