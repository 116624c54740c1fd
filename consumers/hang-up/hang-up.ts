// Every minute: ends the live connections of readers whose token is no longer good: expired, revoked, or signed with a key
// that was retired. A connection on which nothing is sent would otherwise stay for two hours.
import type { Clock } from '../../src/platform/clock.ts';
import { eachOf } from '../../src/platform/each-of.ts';
import type { LivePoster } from '../../src/platform/live-poster.ts';
import type { Log, Meter } from '../../src/platform/observe.ts';
import type { HeldConnection, LiveConnections } from '../../src/stores/live-connections.ts';
import type { Standing, TokenStanding } from '../../src/stores/token-standing.ts';

export interface HangUpDeps {
  readonly connections: LiveConnections;
  readonly standing: TokenStanding;
  readonly poster: Pick<LivePoster, 'disconnect'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
}

/** The part of Lambda's context that is looked at. */
export interface RemainingTime {
  getRemainingTimeInMillis(): number;
}

/** Between two looks at all tokens: how much later a revocation is seen at most, within a run. */
const LOOK_EVERY_MS = 30_000;
/** The next run looks then: until there this one ends what expires. */
const RUN_MS = 60_000;
/** Time left for the last ones to be ended. */
const TIME_KEPT_MS = 5_000;
/** Connections ended at once. */
const ENDS_AT_ONCE = 20;

/** Does nothing more, at no cost, if there are no connections. Repeating it is safe. */
export function createHangUp(deps: HangUpDeps): (_: unknown, context: RemainingTime) => Promise<void> {
  return async (_, context) => {
    const { clock, meter } = deps;
    const began = clock.nowMs();
    const endMs = began + Math.min(RUN_MS, context.getRemainingTimeInMillis() - TIME_KEPT_MS);
    const totals = { expired: 0, revoked: 0, retired: 0 };
    let open = 0;
    try {
      for (let lookMs = began; lookMs < endMs; lookMs += LOOK_EVERY_MS) {
        await sleepUntil(lookMs, clock);
        const good = await lookAtAll(deps, totals);
        open = good.length;
        if (open === 0) break;
        await endAsTheyExpire(good, Math.min(lookMs + LOOK_EVERY_MS, endMs), deps, totals);
      }
    } catch (error) {
      deps.log.error('connections not looked at', { reason: String(error) });
      meter.publish({ failures: 1 });
      throw error;
    }
    meter.publish({ runs: 1, open, ...totals, failures: 0 });
  };
}

type Totals = Record<Exclude<Standing, 'good'>, number>;

/** Those that are good. */
async function lookAtAll(deps: HangUpDeps, totals: Totals): Promise<readonly HeldConnection[]> {
  const all = await deps.connections.all();
  const standing = await deps.standing.ofAll(all.map(({ token }) => token));
  const ended: { readonly connection: HeldConnection; readonly why: Exclude<Standing, 'good'> }[] = [];
  const good: HeldConnection[] = [];
  for (const connection of all) {
    const why = standing.get(connection.token.id) ?? 'revoked';
    if (why === 'good') good.push(connection);
    else ended.push({ connection, why });
  }
  await eachOf(ended, ENDS_AT_ONCE, ({ connection, why }) => end(connection, why, deps, totals));
  return good;
}

async function endAsTheyExpire(
  connections: readonly HeldConnection[],
  untilMs: number,
  deps: HangUpDeps,
  totals: Totals,
): Promise<void> {
  const due = connections
    .filter(({ token }) => token.expiresMs < untilMs)
    .sort((a, b) => a.token.expiresMs - b.token.expiresMs);
  const byTime = Map.groupBy(due, ({ token }) => token.expiresMs);
  for (const [expiresMs, some] of byTime) {
    await sleepUntil(expiresMs, deps.clock);
    await eachOf(some, ENDS_AT_ONCE, (connection) => end(connection, 'expired', deps, totals));
  }
}

async function end(
  { connection, token }: HeldConnection,
  why: Exclude<Standing, 'good'>,
  { connections, poster, log }: HangUpDeps,
  totals: Totals,
): Promise<void> {
  if ((await poster.disconnect(connection)) === 'failed') {
    // It stays in the list, so that the next look ends it.
    log.warn('not ended', { reason: why, tokenId: token.id });
    return;
  }
  await connections.close(connection);
  totals[why] += 1;
  log.info('ended', { reason: why, tokenId: token.id });
}

async function sleepUntil(ms: number, clock: Clock): Promise<void> {
  const left = ms - clock.nowMs();
  if (left > 0) await clock.sleep(left);
}
