// Access tokens as text: signed JWTs. Each use has an audience of its own, so that a token for one
// use is none for another.
import {
  decodeProtectedHeader,
  importJWK,
  type JWTPayload,
  errors as joseErrors,
  jwtVerify,
  SignJWT,
} from 'jose';
import type { AccessToken, TokenUse } from '../core/access-token.ts';
import { isSource } from '../core/event-rules.ts';
import type { SigningKey, VerifyingKey } from './token-keys.ts';

const TOKEN_ISSUER = 'tidemill';
/** The one algorithm: Ed25519. What a token's header says otherwise is refused, whatever it says. */
export const TOKEN_ALGORITHM = 'EdDSA';
/** Headers of a request have 10 KB in all on API Gateway. */
export const MAX_TOKEN_LENGTH = 8_000;
/** Clocks of issuer and door may differ by so much. */
const CLOCK_TOLERANCE_SECONDS = 5;

export async function signToken(token: AccessToken, key: SigningKey): Promise<string> {
  const claims = token.use === 'relay' ? { sources: token.sources } : {};
  return await new SignJWT(claims)
    .setProtectedHeader({ alg: TOKEN_ALGORITHM, typ: 'JWT', kid: key.kid })
    .setIssuer(TOKEN_ISSUER)
    .setAudience(audienceOf(token.use))
    .setSubject(token.subject)
    .setJti(token.id)
    .setIssuedAt(Math.floor(token.issuedMs / 1000))
    .setExpirationTime(Math.floor(token.expiresMs / 1000))
    .sign(await importJWK(key.privateJwk, TOKEN_ALGORITHM));
}

export type Verification =
  | { readonly kind: 'valid'; readonly token: AccessToken; readonly kid: string }
  | { readonly kind: 'unknown-key'; readonly kid: string }
  /** `reason` is safe to log: it holds nothing of the token. */
  | { readonly kind: 'invalid'; readonly reason: string };

/** Signature, algorithm, issuer, audience, expiry and form; whether it is revoked is another question. Never throws. */
export async function verifyToken(
  text: string,
  use: TokenUse,
  { keys, nowMs }: { readonly keys: readonly VerifyingKey[]; readonly nowMs: number },
): Promise<Verification> {
  if (text.length > MAX_TOKEN_LENGTH) return { kind: 'invalid', reason: 'too-long' };
  try {
    const { alg, kid } = decodeProtectedHeader(text);
    if (alg !== TOKEN_ALGORITHM) return { kind: 'invalid', reason: 'algorithm' };
    if (kid === undefined || kid.length > MAX_KID_LENGTH) return { kind: 'invalid', reason: 'no-key-id' };
    const key = keys.find((each) => each.kid === kid);
    if (key === undefined) return { kind: 'unknown-key', kid };
    const { payload } = await jwtVerify(text, await importJWK(key.publicJwk, TOKEN_ALGORITHM), {
      algorithms: [TOKEN_ALGORITHM],
      typ: 'JWT',
      issuer: TOKEN_ISSUER,
      audience: audienceOf(use),
      requiredClaims: ['sub', 'jti', 'iat', 'exp'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(nowMs),
    });
    return readClaims(payload, use, kid);
  } catch (error) {
    // The library's errors hold the claims: only their kind is passed on.
    if (error instanceof joseErrors.JWTClaimValidationFailed)
      return { kind: 'invalid', reason: `claim-${error.claim}` };
    if (error instanceof joseErrors.JWTExpired) return { kind: 'invalid', reason: 'expired' };
    if (error instanceof joseErrors.JOSEError) return { kind: 'invalid', reason: error.code };
    return { kind: 'invalid', reason: 'malformed' };
  }
}

const MAX_KID_LENGTH = 64;

function readClaims(payload: JWTPayload, use: TokenUse, kid: string): Verification {
  const { sub, jti, iat, exp, aud } = payload;
  const sources: unknown = payload['sources'] ?? [];
  const isRelay = use === 'relay';
  if (typeof aud !== 'string') return { kind: 'invalid', reason: 'claim-aud' };
  if (sub === undefined || !isSource(sub)) return { kind: 'invalid', reason: 'claim-sub' };
  if (jti === undefined || jti === '' || iat === undefined || exp === undefined) {
    return { kind: 'invalid', reason: 'claim-jti' };
  }
  if (
    !Array.isArray(sources) ||
    !sources.every((source) => isSource(source)) ||
    isRelay !== sources.length > 0
  ) {
    return { kind: 'invalid', reason: 'claim-sources' };
  }
  return {
    kind: 'valid',
    kid,
    token: { id: jti, use, subject: sub, sources, issuedMs: iat * 1000, expiresMs: exp * 1000 },
  };
}

function audienceOf(use: TokenUse): string {
  return `tidemill:${use}`;
}

/** The token in an `Authorization: Bearer …` header; undefined where there is none. */
export function bearerToken(header: unknown): string | undefined {
  return typeof header === 'string' ? /^Bearer +([A-Za-z0-9_.-]+)$/i.exec(header)?.[1] : undefined;
}
