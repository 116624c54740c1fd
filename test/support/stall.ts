/** Holds up what passes through it from a point on, as a frozen container is held up between two of its calls. */
export class Stall {
  #passes = Number.POSITIVE_INFINITY;
  #gate = Promise.withResolvers<void>();

  /** Lets `passes` operations through, and holds up the ones after until `resume`. */
  after(passes: number): void {
    this.#passes = passes;
    this.#gate = Promise.withResolvers<void>();
  }

  resume(): void {
    this.#passes = Number.POSITIVE_INFINITY;
    this.#gate.resolve();
  }

  async pass(): Promise<void> {
    this.#passes -= 1;
    if (this.#passes < 0) await this.#gate.promise;
  }
}
