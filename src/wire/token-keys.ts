// The keys of access tokens, as two secrets hold them: one with the private keys, for whoever issues tokens, one with the
// public keys alone, for whoever verifies them. Each key has an id, so that old and new ones serve side by side.
import { isObject } from '../core/event-rules.ts';

type Jwk = Readonly<Record<string, string>>;

export interface VerifyingKey {
  readonly kid: string;
  readonly createdMs: number;
  readonly publicJwk: Jwk;
}

export interface SigningKey extends VerifyingKey {
  readonly privateJwk: Jwk;
}

export function encodeSigningKeys(keys: readonly SigningKey[]): string {
  return JSON.stringify({
    keys: keys.map(({ kid, createdMs, privateJwk }) => ({ kid, createdMs, jwk: privateJwk })),
  });
}

/** Only what is public. */
export function encodeVerifyingKeys(keys: readonly VerifyingKey[]): string {
  return JSON.stringify({
    keys: keys.map(({ kid, createdMs, publicJwk }) => ({ kid, createdMs, jwk: publicPart(publicJwk) })),
  });
}

/** The newest first. @throws where the secret holds no keys */
export function decodeSigningKeys(text: string): SigningKey[] {
  return decode(text).map(({ jwk, ...key }) => {
    if (typeof jwk['d'] !== 'string')
      throw new Error(`secret, key ${key.kid}: found no private part, expected one`);
    return { ...key, publicJwk: publicPart(jwk), privateJwk: jwk };
  });
}

/** The newest first. @throws where the secret holds no keys */
export function decodeVerifyingKeys(text: string): VerifyingKey[] {
  return decode(text).map(({ jwk, ...key }) => ({ ...key, publicJwk: publicPart(jwk) }));
}

function publicPart({ kty = '', crv = '', x = '' }: Jwk): Jwk {
  return { kty, crv, x };
}

/** Messages name keys by their ids and never quote the secret. */
function decode(text: string): { readonly kid: string; readonly createdMs: number; readonly jwk: Jwk }[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new Error('secret: found no JSON, expected {"keys": […]}');
  }
  const keys = isObject(parsed) ? parsed['keys'] : undefined;
  if (!Array.isArray(keys)) throw new Error('secret: found no list of keys, expected {"keys": […]}');
  return keys
    .map((key: unknown, i) => {
      const { kid, createdMs, jwk } = isObject(key) ? key : {};
      if (typeof kid !== 'string' || typeof createdMs !== 'number' || !isJwk(jwk)) {
        throw new Error(`secret, key ${i}: expected kid, createdMs and an Ed25519 JSON web key`);
      }
      return { kid, createdMs, jwk };
    })
    .sort((a, b) => b.createdMs - a.createdMs);
}

/** Whether a parsed value could be a JSON web key: the key import says the rest. */
function isJwk(value: unknown): value is Jwk {
  return (
    isObject(value) && value['kty'] === 'OKP' && value['crv'] === 'Ed25519' && typeof value['x'] === 'string'
  );
}
