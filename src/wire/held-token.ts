// What a live connection keeps of the token it was opened with: enough to tell at any time whether it is still good. The
// authorizer says it, in texts, as API Gateway passes its context on.
import type { HeldToken } from '../core/access-token.ts';
import { isObject } from '../core/event-rules.ts';

const USE = 'reader';

/** Writes a reader's token as members of an authorizer's context, whose values are ASCII texts. */
export function writeHeldToken({
  id,
  kid,
  subject,
  issuedMs,
  expiresMs,
}: HeldToken): Readonly<Record<string, string>> {
  return {
    tokenId: asciiOf(id),
    tokenKey: asciiOf(kid),
    tokenSubject: asciiOf(subject),
    tokenIssuedMs: String(issuedMs),
    tokenExpiresMs: String(expiresMs),
  };
}

/** Undefined: the context says nothing of a token, or not all there is to say. */
export function readHeldToken(context: unknown): HeldToken | undefined {
  if (!isObject(context)) return undefined;
  const { tokenId, tokenKey, tokenSubject, tokenIssuedMs, tokenExpiresMs } = context;
  const [id, kid, subject] = [textIn(tokenId), textIn(tokenKey), textIn(tokenSubject)];
  const [issuedMs, expiresMs] = [Number(tokenIssuedMs ?? Number.NaN), Number(tokenExpiresMs ?? Number.NaN)];
  if (id === undefined || kid === undefined || subject === undefined) return undefined;
  if (!Number.isSafeInteger(issuedMs) || !Number.isSafeInteger(expiresMs)) return undefined;
  return { id, use: USE, kid, subject, issuedMs, expiresMs };
}

/** Names may hold any character; what stands in a context goes through headers and templates of others. */
function asciiOf(text: string): string {
  return encodeURIComponent(text);
}

function textIn(encoded: unknown): string | undefined {
  if (typeof encoded !== 'string') return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
