// Readers' tokens as live connections hold them.
import type { HeldToken } from '../../src/core/access-token.ts';
import { writeHeldToken } from '../../src/wire/held-token.ts';

/** The id of the one key there is in tests. */
export const KID = 'key-1';

export function heldToken(overrides: Partial<HeldToken> = {}): HeldToken {
  return {
    id: 'token-1',
    use: 'reader',
    subject: 'somebody',
    kid: KID,
    issuedMs: 0,
    expiresMs: Number.MAX_SAFE_INTEGER,
    ...overrides,
  };
}

/** What the authorizer says of one. */
export function authorizerOf(overrides: Partial<HeldToken> = {}) {
  return writeHeldToken(heldToken(overrides));
}
