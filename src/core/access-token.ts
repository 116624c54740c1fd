// What an access token says: who may do what, for how long.

/**
 * `device`: posts events of the one source that is its subject. `relay`: posts events of the sources it lists.
 * `reader`: asks the query API and listens to live changes. `operator`: retires sources.
 */
export const TOKEN_USES = ['device', 'relay', 'reader', 'operator'] as const;
export type TokenUse = (typeof TOKEN_USES)[number];

/** What a live connection keeps of the token it was opened with: enough to tell at any time whether it is still good. */
export interface HeldToken extends Pick<AccessToken, 'id' | 'use' | 'subject' | 'issuedMs' | 'expiresMs'> {
  /** The id of the key it was signed with. */
  readonly kid: string;
}

export interface AccessToken {
  /** Distinguishes this token from all others. */
  readonly id: string;
  readonly use: TokenUse;
  /** The source, for a device's token; for other tokens, a name that people can read. */
  readonly subject: string;
  /** Sources that a relay's token may send for. */
  readonly sources: readonly string[];
  readonly issuedMs: number;
  readonly expiresMs: number;
}
