import type { FunctionHost } from '../../src/host/function-host.ts';
import { KEY_CACHE_SECONDS } from '../../src/platform/door.ts';
import { IssuedTokens } from '../../src/stores/issued-tokens.ts';
import { LiveConnections } from '../../src/stores/live-connections.ts';
import { TokenStanding } from '../../src/stores/token-standing.ts';
import { KeyCache } from '../../src/wire/key-cache.ts';
import { createHangUp } from './hang-up.ts';

type Host = Pick<FunctionHost, 'table' | 'secret' | 'poster' | 'clock' | 'log' | 'meter'>;

export function wire({ table, secret, poster, clock, log, meter }: Host) {
  const nowMs = () => clock.nowMs();
  return createHangUp({
    connections: new LiveConnections(table('live')),
    standing: new TokenStanding({
      tokens: new IssuedTokens(table('tokens')),
      keys: new KeyCache({ read: secret('verifyingKeys'), nowMs, maxAgeMs: KEY_CACHE_SECONDS * 1_000 }),
      nowMs,
      maxAgeMs: 0,
    }),
    poster: poster('live'),
    clock,
    log,
    meter,
  });
}
