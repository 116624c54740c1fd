// Issues, revokes and lists access tokens, and makes and retires the keys they are signed with.
import { exportJWK, generateKeyPair } from 'jose';
import type { AccessToken, TokenUse } from '../core/access-token.ts';
import type { Secrets } from '../platform/secrets.ts';
import type { IssuedToken, IssuedTokens } from '../stores/issued-tokens.ts';
import {
  decodeSigningKeys,
  decodeVerifyingKeys,
  encodeSigningKeys,
  encodeVerifyingKeys,
  type SigningKey,
  type VerifyingKey,
} from '../wire/token-keys.ts';
import { MAX_TOKEN_LENGTH, signToken, TOKEN_ALGORITHM } from '../wire/token-text.ts';

export interface TokenDeskDeps {
  readonly secrets: Secrets;
  readonly signingKeys: string;
  readonly verifyingKeys: string;
  readonly tokens: IssuedTokens;
  readonly nowMs: () => number;
  readonly newId: () => string;
}

export interface TokenOrder {
  readonly use: TokenUse;
  readonly subject: string;
  readonly sources: readonly string[];
  readonly lifetimeMs: number;
}

export interface Issued {
  readonly token: AccessToken;
  readonly text: string;
}

export class TokenDesk {
  readonly #deps: TokenDeskDeps;

  constructor(deps: TokenDeskDeps) {
    this.#deps = deps;
  }

  /** Makes the first key where there is none. The token is in the list before it is handed out. */
  async issue({ use, subject, sources, lifetimeMs }: TokenOrder): Promise<Issued> {
    const { nowMs, newId, tokens } = this.#deps;
    const [newest] = await this.#keys();
    const key = newest ?? (await this.rotate());
    // Tokens tell whole seconds.
    const issuedMs = Math.floor(nowMs() / 1000) * 1000;
    const token = { id: newId(), use, subject, sources, issuedMs, expiresMs: issuedMs + lifetimeMs };
    const text = await signToken(token, key);
    if (text.length > MAX_TOKEN_LENGTH) {
      throw new Error(
        `the token would have ${text.length} characters, expected at most ${MAX_TOKEN_LENGTH}: give it fewer sources`,
      );
    }
    await tokens.add(token, key.kid);
    return { token, text };
  }

  /** Makes a new key. Those before it are still good for the tokens they have signed, until they are retired. */
  async rotate(): Promise<SigningKey> {
    const { nowMs, newId } = this.#deps;
    const { publicKey, privateKey } = await generateKeyPair(TOKEN_ALGORITHM, {
      crv: 'Ed25519',
      extractable: true,
    });
    const key: SigningKey = {
      kid: newId(),
      createdMs: nowMs(),
      publicJwk: textMembers(await exportJWK(publicKey)),
      privateJwk: textMembers(await exportJWK(privateKey)),
    };
    const { secrets, signingKeys, verifyingKeys } = this.#deps;
    // What verifies comes first: nothing is signed that cannot be verified.
    await secrets.change(verifyingKeys, (text) =>
      encodeVerifyingKeys([key, ...without(decodeVerifyingKeys(text), key.kid)]),
    );
    await secrets.change(signingKeys, (text) =>
      encodeSigningKeys([key, ...without(decodeSigningKeys(text), key.kid)]),
    );
    return key;
  }

  /**
   * Takes a key away: what it has signed is no token any more. Repeating it is safe: a key that is left in one secret, where
   * the first attempt broke off, goes too.
   */
  async retire(kid: string): Promise<void> {
    const keys = [...(await this.#keys()), ...(await this.#verifyingKeys())];
    if (!keys.some((key) => key.kid === kid)) {
      const known = [...new Set(keys.map((key) => key.kid))].join(', ') || '(none)';
      throw new Error(`found no key ${kid}, expected one of ${known}`);
    }
    const { secrets, signingKeys, verifyingKeys } = this.#deps;
    // What signs goes first. Each secret loses this key and keeps what somebody else puts in meanwhile.
    await secrets.change(signingKeys, (text) => encodeSigningKeys(without(decodeSigningKeys(text), kid)));
    await secrets.change(verifyingKeys, (text) =>
      encodeVerifyingKeys(without(decodeVerifyingKeys(text), kid)),
    );
  }

  async revoke(id: string): Promise<IssuedToken> {
    const { tokens, nowMs } = this.#deps;
    const token = await tokens.find(id);
    if (token === undefined)
      throw new Error(`found no token ${id}, expected an id that \`tidemill tokens list\` shows`);
    await tokens.revoke(id, { nowMs: nowMs(), expiresMs: token.expiresMs });
    return token;
  }

  /**
   * All tokens that the subject has: a stolen device. Returns how many are known. What is in the list is revoked by its
   * id, whatever the clock of its issuer says; what is not, by the time it says it was issued at.
   */
  async revokeSubject(use: TokenUse, subject: string): Promise<number> {
    const { tokens, nowMs } = this.#deps;
    const revokedMs = nowMs();
    await tokens.revokeSubject(
      { use, subject },
      { nowMs: revokedMs, expiresMs: revokedMs + LONGEST_LIFETIME_MS },
    );
    let known = 0;
    for await (const token of tokens.list()) {
      if (token.use !== use || token.subject !== subject) continue;
      known += 1;
      if (token.revokedMs === undefined) {
        await tokens.revoke(token.id, { nowMs: revokedMs, expiresMs: token.expiresMs });
      }
    }
    return known;
  }

  async #keys(): Promise<SigningKey[]> {
    return decodeSigningKeys(await this.#deps.secrets.read(this.#deps.signingKeys));
  }

  async #verifyingKeys(): Promise<VerifyingKey[]> {
    return decodeVerifyingKeys(await this.#deps.secrets.read(this.#deps.verifyingKeys));
  }
}

/** No token lives longer: so long a revocation must be remembered. */
export const LONGEST_LIFETIME_MS = 366 * 86_400_000;

function without<Key extends { readonly kid: string }>(keys: readonly Key[], kid: string): Key[] {
  return keys.filter((key) => key.kid !== kid);
}

function textMembers(jwk: object): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(jwk).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}
