// Runs one case round after round over its own copy of the same batches.
import type { BenchCase } from './bench-case.ts';
import { assertEqualTotals } from './totals.ts';
import type { BenchEvent, Workload, WorkloadSize } from './workload.ts';
import { createWorkload } from './workload.ts';

export class TimedCase {
  readonly #case: BenchCase;
  readonly #workload: Workload;
  readonly #records: number;

  constructor(benchCase: BenchCase, size: WorkloadSize) {
    this.#case = benchCase;
    this.#workload = createWorkload(size);
    this.#records = size.records;
  }

  /** Microseconds a record. Checks the results, outside of the time taken. @throws Error for wrong results */
  async round(batches: number): Promise<number> {
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
    return (elapsedMs * 1000) / (batches * this.#records);
  }

  /** Of the latest batch. */
  calls(): number {
    return this.#case.calls?.() ?? 0;
  }
}

/** Of all threads of the process, so that collecting garbage counts and other processes do not. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
