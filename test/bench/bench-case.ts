// One way of doing the work, to be timed.
import type { Totals } from './totals.ts';
import type { BenchEvent, WorkloadSize } from './workload.ts';

export interface BenchCase {
  /** Timed: one batch, as Lambda hands it over. */
  handle(event: BenchEvent): unknown;
  /** Not timed, after each batch: for what would be gone with the next. It leaves as little behind as it can. */
  digest?(): void;
  /** Not timed: what all batches so far came to. */
  totals(): Totals;
  /** How many calls of the AWS API all batches so far took; left out by cases that make none. */
  calls?(): number;
}

export type CreateCase = (size: WorkloadSize) => BenchCase | Promise<BenchCase>;
