import type { FunctionHost } from '../../src/host/function-host.ts';
import { outletOf } from '../../src/host/outlet-of.ts';
import { KEY_CACHE_SECONDS, LIVE_TOKEN_SECONDS } from '../../src/platform/door.ts';
import { IssuedTokens } from '../../src/stores/issued-tokens.ts';
import { LiveConnections } from '../../src/stores/live-connections.ts';
import { RecentAlerts } from '../../src/stores/recent-alerts.ts';
import { TokenStanding } from '../../src/stores/token-standing.ts';
import { Windows } from '../../src/stores/windows.ts';
import { KeyCache } from '../../src/wire/key-cache.ts';
import { createLive } from './live.ts';

type Host = Pick<
  FunctionHost,
  'pipeline' | 'table' | 'option' | 'secret' | 'poster' | 'clock' | 'random' | 'log' | 'meter'
>;

export function wire({ pipeline, table, option, secret, poster, clock, random, log, meter }: Host) {
  const liveTable = table('live');
  const nowMs = () => clock.nowMs();
  return createLive({
    pipeline,
    windows: new Windows(table('windows')),
    recent: new RecentAlerts(liveTable),
    connections: new LiveConnections(liveTable),
    standing: new TokenStanding({
      tokens: new IssuedTokens(table('tokens')),
      keys: new KeyCache({ read: secret('verifyingKeys'), nowMs, maxAgeMs: KEY_CACHE_SECONDS * 1_000 }),
      nowMs,
      maxAgeMs: LIVE_TOKEN_SECONDS * 1_000,
    }),
    outlet: outletOf({ table, option }),
    poster: poster('live'),
    clock,
    random,
    log,
    meter,
  });
}
