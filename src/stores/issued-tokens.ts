// Which tokens were issued, and which are revoked: one by one, or all that a subject had up to a moment. Items go when
// their tokens have expired anyway.
import { type AccessToken, TOKEN_USES, type TokenUse } from '../core/access-token.ts';
import { TOKENS_TABLE } from '../platform/names.ts';
import { StoreError } from './store-error.ts';
import type { Item, Table } from './table.ts';
import { number, numberOf, text, textOf } from './table.ts';

export interface IssuedToken extends AccessToken {
  /** The id of the key it was signed with. */
  readonly kid: string;
  readonly revokedMs: number | undefined;
}

export class IssuedTokens {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Known before it is handed out, so that every token there is can be listed and revoked. */
  async add(token: AccessToken, kid: string): Promise<void> {
    await this.#table.putMany([toItem({ ...token, kid, revokedMs: undefined })]);
  }

  /** Undefined: no such token was issued here, or it has expired long ago. */
  async find(id: string): Promise<IssuedToken | undefined> {
    const [item] = await this.#table.getMany([keyOf(tokenKey(id))]);
    return item === undefined ? undefined : fromItem(item);
  }

  /** Also a token that is not in the list: `expiresMs` then tells how long the revocation must be remembered. */
  async revoke(
    id: string,
    { nowMs, expiresMs }: { readonly nowMs: number; readonly expiresMs: number },
  ): Promise<void> {
    const known = await this.find(id);
    const item =
      known === undefined
        ? { ...keyOf(tokenKey(id)), [EXPIRES_MS]: number(expiresMs), ...expiry(expiresMs) }
        : toItem(known);
    await this.#table.putMany([{ ...item, [REVOKED_MS]: number(nowMs) }]);
  }

  /**
   * Revokes all tokens of a subject that say they were issued until now, whether they are in the list or not. Those whose
   * issuer's clock leads say otherwise: they are revoked one by one. `expiresMs`: of the one that lives longest. Repeating
   * it is safe, and takes nothing back, whatever the clock of whoever repeats it says.
   */
  async revokeSubject(
    { use, subject }: Pick<AccessToken, 'use' | 'subject'>,
    { nowMs, expiresMs }: { readonly nowMs: number; readonly expiresMs: number },
  ): Promise<void> {
    const key = keyOf(subjectKey(use, subject));
    let [stored] = await this.#table.getMany([key]);
    for (let refusals = 0; refusals <= MAX_REFUSALS; refusals += 1) {
      const expectedVersion = stored === undefined ? undefined : numberOf(stored, 'version');
      const attributes = {
        [REVOKED_MS]: number(Math.max(nowMs, (stored && numberOf(stored, REVOKED_MS)) ?? 0)),
        ...latestExpiry(expiresMs, stored),
      };
      const version = (expectedVersion ?? 0) + 1;
      const [outcome] = await this.#table.commit([{ key, expectedVersion, version, attributes }]);
      if (outcome?.kind === 'committed') return;
      if (outcome?.kind !== 'refused') {
        throw new StoreError('tokens-unchanged', `tokens not revoked: ${outcome?.reason}`, {
          retryable: true,
        });
      }
      stored = outcome.stored;
    }
    const message = `tokens not revoked: refused ${MAX_REFUSALS + 1} times`;
    throw new StoreError('tokens-unchanged', message, { retryable: true });
  }

  /** Consistent: a revocation that was answered is seen. Tokens tell whole seconds: of its second all are revoked. */
  async isRevoked(token: Claims): Promise<boolean> {
    return (await this.revokedAmong([token])).size > 0;
  }

  /** The ids of those that are revoked: as `isRevoked`, of many at once. */
  async revokedAmong(tokens: readonly Claims[]): Promise<ReadonlySet<string>> {
    const keys = new Set(tokens.flatMap(({ id, use, subject }) => [tokenKey(id), subjectKey(use, subject)]));
    const items = await this.#table.getMany([...keys].map(keyOf));
    const revokedMs = new Map(items.map((item) => [textOf(item, KEY), numberOf(item, REVOKED_MS)]));
    const isRevoked = ({ id, use, subject, issuedMs }: Claims) =>
      revokedMs.get(tokenKey(id)) !== undefined ||
      issuedMs <= (revokedMs.get(subjectKey(use, subject)) ?? Number.NEGATIVE_INFINITY);
    return new Set(tokens.filter(isRevoked).map(({ id }) => id));
  }

  /** Every token there is, consistently: one is in the list before it is handed out. */
  async *list(): AsyncIterable<IssuedToken> {
    for await (const item of this.#table.scan()) {
      const token = fromItem(item);
      if (token !== undefined) yield token;
    }
  }
}

/** What of a token tells whether it is revoked. */
type Claims = Pick<AccessToken, 'id' | 'use' | 'subject' | 'issuedMs'>;

const KEY = TOKENS_TABLE.partitionKey;
const REVOKED_MS = 'revokedMs';
const ISSUED_MS = 'issuedMs';
const EXPIRES_MS = 'expiresMs';

/** Each refusal is somebody else's success at revoking the same subject's tokens. */
const MAX_REFUSALS = 20;

const tokenKey = (id: string) => `token:${id}`;
const subjectKey = (use: TokenUse, subject: string) => `subject:${use}:${subject}`;
const keyOf = (key: string): Item => ({ [KEY]: text(key) });
/** A day later than needed: who looks at the list the day after still finds it. */
const expirySeconds = (expiresMs: number) => Math.ceil(expiresMs / 1000) + 86_400;
const expiry = (expiresMs: number): Item => ({ [TOKENS_TABLE.expiresAt]: number(expirySeconds(expiresMs)) });

function latestExpiry(expiresMs: number, stored: Item | undefined): Item {
  const before = stored === undefined ? undefined : numberOf(stored, TOKENS_TABLE.expiresAt);
  return { [TOKENS_TABLE.expiresAt]: number(Math.max(before ?? 0, expirySeconds(expiresMs))) };
}

function toItem({ id, use, subject, sources, issuedMs, expiresMs, kid, revokedMs }: IssuedToken): Item {
  return {
    ...keyOf(tokenKey(id)),
    use: text(use),
    subject: text(subject),
    sources: text(JSON.stringify(sources)),
    kid: text(kid),
    [ISSUED_MS]: number(issuedMs),
    [EXPIRES_MS]: number(expiresMs),
    ...expiry(expiresMs),
    ...(revokedMs === undefined ? {} : { [REVOKED_MS]: number(revokedMs) }),
  };
}

/** Undefined: a subject's item, or a revocation of a token that is not in the list. */
function fromItem(item: Item): IssuedToken | undefined {
  const id = textOf(item, KEY)?.replace(/^token:/, '');
  const use = TOKEN_USES.find((each) => each === textOf(item, 'use'));
  const subject = textOf(item, 'subject');
  if (id === undefined || use === undefined || subject === undefined) return undefined;
  return {
    id,
    use,
    subject,
    sources: JSON.parse(textOf(item, 'sources') ?? '[]'),
    issuedMs: numberOf(item, ISSUED_MS) ?? 0,
    expiresMs: numberOf(item, EXPIRES_MS) ?? 0,
    kid: textOf(item, 'kid') ?? '',
    revokedMs: numberOf(item, REVOKED_MS),
  };
}
