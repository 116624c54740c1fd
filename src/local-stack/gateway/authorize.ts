// Lambda authorizers: asks the function who a request is from and what it may do, and keeps the answer for the
// identity it was given for, as long as the template says.
import type { InvokeOutcome } from '../../event-source/ports.ts';
import { matchesWildcards } from '../iam-policies.ts';
import { isObject } from '../property.ts';
import type { OpenQuestions } from './open-questions.ts';
import type { Authorizer } from './rest-api.ts';
import { headerOf, type RestRequest, singleValues } from './rest-request.ts';
import { javaMatches } from './vtl/java-regex.ts';

/** Texts, and null; and how long the function took. */
export type AuthorizerContext = Readonly<Record<string, string | number | null>>;

export type Decision =
  | { readonly kind: 'allowed'; readonly context: AuthorizerContext; readonly usageKey: string | undefined }
  /** 401: no identity, or the function says `Unauthorized`. */
  | { readonly kind: 'unauthorized' }
  /** 403: the policy denies it, or does not name it. */
  | { readonly kind: 'denied'; readonly explicitly: boolean; readonly context: AuthorizerContext }
  /** 500: the function failed, or what it returned is no answer. */
  | { readonly kind: 'failed'; readonly why: string };

export interface AuthorizedRequest {
  readonly request: RestRequest;
  readonly resource: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly stageVariables: Readonly<Record<string, string>>;
  readonly requestContext: Readonly<Record<string, unknown>>;
  readonly methodArn: string;
}

export interface AuthorizeDeps {
  readonly invoke: (authorizer: Authorizer, payload: string) => Promise<InvokeOutcome>;
  readonly nowMs: () => number;
  readonly answers: OpenQuestions;
}

export type Authorize = (authorizer: Authorizer, request: AuthorizedRequest) => Promise<Decision>;

interface Answer {
  readonly principalId: string | undefined;
  readonly statements: readonly Readonly<Record<string, unknown>>[];
  readonly context: AuthorizerContext;
  readonly usageKey: string | undefined;
}

/** Answers kept at most: the oldest goes first. */
const CACHE_ENTRIES = 10_000;

export function createAuthorize({ invoke, nowMs, answers }: AuthorizeDeps): Authorize {
  const cache = new Map<string, { readonly answer: Answer; readonly untilMs: number }>();
  return async (authorizer, request) => {
    const identity = authorizer.identitySources.map((source) => identityPart(source, request));
    const present = identity.filter((part) => part !== undefined && part !== '');
    // A missing identity is refused before the function is asked.
    if (present.length < identity.length) return { kind: 'unauthorized' };
    if (
      authorizer.identityPattern !== undefined &&
      !javaMatches(authorizer.identityPattern, String(present[0]))
    ) {
      return { kind: 'unauthorized' };
    }
    const cacheable = authorizer.cacheTtlMs > 0 && identity.length > 0;
    const key = JSON.stringify([authorizer.logicalId, present]);
    const kept = cacheable ? cache.get(key) : undefined;
    if (kept !== undefined && kept.untilMs > nowMs()) return decide(kept.answer, request.methodArn);

    const askedMs = nowMs();
    const outcome = await invoke(authorizer, JSON.stringify(eventOf(authorizer, request, present)));
    if (outcome.kind !== 'returned') {
      if (outcome.kind === 'function-error' && outcome.message === 'Unauthorized')
        return { kind: 'unauthorized' };
      return { kind: 'failed', why: outcome.message };
    }
    const answer = parseAnswer(outcome.payload, answers, nowMs() - askedMs);
    if (typeof answer === 'string') return { kind: 'failed', why: answer };
    if (cacheable) {
      cache.delete(key);
      cache.set(key, { answer, untilMs: nowMs() + authorizer.cacheTtlMs });
      if (cache.size > CACHE_ENTRIES) cache.delete(cache.keys().next().value ?? '');
    }
    return decide(answer, request.methodArn);
  };
}

function identityPart(source: string, { request, stageVariables, requestContext }: AuthorizedRequest) {
  const [, kind, name = ''] =
    /^(method\.request\.header|method\.request\.querystring|route\.request\.header|route\.request\.querystring|stageVariables|context)\.(.+)$/.exec(
      source,
    ) ?? [];
  switch (kind) {
    case 'method.request.header':
    case 'route.request.header':
      return headerOf(request.headers, name);
    case 'method.request.querystring':
    case 'route.request.querystring':
      return request.query.get(name)?.at(-1);
    case 'stageVariables':
      return stageVariables[name];
    case 'context': {
      const value = requestContext[name];
      return typeof value === 'string' ? value : undefined;
    }
    default:
      throw new Error(
        `identity source: found ${source}, expected a header, query string, stage variable or context`,
      );
  }
}

function eventOf(
  authorizer: Authorizer,
  { request, resource, pathParameters, stageVariables, requestContext, methodArn }: AuthorizedRequest,
  identity: readonly unknown[],
): object {
  if (authorizer.type === 'TOKEN') return { type: 'TOKEN', authorizationToken: identity[0], methodArn };
  return {
    type: 'REQUEST',
    methodArn,
    resource,
    path: request.path,
    httpMethod: request.httpMethod,
    headers: singleValues(request.headers),
    multiValueHeaders: Object.fromEntries(request.headers),
    queryStringParameters: singleValues(request.query) ?? {},
    multiValueQueryStringParameters: Object.fromEntries(request.query),
    pathParameters,
    stageVariables,
    requestContext,
  };
}

/** Conditions and what statements except are not evaluated here. */
const STATEMENT_KEYS: readonly string[] = ['Sid', 'Effect', 'Action', 'Resource'];
const MAX_ANSWER_BYTES = 8 * 1024;
const MAX_RESOURCE_LENGTH = 512;

/** A text says what is wrong with the answer. */
function parseAnswer(
  payload: string,
  { takesMissingPrincipal }: OpenQuestions,
  integrationLatency: number,
): Answer | string {
  const bytes = Buffer.byteLength(payload);
  if (bytes > MAX_ANSWER_BYTES)
    return `the authorizer returned ${bytes} bytes, expected at most ${MAX_ANSWER_BYTES}`;
  const answer: unknown = JSON.parse(payload === '' ? 'null' : payload);
  if (!isObject(answer)) return 'the authorizer returned no object';
  const { principalId, policyDocument, context = {}, usageIdentifierKey } = answer;
  if (typeof principalId !== 'string' && !(principalId === undefined && takesMissingPrincipal)) {
    return 'the authorizer returned no principalId';
  }
  const statements = isObject(policyDocument) ? listed(policyDocument['Statement']) : [];
  if (statements.length === 0 || !statements.every(isObject)) {
    return 'the authorizer returned no policyDocument with statements';
  }
  const unknown = statements.flatMap(Object.keys).find((key) => !STATEMENT_KEYS.includes(key));
  if (unknown !== undefined)
    return `the authorizer returned a statement with ${unknown}, which is not evaluated locally`;
  if (!isObject(context)) return 'the authorizer returned a context that is no object';
  const tooLong = statements
    .flatMap(({ Resource }) => listed(Resource))
    .find((resource) => String(resource).length > MAX_RESOURCE_LENGTH);
  if (tooLong !== undefined)
    return `the authorizer returned a resource of over ${MAX_RESOURCE_LENGTH} characters`;
  for (const [name, value] of Object.entries(context)) {
    if (typeof value === 'object' && value !== null)
      return `the authorizer returned a context with an object in it: ${name}`;
  }
  return {
    principalId,
    statements,
    context: {
      ...Object.fromEntries(
        Object.entries(context).map(([name, value]) => [name, value === null ? null : String(value)]),
      ),
      integrationLatency,
    },
    usageKey: typeof usageIdentifierKey === 'string' ? usageIdentifierKey : undefined,
  };
}

/** The policy of a cached answer is evaluated for each request. */
function decide({ principalId, statements, context, usageKey }: Answer, methodArn: string): Decision {
  const matching = statements
    .filter((statement) =>
      listed(statement['Resource']).some(
        (pattern) => typeof pattern === 'string' && matchesWildcards(pattern, methodArn),
      ),
    )
    .filter((statement) =>
      listed(statement['Action']).some(
        (action) =>
          typeof action === 'string' && matchesWildcards(action.toLowerCase(), 'execute-api:invoke'),
      ),
    );
  const full = principalId === undefined ? context : { ...context, principalId };
  const explicitly = matching.some((statement) => statement['Effect'] !== 'Allow');
  return matching.length > 0 && !explicitly
    ? { kind: 'allowed', context: full, usageKey }
    : { kind: 'denied', explicitly, context: full };
}

const listed = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);
