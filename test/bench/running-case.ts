// One case on its way through its rounds: how many batches make a round, what each took, and whether it went wrong.
import { ForkedCase } from './forked-case.ts';
import type { MeasurePlan } from './measure-plan.ts';
import type { WorkloadSize } from './workload.ts';

export class RunningCase implements Disposable {
  readonly #process: ForkedCase;
  readonly #records: number;
  #batches = 1;
  #rounds = 0;
  #failure: string | undefined;
  #callsPerBatch = 0;
  /** Microseconds a record, of each round. */
  readonly micros: number[] = [];

  constructor(name: string, size: WorkloadSize) {
    this.#process = new ForkedCase(name, size);
    this.#records = size.records;
  }

  /** What went wrong; undefined while nothing has. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Calls of the AWS API for each batch, in the latest round. */
  get callsPerBatch(): number {
    return this.#callsPerBatch;
  }

  /** Runs until its code is compiled, and finds how many batches make a round. */
  async warmUp({ warmUpMs, roundMs, caseMs, rounds }: MeasurePlan): Promise<void> {
    let tookMs = 0;
    let batchMs = 0;
    for (let runs = 0; runs < 2 || tookMs < warmUpMs; runs += 1) {
      const micros = await this.#run();
      if (micros === undefined) return;
      batchMs = (micros * this.#records) / 1_000;
      tookMs += batchMs * this.#batches;
      this.#batches = Math.max(1, Math.round(roundMs / batchMs));
    }
    this.#rounds = Math.min(rounds, Math.max(2, Math.floor(caseMs / (batchMs * this.#batches))));
  }

  /** Does nothing once it has had its rounds. */
  async round(): Promise<void> {
    if (this.#failure !== undefined || this.micros.length >= this.#rounds) return;
    const micros = await this.#run();
    if (micros !== undefined) this.micros.push(micros);
  }

  async #run(): Promise<number | undefined> {
    const answer = await this.#process.round(this.#batches);
    if (answer.kind === 'failed') {
      this.#failure = answer.message;
      return undefined;
    }
    this.#callsPerBatch = answer.callsPerBatch;
    return answer.microsPerRecord;
  }

  [Symbol.dispose](): void {
    this.#process[Symbol.dispose]();
  }
}
