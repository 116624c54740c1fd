// A Lambda proxy integration: the request as the function's event, its answer as the response.
import type { InvokeOutcome } from '../../event-source/ports.ts';
import { isObject } from '../property.ts';
import type { HttpAnswer } from './gateway-response.ts';
import { type RestRequest, singleValues } from './rest-request.ts';

export interface ProxyRequest {
  readonly request: RestRequest;
  readonly resource: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly stageVariables: Readonly<Record<string, string>>;
  readonly requestContext: Readonly<Record<string, unknown>>;
}

/** The event of a REST API (payload format 1.0). */
export function proxyEvent({
  request,
  resource,
  pathParameters,
  stageVariables,
  requestContext,
}: ProxyRequest): object {
  const multi = (all: ReadonlyMap<string, readonly string[]>) =>
    all.size === 0 ? null : Object.fromEntries(all);
  return {
    resource,
    path: request.path,
    httpMethod: request.httpMethod,
    headers: singleValues(request.headers),
    multiValueHeaders: multi(request.headers),
    queryStringParameters: singleValues(request.query),
    multiValueQueryStringParameters: multi(request.query),
    pathParameters: noneAsNull(pathParameters),
    stageVariables: noneAsNull(stageVariables),
    requestContext,
    body: request.body.length === 0 ? null : request.body.toString('utf8'),
    isBase64Encoded: false,
  };
}

const noneAsNull = (map: Readonly<Record<string, string>>) => (Object.keys(map).length === 0 ? null : map);

/** A text says why the function's outcome is no answer: 502. */
export function proxyAnswer(outcome: InvokeOutcome): HttpAnswer | string {
  if (outcome.kind !== 'returned') return outcome.message;
  let said: unknown;
  try {
    said = JSON.parse(outcome.payload);
  } catch {
    return 'the function returned no JSON';
  }
  if (!isObject(said)) return `the function returned ${JSON.stringify(said)}, expected an object`;
  const { statusCode, headers = {}, multiValueHeaders = {}, body = '', isBase64Encoded = false } = said;
  if (!Number.isInteger(Number(statusCode))) return 'the function returned no statusCode';
  if (typeof body !== 'string' && body !== null) return 'the function returned a body that is no text';
  if (!isObject(headers ?? {}) || !isObject(multiValueHeaders ?? {})) {
    return 'the function returned headers that are no object';
  }
  return {
    status: Number(statusCode),
    headers: {
      'Content-Type': 'application/json',
      ...textValues(headers),
      ...textValues(multiValueHeaders),
    },
    body: isBase64Encoded === true ? Buffer.from(body ?? '', 'base64') : (body ?? ''),
  };
}

/** The function's own Content-Type, however it is spelt, stands in place of the default. */
function textValues(headers: unknown): Record<string, string | readonly string[]> {
  const entries = isObject(headers) ? Object.entries(headers) : [];
  return Object.fromEntries(
    entries.map(([name, value]) => [
      name.toLowerCase() === 'content-type' ? 'Content-Type' : name,
      Array.isArray(value) ? value.map(String) : String(value),
    ]),
  );
}
