// Time that stands still until it is advanced: what waits wakes in order, and between two wakings everything that can
// run without time passing does. For code that waits by this clock and by promises alone, not by sockets or files.
import type { EpochMs } from './brands.ts';
import type { Clock } from './clock.ts';

/** 2026-01-01, a round moment to begin with. */
const DEFAULT_START_MS = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

interface Timer {
  readonly atMs: EpochMs;
  readonly wake: () => void;
}

/**
 * A clock for tests.
 *
 * @example
 * const clock = new VirtualClock();
 * const reminder = clock.sleep(60_000).then(() => console.log('a minute later'));
 * await clock.advance(60_000);
 */
export class VirtualClock implements Clock {
  #nowMs: EpochMs;
  /** By time, then by the order they were set. */
  readonly #timers: Timer[] = [];

  constructor(startMs: EpochMs = DEFAULT_START_MS) {
    this.#nowMs = startMs;
  }

  nowMs(): EpochMs {
    return this.#nowMs;
  }

  /** Resolves once `ms` have passed by this clock, or when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      const timer: Timer = { atMs: this.#nowMs + Math.max(0, ms), wake: end };
      const abort = () => {
        const index = this.#timers.indexOf(timer);
        if (index >= 0) this.#timers.splice(index, 1);
        end();
      };
      signal?.addEventListener('abort', abort, { once: true });
      const later = this.#timers.findIndex((other) => other.atMs > timer.atMs);
      this.#timers.splice(later < 0 ? this.#timers.length : later, 0, timer);
    });
  }

  /** Lets `ms` pass; resolves when everything due by then has run. */
  async advance(ms: number): Promise<void> {
    const targetMs = this.#nowMs + ms;
    await this.settle();
    while (this.#wakeNext(targetMs)) await this.settle();
    this.#nowMs = targetMs;
  }

  /**
   * Lets time pass until the promise settles, and returns its value.
   * @throws Error if nothing waits for time any more, or after `limitMs`: the promise would never settle
   */
  async run<T>(promise: Promise<T>, limitMs = 7 * DAY_MS): Promise<T> {
    const endMs = this.#nowMs + limitMs;
    let settled = false;
    const mark = () => {
      settled = true;
    };
    promise.then(mark, mark);
    for (await this.settle(); !settled; await this.settle()) {
      if (!this.#wakeNext(endMs)) {
        throw new Error(
          `still pending at ${new Date(this.#nowMs).toISOString()}, after ${limitMs} ms at most`,
        );
      }
    }
    return promise;
  }

  /** Resolves when everything that needs no time to pass has run. */
  settle(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(resolve);
    });
  }

  #wakeNext(untilMs: EpochMs): boolean {
    const next = this.#timers[0];
    if (next === undefined || next.atMs > untilMs) return false;
    this.#timers.shift();
    this.#nowMs = next.atMs;
    next.wake();
    return true;
  }
}
