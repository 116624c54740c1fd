// Waiting that ends early: naps that can be cut short, promises that are given up when a mapping stops.
import type { Clock } from './clock.ts';

/** The two ways a mapping ends: no new work at all, and not even waiting for the invocation that runs. */
export interface StopSignals {
  readonly stopping: AbortSignal;
  readonly abandoning: AbortSignal;
}

export const STOPPED = Symbol('stopped');

/**
 * The promise's value, or STOPPED once the signal aborts; the promise's outcome is ignored then.
 * Leaves no listener behind on a signal that lives long.
 */
export function orStopped<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | typeof STOPPED> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve(STOPPED);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Why a nap ends. Without a reason of its own each abort makes an error with a stack, which is never read. */
const WOKEN = 'woken';

/** One sleeper. A call to `wake` while it is up makes its next sleep end at once, so that no call is lost. */
export class Nap {
  #alarm = new AbortController();

  wake(): void {
    this.#alarm.abort(WOKEN);
  }

  /** Without `ms`, until it is woken. */
  async sleep(clock: Clock, ms?: number): Promise<void> {
    const { signal } = this.#alarm;
    if (ms !== undefined) await clock.sleep(ms, signal);
    else if (!signal.aborted) await once(signal);
    if (this.#alarm.signal.aborted) this.#alarm = new AbortController();
  }
}

function once(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
