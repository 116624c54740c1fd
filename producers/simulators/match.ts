// What the players of a match share: who is still there, and a server that now and then cannot keep up.
import type { LagOptions } from './game-sessions-options.ts';
import type { Random } from './random.ts';

export interface MatchTags {
  readonly match: string;
  readonly map: string;
  readonly mode: string;
}

/** How much longer an answer takes while the server cannot keep up. */
const LAG_FACTOR = 6;
/** What is left of a match when the lag has passed. */
const LEFT_AFTER_MS = 90_000;

export class Match {
  readonly tags: MatchTags;
  readonly startMs: number;
  readonly endMs: number;
  /** From when to when it lags. */
  readonly lag: readonly [fromMs: number, toMs: number] | undefined;
  #players: number;

  constructor(
    { tags, startMs, endMs, players }: MatchSetup,
    random: Random,
    { share, afterMs, lastsMs }: LagOptions,
  ) {
    this.tags = tags;
    this.startMs = startMs;
    this.endMs = endMs;
    this.#players = players;
    const fromMs = startMs + random.between(...afterMs);
    const toMs = fromMs + random.between(...lastsMs);
    const lags = random.chance(share) && toMs + LEFT_AFTER_MS < endMs;
    this.lag = lags ? [fromMs, toMs] : undefined;
  }

  /** Players who have not left. */
  get players(): number {
    return this.#players;
  }

  leave(): void {
    this.#players--;
  }

  slowdownAt(nowMs: number): number {
    const [fromMs, toMs] = this.lag ?? [this.endMs, this.endMs];
    return nowMs >= fromMs && nowMs < toMs ? LAG_FACTOR : 1;
  }
}

export interface MatchSetup {
  readonly tags: MatchTags;
  readonly startMs: number;
  readonly endMs: number;
  readonly players: number;
}
