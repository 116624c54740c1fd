// Posts to live connections. A failure with one is an outcome: nothing waits for it, and nothing else fails because of it.
import type { Clock } from './clock.ts';

export type PostOutcome =
  | 'posted'
  /** The connection no longer exists. */
  | 'gone'
  /** Too many posts just now, or the service has trouble: again in a moment may do. */
  | 'busy'
  /** Not taken in time, or refused for good. */
  | 'failed';

/** Never rejects. */
export interface LivePoster {
  post(connection: string, text: string): Promise<PostOutcome>;
  /** Ends the connection; whether it was there does not matter. failed: it may be there still. */
  disconnect(connection: string): Promise<'ended' | 'failed'>;
}

export interface PostDeps {
  readonly poster: LivePoster;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
}

/** How often a post is tried; with the pauses between, not two seconds in all. */
const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 100;

/** One after the other, so that they arrive in order; the first that is not taken ends it. */
export async function postInOrder(
  connection: string,
  texts: readonly string[],
  { poster, clock, random }: PostDeps,
): Promise<'posted' | 'gone' | 'too-slow'> {
  for (const text of texts) {
    let outcome = await poster.post(connection, text);
    for (let attempt = 1; outcome === 'busy' && attempt < ATTEMPTS; attempt += 1) {
      await clock.sleep(FIRST_PAUSE_MS * 2 ** attempt * (0.5 + random() / 2));
      outcome = await poster.post(connection, text);
    }
    if (outcome === 'gone') return 'gone';
    if (outcome !== 'posted') return 'too-slow';
  }
  return 'posted';
}
