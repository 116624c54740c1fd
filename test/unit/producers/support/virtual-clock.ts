// Time that stands still until told: sleepers wake in the order of their times, ties in the order they lay down.
import type { Clock } from '../../../../src/platform/clock.ts';

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

export class VirtualClock implements Clock {
  #nowMs: number;
  #sleepers: Sleeper[] = [];

  constructor(startMs = 1_700_000_000_000) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const sleeper = { atMs: this.#nowMs + ms, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((each) => each !== sleeper);
        resolve();
      });
    });
  }

  get sleeping(): number {
    return this.#sleepers.length;
  }

  /** Lets everything that can run without time passing run. */
  async settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Moves time forward, waking whoever is due on the way. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await this.settle();
    while (await this.#wakeNext(untilMs));
    this.#nowMs = untilMs;
  }

  /** Lets time pass until the promise has an answer, and gives it. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let over = false;
    const end = () => {
      over = true;
    };
    promise.then(end, end);
    await this.settle();
    while (!over) {
      if (!(await this.#wakeNext(Number.POSITIVE_INFINITY))) {
        throw new Error('nobody sleeps, and what is waited for has no answer: it hangs');
      }
    }
    return promise;
  }

  async #wakeNext(untilMs: number): Promise<boolean> {
    let next: Sleeper | undefined;
    for (const each of this.#sleepers) if (next === undefined || each.atMs < next.atMs) next = each;
    if (next === undefined || next.atMs > untilMs) return false;
    const waking = next;
    this.#sleepers = this.#sleepers.filter((each) => each !== waking);
    this.#nowMs = Math.max(this.#nowMs, waking.atMs);
    waking.wake();
    await this.settle();
    return true;
  }
}
