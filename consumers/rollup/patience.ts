// How long a window that is not stored is waited for: whoever folded it into a part may be about to store it.

/** No invocation takes longer, so what it did not store by then is handled again, or lost. */
const LONGEST_INVOCATION_MS = 15 * 60_000;
const LIMIT = 1_000;

export class Patience {
  readonly #since = new Map<string, number>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** `keptUntilMs`: what is waited for has expired by then, and does not come. */
  isOver(key: string, keptUntilMs: number): boolean {
    const nowMs = this.#nowMs();
    const since = this.#since.get(key) ?? nowMs;
    if (nowMs - since >= LONGEST_INVOCATION_MS || nowMs >= keptUntilMs) {
      this.#since.delete(key);
      return true;
    }
    if (this.#since.size >= LIMIT) this.#since.clear();
    this.#since.set(key, since);
    return false;
  }
}
