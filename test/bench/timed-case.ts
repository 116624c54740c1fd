// Runs one case round after round over its own copy of the same batches.
import type { BenchCase } from './bench-case.ts';
import { assertEqualTotals } from './totals.ts';
import type { BenchEvent, EventForm, Workload, WorkloadSize } from './workload.ts';
import { createWorkload } from './workload.ts';

export interface RoundFigures {
  /** CPU of the whole process. */
  readonly microsPerRecord: number;
  /** Calls of the AWS API. */
  readonly callsPerBatch: number;
}

export class TimedCase {
  readonly #case: BenchCase;
  readonly #workload: Workload;
  readonly #records: number;

  constructor(benchCase: BenchCase, size: WorkloadSize, form: EventForm) {
    this.#case = benchCase;
    this.#workload = createWorkload(size, { form });
    this.#records = size.records;
  }

  /** Checks the results too, outside of the time taken. @throws Error for wrong results */
  async round(batches: number): Promise<RoundFigures> {
    const callsBefore = this.#case.calls?.() ?? 0;
    let elapsedMs = 0;
    for (const text of this.#workload.next(batches)) {
      // Parsed just before, as the runtime of Lambda does: what it leaves behind in memory is the same for all cases.
      const event: BenchEvent = JSON.parse(text);
      const before = cpuMs();
      const pending = this.#case.handle(event);
      if (pending instanceof Promise) await pending;
      elapsedMs += cpuMs() - before;
      this.#case.digest?.();
    }
    assertEqualTotals(this.#case.totals(), this.#workload.totals);
    const calls = (this.#case.calls?.() ?? 0) - callsBefore;
    return {
      microsPerRecord: (elapsedMs * 1000) / (batches * this.#records),
      callsPerBatch: calls / batches,
    };
  }
}

/** CPU time of all threads of the process, so that garbage collection counts and other processes do not. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
