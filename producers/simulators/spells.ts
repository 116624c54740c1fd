// What comes now and then and goes again: a fan that fails, a radio that is disturbed.
import type { Random } from './random.ts';

export interface SpellOptions {
  /** Mean time between the end of one and the start of the next. */
  readonly everyMs: number;
  readonly lastsMs: readonly [least: number, most: number];
}

export class Spells {
  readonly #random: Random;
  readonly #options: SpellOptions;
  #fromMs: number;
  #toMs: number;

  constructor(random: Random, startMs: number, options: SpellOptions) {
    this.#random = random;
    this.#options = options;
    this.#fromMs = startMs;
    this.#toMs = startMs;
    this.#next();
  }

  /** To be asked in the order of time. */
  isOn(nowMs: number): boolean {
    while (nowMs >= this.#toMs) this.#next();
    return nowMs >= this.#fromMs;
  }

  #next(): void {
    const { everyMs, lastsMs } = this.#options;
    this.#fromMs = this.#toMs + this.#random.exponential(everyMs);
    this.#toMs = this.#fromMs + this.#random.between(...lastsMs);
  }
}
