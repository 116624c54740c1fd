import { TOKEN_USES, type TokenUse } from '../../src/core/access-token.ts';
import type { FunctionHost } from '../../src/host/function-host.ts';
import { KEY_CACHE_SECONDS } from '../../src/platform/door.ts';
import { IssuedTokens } from '../../src/stores/issued-tokens.ts';
import { KeyCache } from '../../src/wire/key-cache.ts';
import { createAuthorize } from './authorize.ts';

type Host = Pick<FunctionHost, 'secret' | 'table' | 'setting' | 'log' | 'meter' | 'clock'>;

export function wire({ secret, table, setting, log, meter, clock }: Host) {
  const nowMs = () => clock.nowMs();
  const tokens = new IssuedTokens(table('tokens'));
  return createAuthorize({
    keys: new KeyCache({ read: secret('verifyingKeys'), nowMs, maxAgeMs: KEY_CACHE_SECONDS * 1_000 }),
    isRevoked: (token) => tokens.isRevoked(token),
    planKeys: readPlanKeys(setting('planKeys')),
    log,
    meter,
    nowMs,
  });
}

/** JSON, use to key. */
function readPlanKeys(text: string): Readonly<Partial<Record<TokenUse, string>>> {
  const parsed: Readonly<Record<string, unknown>> = JSON.parse(text);
  return Object.fromEntries(
    TOKEN_USES.flatMap((use) => (typeof parsed[use] === 'string' ? [[use, parsed[use]]] : [])),
  );
}
