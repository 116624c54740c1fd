// A Lambda proxy integration: the request as the function's event, its answer as the response.
import type { InvokeOutcome } from '../../event-source/ports.ts';
import { isObject } from '../property.ts';
import type { HttpAnswer } from './gateway-response.ts';
import { isBinaryType } from './media-type.ts';
import type { OpenQuestions } from './open-questions.ts';
import { endsAtTheService, remapHeaders } from './remap-headers.ts';
import { headerOf, type RestRequest, singleValues } from './rest-request.ts';

export interface ProxyRequest {
  readonly request: RestRequest;
  readonly resource: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly stageVariables: Readonly<Record<string, string>>;
  readonly requestContext: Readonly<Record<string, unknown>>;
  readonly binaryMediaTypes: readonly string[];
}

/** The event of a REST API (payload format 1.0). */
export function proxyEvent(proxied: ProxyRequest): object {
  const { request, resource, pathParameters, stageVariables, requestContext, binaryMediaTypes } = proxied;
  const multi = (all: ReadonlyMap<string, readonly string[]>) =>
    all.size === 0 ? null : Object.fromEntries(all);
  const headers = sentHeaders(request);
  const isBinary = isBinaryType(headerOf(request.headers, 'content-type'), binaryMediaTypes);
  return {
    resource,
    // Slashes before the first part are one.
    path: request.path.replace(/^\/+/, '/'),
    httpMethod: request.httpMethod,
    headers: singleValues(headers),
    multiValueHeaders: multi(headers),
    queryStringParameters: singleValues(request.query),
    multiValueQueryStringParameters: multi(request.query),
    pathParameters: noneAsNull(pathParameters),
    stageVariables: noneAsNull(stageVariables),
    requestContext,
    body: request.body.length === 0 ? null : request.body.toString(isBinary ? 'base64' : 'utf8'),
    isBase64Encoded: request.body.length > 0 && isBinary,
  };
}

const noneAsNull = (map: Readonly<Record<string, string>>) => (Object.keys(map).length === 0 ? null : map);

/** Headers as sent, except those that end at the service and those that it adds. */
export function sentHeaders({ headers, sourceIp, requestId }: RestRequest): RestRequest['headers'] {
  const sent = new Map<string, readonly string[]>();
  for (const [name, values] of headers) {
    if (!endsAtTheService(name)) sent.set(CAPITALIZED[name.toLowerCase()] ?? name, values);
  }
  sent.set('X-Amzn-Trace-Id', [
    `Root=1-00000000-${requestId.replaceAll('-', '').padEnd(24, '0').slice(0, 24)}`,
  ]);
  sent.set('X-Forwarded-For', [sourceIp]);
  sent.set('X-Forwarded-Port', ['443']);
  sent.set('X-Forwarded-Proto', ['https']);
  return sent;
}

const CAPITALIZED: Readonly<Record<string, string>> = {
  authorization: 'Authorization',
  'user-agent': 'User-Agent',
  host: 'Host',
};

export interface AnswerRules {
  /** What the client asked for, of which the first type counts. */
  readonly accept: string | undefined;
  readonly binaryMediaTypes: readonly string[];
  readonly answers: OpenQuestions;
}

const MEMBERS = ['statusCode', 'headers', 'multiValueHeaders', 'body', 'isBase64Encoded'];

/** A text says why the function's outcome is no answer: 502. */
export function proxyAnswer(outcome: InvokeOutcome, rules: AnswerRules): HttpAnswer | string {
  if (outcome.kind !== 'returned') return outcome.message;
  const said = parsePayload(outcome.payload);
  if (typeof said === 'string') return said;
  const unknown = Object.keys(said).find((member) => !MEMBERS.includes(member));
  if (unknown !== undefined) return `the function returned ${unknown}, expected ${MEMBERS.join(', ')} alone`;
  const status = said['statusCode'] === undefined ? 200 : Number(said['statusCode'] ?? Number.NaN);
  if (!Number.isInteger(status) || status < 100 || status > 599) {
    return `the function returned statusCode ${JSON.stringify(said['statusCode'])}, expected 100 to 599`;
  }
  const headers = proxyHeaders(said['headers'] ?? {}, said['multiValueHeaders'] ?? {});
  if (typeof headers === 'string') return headers;
  const text = bodyText(said['body'], rules.answers);
  if (text === undefined) return 'the function returned a body that is no text';
  const isBinary =
    said['isBase64Encoded'] === true && isBinaryType(firstOf(rules.accept), rules.binaryMediaTypes);
  if (!isBinary) return { status, headers, body: text };
  return BASE64.test(text) ? { status, headers, body: Buffer.from(text, 'base64') } : NO_BASE64;
}

/** What the function returned is an answer, and cannot be decoded: that is 500. */
export const NO_BASE64 = 'the function returned a body that is not base64';
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

const firstOf = (accept: string | undefined) => accept?.split(',')[0]?.trim();

function parsePayload(payload: string): Readonly<Record<string, unknown>> | string {
  let said: unknown;
  try {
    said = JSON.parse(payload);
  } catch {
    return 'the function returned no JSON';
  }
  return isObject(said) ? said : `the function returned ${JSON.stringify(said)}, expected an object`;
}

function bodyText(body: unknown, { bodyThatIsNoText }: OpenQuestions): string | undefined {
  if (body === undefined || body === null) return '';
  if (typeof body === 'string') return body;
  return bodyThatIsNoText === 'as-json' ? JSON.stringify(body) : undefined;
}

/** A name that is in both has all values, those of the lists first. The function's own Content-Type is the answer's. */
function proxyHeaders(single: unknown, multi: unknown): HttpAnswer['headers'] | string {
  if (!isObject(single) || !isObject(multi)) return 'the function returned headers that are no object';
  const all = new Map<string, { readonly name: string; readonly values: string[] }>();
  const add = (name: string, value: unknown) => {
    const found = all.get(name.toLowerCase()) ?? { name, values: [] };
    if (value !== null) found.values.push(String(value));
    all.set(name.toLowerCase(), found);
  };
  for (const [name, values] of Object.entries(multi)) {
    if (!Array.isArray(values))
      return `the function returned multiValueHeaders with ${name}, which is no list`;
    for (const value of values) add(name, value);
  }
  for (const [name, value] of Object.entries(single)) {
    if (value !== null && typeof value !== 'string' && typeof value !== 'boolean') {
      return `the function returned the header ${name} as ${typeof value}, expected a text`;
    }
    add(name, value);
  }
  if (!all.has('content-type'))
    all.set('content-type', { name: 'Content-Type', values: ['application/json'] });
  return remapHeaders(
    Object.fromEntries(
      [...all.values()]
        .filter(({ values }) => values.length > 0)
        .map(({ name, values }) => [name, values.length === 1 ? (values[0] ?? '') : values]),
    ),
  );
}
