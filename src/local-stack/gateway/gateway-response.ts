// Answers that API Gateway gives itself: refusals and failures, in the form that the template gives them.
import type { RestApi } from './rest-api.ts';
import type { RestRequest } from './rest-request.ts';
import { headerOf } from './rest-request.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Buffer;
}

const DEFAULTS = {
  ACCESS_DENIED: { status: 403, message: 'User is not authorized to access this resource' },
  API_CONFIGURATION_ERROR: { status: 500, message: 'Internal server error' },
  AUTHORIZER_CONFIGURATION_ERROR: { status: 500, message: 'Internal server error' },
  AUTHORIZER_FAILURE: { status: 500, message: 'Internal server error' },
  BAD_REQUEST_BODY: { status: 400, message: 'Invalid request body' },
  BAD_REQUEST_PARAMETERS: { status: 400, message: 'Missing required request parameters' },
  INTEGRATION_FAILURE: { status: 504, message: 'Internal server error' },
  INTEGRATION_TIMEOUT: { status: 504, message: 'Endpoint request timed out' },
  INVALID_API_KEY: { status: 403, message: 'Forbidden' },
  MISSING_AUTHENTICATION_TOKEN: { status: 403, message: 'Missing Authentication Token' },
  REQUEST_TOO_LARGE: { status: 413, message: 'Request Too Long' },
  THROTTLED: { status: 429, message: 'Too Many Requests' },
  UNAUTHORIZED: { status: 401, message: 'Unauthorized' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, message: 'Unsupported Media Type' },
  DEFAULT_5XX: { status: 500, message: 'Internal server error' },
} as const;

export type GatewayResponseType = keyof typeof DEFAULTS;

export interface Problem {
  readonly type: GatewayResponseType;
  /** In place of the type's own. */
  readonly message?: string;
  readonly validationError?: string;
}

/** A template of the API's own for the type, else for its class, else API Gateway's. */
export function gatewayResponse(
  { gatewayResponses }: Pick<RestApi, 'gatewayResponses'>,
  problem: Problem,
  request: Pick<RestRequest, 'headers' | 'query' | 'requestId'>,
  context: Readonly<Record<string, unknown>>,
): HttpAnswer {
  const standard = DEFAULTS[problem.type];
  const own =
    gatewayResponses.get(problem.type) ??
    gatewayResponses.get(standard.status < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX');
  const message = problem.message ?? standard.message;
  const error = {
    message,
    messageString: JSON.stringify(message),
    responseType: problem.type,
    validationErrorString: problem.validationError ?? '',
  };
  const headers = Object.entries(own?.parameters ?? {}).flatMap(([name, value]) => {
    const given = parameterValue(value, request, { ...context, error });
    return given === undefined ? [] : [[name.replace('gatewayresponse.header.', ''), given] as const];
  });
  const template = own?.templates.get('application/json') ?? '{"message":$context.error.messageString}';
  return {
    status: own?.statusCode ?? standard.status,
    headers: {
      'Content-Type': 'application/json',
      'x-amzn-RequestId': request.requestId,
      'x-amzn-ErrorType': problem.type,
      ...Object.fromEntries(headers),
    },
    body: substitute(template, { ...context, error }),
  };
}

/** These templates are no VTL: variables are put in, and that is all. */
function substitute(template: string, context: Readonly<Record<string, unknown>>): string {
  return template.replace(/\$context\.([A-Za-z][\w.]*\w)/g, (_, path: string) => {
    const value = contextValue(context, path);
    // Within quotes a validation error must stay within them.
    return path === 'error.validationErrorString' ? JSON.stringify(value).slice(1, -1) : value;
  });
}

/** A variable of the context by its dotted name; empty where there is none. */
export function contextValue(context: Readonly<Record<string, unknown>>, path: string): string {
  let value: unknown = context;
  for (const name of path.split('.')) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  }
  return value === undefined || value === null ? '' : String(value);
}

function parameterValue(
  expression: string,
  { headers, query }: Pick<RestRequest, 'headers' | 'query'>,
  context: Readonly<Record<string, unknown>>,
): string | undefined {
  const [, text] = /^'(.*)'$/s.exec(expression) ?? [];
  if (text !== undefined) return text;
  const [, kind, name = ''] =
    /^(method\.request\.header|method\.request\.querystring|context)\.(.+)$/.exec(expression) ?? [];
  if (kind === 'method.request.header') return headerOf(headers, name);
  if (kind === 'method.request.querystring') return query.get(name)?.at(-1);
  if (kind === 'context') return contextValue(context, name);
  return undefined;
}
