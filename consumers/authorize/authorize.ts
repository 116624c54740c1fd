// The Lambda authorizer of the APIs: reads the token, verifies it for the use that the route asks for, and says whose it
// is. What it says is kept by API Gateway for a while, so it names all that the token may do at its door and no more.
import type { AccessToken, TokenUse } from '../../src/core/access-token.ts';
import { EVENTS_PATH, RELAY_EVENTS_PATH, RETIREMENT_PATH, SOURCE_HEADER } from '../../src/platform/door.ts';
import type { Log, Meter } from '../../src/platform/observe.ts';
import { writeHeldToken } from '../../src/wire/held-token.ts';
import { TOKEN_PROTOCOL } from '../../src/wire/live/messages.ts';
import type { VerifyingKey } from '../../src/wire/token-keys.ts';
import { bearerToken, type Verification, verifyToken } from '../../src/wire/token-text.ts';
import { requiredUse } from './required-use.ts';

/** The part of API Gateway's event for REQUEST authorizers that is looked at. */
export interface AuthorizerEvent {
  /** `arn:…:execute-api:region:account:api/stage/METHOD/path` */
  readonly methodArn: string;
  readonly resource?: string;
  readonly httpMethod?: string;
  readonly headers?: Readonly<Record<string, string>> | null;
  readonly requestContext?: { readonly eventType?: string } | null;
}

export interface AuthorizerAnswer {
  readonly principalId: string;
  readonly policyDocument: {
    readonly Version: '2012-10-17';
    readonly Statement: readonly [
      { readonly Action: 'execute-api:Invoke'; readonly Effect: 'Allow' | 'Deny'; readonly Resource: string },
    ];
  };
  readonly context: Readonly<Record<string, string>>;
  readonly usageIdentifierKey?: string;
}

export interface AuthorizeDeps {
  readonly keys: {
    current(): Promise<readonly VerifyingKey[]>;
    forUnknownKey(): Promise<readonly VerifyingKey[]>;
  };
  readonly isRevoked: (token: AccessToken) => Promise<boolean>;
  /** The usage plan's key of each use. */
  readonly planKeys: Readonly<Partial<Record<TokenUse, string>>>;
  readonly log: Log;
  readonly meter: Meter;
  readonly nowMs: () => number;
}

/** API Gateway answers 401 for exactly this message. */
class Unauthorized extends Error {
  constructor() {
    super('Unauthorized');
  }
}

/** @throws `Unauthorized` for what is no valid token here (401), anything else where that cannot be told (500). */
export function createAuthorize(deps: AuthorizeDeps): (event: AuthorizerEvent) => Promise<AuthorizerAnswer> {
  const refuse = (reason: string, more: Readonly<Record<string, unknown>> = {}) => {
    deps.log.info('refused', { reason, ...more });
    deps.meter.publish({ refused: 1 });
  };
  const decide = async (event: AuthorizerEvent): Promise<AuthorizerAnswer> => {
    const use = requiredUse(event);
    if (use === undefined) {
      refuse('route');
      return deny('nobody', event.methodArn);
    }
    const text = tokenOf(event);
    if (text === undefined) {
      refuse('no-token', { use });
      throw new Unauthorized();
    }
    const verification = await verify(text, use, deps);
    if (verification.kind !== 'valid') {
      refuse(verification.kind === 'invalid' ? verification.reason : 'unknown-key', { use });
      throw new Unauthorized();
    }
    const { token, kid } = verification;
    const who = { use, subject: token.subject, tokenId: token.id };
    if (await deps.isRevoked(token)) {
      refuse('revoked', who);
      throw new Unauthorized();
    }
    const source = sourceOf(token, event);
    if (source === undefined) {
      refuse('source', who);
      return deny(token.subject, event.methodArn);
    }
    deps.meter.publish({ allowed: 1 });
    const planKey = deps.planKeys[use];
    return {
      principalId: asciiJson(token.subject).slice(1, -1),
      policyDocument: policy('Allow', allowedArn(use, event)),
      context: contextOf(token, { kid, source }),
      ...(planKey === undefined ? {} : { usageIdentifierKey: planKey }),
    };
  };
  return async (event) => {
    try {
      return await decide(event);
    } catch (error) {
      // If keys or revocations cannot be read, no one is admitted, and a metric must show it.
      if (!(error instanceof Unauthorized)) deps.meter.publish({ failures: 1 });
      throw error;
    }
  };
}

async function verify(text: string, use: TokenUse, { keys, nowMs }: AuthorizeDeps): Promise<Verification> {
  const first = await verifyToken(text, use, { keys: await keys.current(), nowMs: nowMs() });
  if (first.kind !== 'unknown-key') return first;
  return await verifyToken(text, use, { keys: await keys.forUnknownKey(), nowMs: nowMs() });
}

/**
 * A browser cannot give a WebSocket's handshake a header of its own: there, and only there, the token may be a subprotocol,
 * `token.<token>`. Not in the query string, which stands in logs on its way.
 */
function tokenOf(event: AuthorizerEvent): string | undefined {
  const fromHeader = bearerToken(headerOf(event, 'Authorization'));
  if (fromHeader !== undefined || event.requestContext?.eventType !== 'CONNECT') return fromHeader;
  const protocols = (headerOf(event, 'Sec-WebSocket-Protocol') ?? '').split(',').map((one) => one.trim());
  const token = protocols.find((one) => one.startsWith(TOKEN_PROTOCOL))?.slice(TOKEN_PROTOCOL.length);
  return bearerToken(`Bearer ${token ?? ''}`);
}

/** Whom the request speaks for; undefined: a source that the token does not cover. Readers speak for no source. */
function sourceOf(token: AccessToken, event: AuthorizerEvent): string | undefined {
  if (token.use !== 'relay') return token.subject;
  const wanted = headerOf(event, SOURCE_HEADER) ?? '';
  return token.sources.find((source) => encodeURIComponent(source) === normalized(wanted));
}

/** Encoders differ in what they leave as it is. */
function normalized(encoded: string): string | undefined {
  try {
    return encodeURIComponent(decodeURIComponent(encoded));
  } catch {
    return undefined;
  }
}

function headerOf({ headers }: AuthorizerEvent, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return Object.entries(headers ?? {}).find(([each]) => each.toLowerCase() === wanted)?.[1];
}

/** As mapping templates take it: JSON text in ASCII, to be put in as it is, with nothing left to escape. */
function contextOf(
  token: AccessToken,
  { kid, source }: { readonly kid: string; readonly source: string },
): Readonly<Record<string, string>> {
  const { use, id } = token;
  // A live connection outlives this answer: what it holds its token by goes with it.
  if (use === 'reader') return { use, ...writeHeldToken({ ...token, kid }) };
  return { use, tokenId: id, source, sourceJson: asciiJson(source) };
}

function asciiJson(text: string): string {
  return JSON.stringify(text).replace(/[^\x20-\x7e]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** All that the use may do at this API: the answer is kept and held against the token's other requests too. */
function allowedArn(use: TokenUse, { methodArn, requestContext }: AuthorizerEvent): string {
  if (requestContext?.eventType === 'CONNECT') return methodArn;
  const [api = '', stage = ''] = methodArn.split('/');
  switch (use) {
    case 'device':
      return `${api}/${stage}/POST${EVENTS_PATH}*`;
    case 'relay':
      return `${api}/${stage}/POST${RELAY_EVENTS_PATH}*`;
    case 'reader':
      return `${api}/${stage}/GET/*`;
    case 'operator':
      return `${api}/${stage}/POST${RETIREMENT_PATH.replace('{source}', '*')}`;
  }
}

function deny(principalId: string, methodArn: string): AuthorizerAnswer {
  return { principalId, policyDocument: policy('Deny', methodArn), context: {} };
}

function policy(effect: 'Allow' | 'Deny', resource: string): AuthorizerAnswer['policyDocument'] {
  return {
    Version: '2012-10-17',
    Statement: [{ Action: 'execute-api:Invoke', Effect: effect, Resource: resource }],
  };
}
