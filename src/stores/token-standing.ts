// Whether tokens that connections were opened with are still good: not expired, not revoked, their key not retired.
import type { HeldToken } from '../core/access-token.ts';
import type { IssuedTokens } from './issued-tokens.ts';

export type Standing = 'good' | 'expired' | 'revoked' | 'retired';

interface Keys {
  current(): Promise<readonly { readonly kid: string }[]>;
  forUnknownKey(): Promise<readonly { readonly kid: string }[]>;
}

export interface TokenStandingDeps {
  readonly tokens: IssuedTokens;
  readonly keys: Keys;
  readonly nowMs: () => number;
  /** What was read of a token is believed for so long; 0: it is read each time. */
  readonly maxAgeMs: number;
}

/** Tokens remembered: of the connections that one batch tells, with room. */
const MOST_KEPT = 10_000;

export class TokenStanding {
  readonly #deps: TokenStandingDeps;
  readonly #revoked = new Map<string, { readonly isRevoked: boolean; readonly askedMs: number }>();

  constructor(deps: TokenStandingDeps) {
    this.#deps = deps;
  }

  async of(token: HeldToken): Promise<Standing> {
    return (await this.ofAll([token])).get(token.id) ?? 'revoked';
  }

  /** Standing by token id. Rejects if it cannot be read: then nothing is sent to anyone. */
  async ofAll(tokens: readonly HeldToken[]): Promise<ReadonlyMap<string, Standing>> {
    const { nowMs } = this.#deps;
    const different = [...new Map(tokens.map((token) => [token.id, token])).values()];
    const alive = different.filter(({ expiresMs }) => expiresMs > nowMs());
    const kids = await this.#kidsFor(alive);
    const revoked = await this.#revokedAmong(alive.filter(({ kid }) => kids.has(kid)));
    return new Map(
      different.map((token) => {
        // Asked last: time has passed since.
        if (token.expiresMs <= nowMs()) return [token.id, 'expired'];
        if (!kids.has(token.kid)) return [token.id, 'retired'];
        return [token.id, revoked.has(token.id) ? 'revoked' : 'good'];
      }),
    );
  }

  async #kidsFor(tokens: readonly HeldToken[]): Promise<ReadonlySet<string>> {
    if (tokens.length === 0) return new Set();
    const known = new Set((await this.#deps.keys.current()).map(({ kid }) => kid));
    if (tokens.every(({ kid }) => known.has(kid))) return known;
    return new Set((await this.#deps.keys.forUnknownKey()).map(({ kid }) => kid));
  }

  async #revokedAmong(tokens: readonly HeldToken[]): Promise<ReadonlySet<string>> {
    const { tokens: issued, nowMs, maxAgeMs } = this.#deps;
    const askedMs = nowMs();
    const kept = (id: string) => {
      const one = this.#revoked.get(id);
      return one !== undefined && askedMs - one.askedMs < maxAgeMs ? one : undefined;
    };
    const asked = tokens.filter(({ id }) => kept(id) === undefined);
    const found = await issued.revokedAmong(asked);
    const revoked = tokens.filter(({ id }) => kept(id)?.isRevoked ?? found.has(id)).map(({ id }) => id);
    if (this.#revoked.size + asked.length > MOST_KEPT) this.#revoked.clear();
    for (const { id } of asked) this.#revoked.set(id, { isRevoked: found.has(id), askedMs });
    return new Set(revoked);
  }
}
