// How long one operation goes on trying what may pass by itself, such as a table that is throttled for a moment.
import type { Clock } from './clock.ts';

export interface PatienceDeps {
  readonly clock: Clock;
  /** From 0 up to 1, 1 excluded. */
  readonly random: () => number;
}

/** Attempts of one operation, the first among them. */
const ATTEMPTS = 8;
/** Before the second attempt; doubled each time, up to the cap: three and a half seconds in all, or half of it. */
const FIRST_PAUSE_MS = 50;
const PAUSE_CAP_MS = 1_000;
/**
 * Time after which no attempt begins. Three operations of it (a read, a write, and a look at what refused the write) fit into
 * the ten seconds that the functions by the clock keep for the last of their work. Trouble that lasts longer is left to
 * whoever invokes the function again.
 */
const BUDGET_MS = 3_000;

/** The patience with one operation: it begins when this is made. */
export class Patience {
  attempts = 1;
  readonly #deps: PatienceDeps;
  readonly #endsMs: number;

  constructor(deps: PatienceDeps) {
    this.#deps = deps;
    this.#endsMs = deps.clock.nowMs() + BUDGET_MS;
  }

  /** Waits for the next attempt; false, at once, where there is to be none. */
  async again(): Promise<boolean> {
    if (this.attempts >= ATTEMPTS) return false;
    const { clock, random } = this.#deps;
    const ceilingMs = Math.min(PAUSE_CAP_MS, FIRST_PAUSE_MS * 2 ** (this.attempts - 1));
    // At least half, so that the table gets time; the rest by chance, so that writers refused together part.
    const pauseMs = ceilingMs * (0.5 + random() / 2);
    if (clock.nowMs() + pauseMs >= this.#endsMs) return false;
    await clock.sleep(pauseMs);
    this.attempts += 1;
    return true;
  }
}
