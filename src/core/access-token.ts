// What an access token says: who may do what, for how long.

/**
 * `device`: posts events of the one source that is its subject. `relay`: posts events of the sources it lists.
 * `reader`: asks the query API and listens to live changes.
 */
export const TOKEN_USES = ['device', 'relay', 'reader'] as const;
export type TokenUse = (typeof TOKEN_USES)[number];

export interface AccessToken {
  /** Tells the token from all others. */
  readonly id: string;
  readonly use: TokenUse;
  /** Of a device's token its source; of others a name for people. */
  readonly subject: string;
  /** Of a relay's token: whom it may speak for. */
  readonly sources: readonly string[];
  readonly issuedMs: number;
  readonly expiresMs: number;
}
