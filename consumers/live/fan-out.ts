// Sends each connection what it is to be told. A connection that is too slow is ended, not waited for: its client connects
// anew and asks for what it lacks. So a batch takes a bounded time, and whoever is well is not held up by whoever is not.
import type { HeldToken } from '../../src/core/access-token.ts';
import { eachOf } from '../../src/platform/each-of.ts';
import type { PostDeps } from '../../src/platform/live-poster.ts';
import { postInOrder } from '../../src/platform/live-poster.ts';
import type { LiveConnections } from '../../src/stores/live-connections.ts';
import type { TokenStanding } from '../../src/stores/token-standing.ts';
import type { Change, LiveTransition } from '../../src/wire/live/messages.ts';
import { packChanges, packTransitions } from '../../src/wire/live/pack-messages.ts';

export interface FanOutDeps extends PostDeps {
  readonly connections: LiveConnections;
  readonly standing: TokenStanding;
}

/** What one connection is to be told, each in the order of its changelog. */
export interface Told {
  /** It was opened with. */
  readonly token: HeldToken;
  readonly changes: readonly Change[];
  readonly transitions: readonly LiveTransition[];
}

export interface FanOutReport {
  readonly posts: number;
  readonly gone: number;
  readonly shed: number;
  /** Their token is no longer good. */
  readonly ended: number;
}

/** Posts under way at once: enough to hide the round trips, and no burst for the management API. */
const POSTS_AT_ONCE = 50;
/** Messages of one batch for one connection: about 2 MB. A client gets more sooner by requesting it again. */
const MAX_BACKLOG = 64;

export async function fanOut(telling: ReadonlyMap<string, Told>, deps: FanOutDeps): Promise<FanOutReport> {
  const report = { posts: 0, gone: 0, shed: 0, ended: 0 };
  const standing = await deps.standing.ofAll([...telling.values()].map(({ token }) => token));
  await eachOf([...telling], POSTS_AT_ONCE, async ([connection, { token, changes, transitions }]) => {
    if (standing.get(token.id) !== 'good') {
      report.ended += 1;
      await deps.poster.disconnect(connection);
      await deps.connections.close(connection);
      return;
    }
    const texts = [...packChanges(changes), ...packTransitions(transitions)];
    report.posts += texts.length;
    const outcome = texts.length > MAX_BACKLOG ? 'too-slow' : await postInOrder(connection, texts, deps);
    if (outcome === 'posted') return;
    if (outcome === 'gone') report.gone += 1;
    else {
      report.shed += 1;
      await deps.poster.disconnect(connection);
    }
    await deps.connections.close(connection);
  });
  return report;
}
