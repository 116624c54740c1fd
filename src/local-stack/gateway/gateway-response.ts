// Answers that API Gateway gives itself: refusals and failures, in the form that the template gives them.
import type { OpenQuestions } from './open-questions.ts';
import { mergeHeaders, remapHeaders } from './remap-headers.ts';
import type { RestApi } from './rest-api.ts';
import { headerOf, type RestRequest } from './rest-request.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Buffer;
}

interface Standard {
  readonly status: number;
  /** Null: the body's message is null. */
  readonly message: string | null;
  /** The value of the header x-amzn-ErrorType. */
  readonly errorType: string;
}

const INTERNAL = { status: 500, message: 'Internal server error', errorType: 'InternalServerErrorException' };

const STANDARD = {
  ACCESS_DENIED: {
    status: 403,
    message: 'User is not authorized to access this resource',
    errorType: 'AccessDeniedException',
  },
  API_CONFIGURATION_ERROR: INTERNAL,
  AUTHORIZER_CONFIGURATION_ERROR: {
    status: 500,
    message: null,
    errorType: 'AuthorizerConfigurationException',
  },
  AUTHORIZER_FAILURE: { status: 500, message: null, errorType: 'AuthorizerFailureException' },
  BAD_REQUEST_BODY: { status: 400, message: 'Invalid request body', errorType: 'BadRequestException' },
  BAD_REQUEST_PARAMETERS: {
    status: 400,
    message: 'Missing required request parameters',
    errorType: 'BadRequestException',
  },
  DEFAULT_4XX: { status: 400, message: 'Bad Request', errorType: 'BadRequestException' },
  DEFAULT_5XX: INTERNAL,
  EXPIRED_TOKEN: {
    status: 403,
    message: 'The security token is expired',
    errorType: 'ExpiredTokenException',
  },
  // Listed as 504; it answers 500.
  INTEGRATION_FAILURE: INTERNAL,
  INTEGRATION_TIMEOUT: {
    status: 504,
    message: 'Endpoint request timed out',
    errorType: 'InternalServerErrorException',
  },
  INVALID_API_KEY: { status: 403, message: 'Forbidden', errorType: 'ForbiddenException' },
  INVALID_SIGNATURE: { status: 403, message: 'Invalid signature', errorType: 'InvalidSignatureException' },
  MISSING_AUTHENTICATION_TOKEN: {
    status: 403,
    message: 'Missing Authentication Token',
    errorType: 'MissingAuthenticationTokenException',
  },
  QUOTA_EXCEEDED: { status: 429, message: 'Limit Exceeded', errorType: 'LimitExceededException' },
  REQUEST_TOO_LARGE: { status: 413, message: 'Request Too Long', errorType: 'RequestTooLargeException' },
  RESOURCE_NOT_FOUND: { status: 404, message: 'Not found', errorType: 'NotFoundException' },
  THROTTLED: { status: 429, message: 'Too Many Requests', errorType: 'TooManyRequestsException' },
  UNAUTHORIZED: { status: 401, message: 'Unauthorized', errorType: 'UnauthorizedException' },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    message: 'Unsupported Media Type',
    errorType: 'BadRequestException',
  },
  WAF_FILTERED: { status: 403, message: 'Forbidden', errorType: 'ForbiddenException' },
} as const satisfies Readonly<Record<string, Standard>>;

export type GatewayResponseType = keyof typeof STANDARD;

export const isGatewayResponseType = (type: string): type is GatewayResponseType =>
  Object.hasOwn(STANDARD, type);

export interface Problem {
  readonly type: GatewayResponseType;
  /** In place of the type's own. */
  readonly message?: string;
  readonly validationError?: string;
  /** In place of the type's own, where no gateway response names another. */
  readonly status?: number;
}

export type GatewayRequest = Pick<RestRequest, 'headers' | 'query' | 'requestId' | 'pathParameters'>;

/** `$context.error` */
export function errorOf(problem: Problem): Readonly<Record<string, string | null>> {
  const message = problem.message ?? STANDARD[problem.type].message;
  return {
    message,
    messageString: JSON.stringify(message),
    responseType: problem.type,
    validationErrorString: problem.validationError ?? '',
  };
}

/** A template of the API's own for the type, else for its class, else API Gateway's. */
export function gatewayResponse(
  { gatewayResponses, stage }: Pick<RestApi, 'gatewayResponses' | 'stage'>,
  problem: Problem,
  {
    request,
    context,
    answers,
  }: {
    readonly request: GatewayRequest;
    readonly context: Readonly<Record<string, unknown>>;
    readonly answers: OpenQuestions;
  },
): HttpAnswer {
  const standard: Standard = STANDARD[problem.type];
  const own =
    problem.type === 'REQUEST_TOO_LARGE'
      ? undefined // no API can say this in words of its own
      : (gatewayResponses.get(problem.type) ??
        gatewayResponses.get(standard.status < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX'));
  const variables = {
    context: { ...context, error: errorOf(problem) },
    stageVariables: stage.variables,
    request,
  };
  const headers = Object.entries(own?.parameters ?? {}).flatMap(([name, value]) => {
    const given = parameterValue(value, variables);
    return given === undefined ? [] : [[name.replace('gatewayresponse.header.', ''), given] as const];
  });
  const member = problem.type === 'ACCESS_DENIED' ? 'Message' : 'message';
  const template = own?.templates.get('application/json') ?? `{"${member}":$context.error.messageString}`;
  const { retryAfterSeconds, remapsGatewayResponses } = answers;
  const retryAfter =
    standard.status === 429 && retryAfterSeconds !== undefined
      ? { 'Retry-After': String(retryAfterSeconds) }
      : {};
  const given = Object.fromEntries(headers);
  return {
    status: own?.statusCode ?? problem.status ?? standard.status,
    headers: mergeHeaders(
      {
        'Content-Type': 'application/json',
        'x-amzn-RequestId': request.requestId,
        'x-amz-apigw-id': request.requestId,
        'x-amzn-ErrorType': standard.errorType,
        ...retryAfter,
      },
      remapsGatewayResponses ? remapHeaders(given) : given,
    ),
    body: substitute(template, variables, answers),
  };
}

interface Variables {
  readonly context: Readonly<Record<string, unknown>>;
  readonly stageVariables: Readonly<Record<string, string>>;
  readonly request: GatewayRequest;
}

/** These templates are no VTL: variables are put in, and that is all. */
function substitute(
  template: string,
  variables: Variables,
  { escapesValidationMessage }: OpenQuestions,
): string {
  return template.replace(VARIABLE, (_, braced?: string, bare?: string) => {
    const name = braced ?? bare ?? '';
    const value = variableOf(name, variables) ?? '';
    const escapes = escapesValidationMessage && name === 'context.error.validationErrorString';
    return escapes ? JSON.stringify(value).slice(1, -1) : value;
  });
}

const NAME = String.raw`(?:context|stageVariables|method\.request\.(?:header|querystring|path))\.\w(?:[\w.-]*\w)?`;
const VARIABLE = new RegExp(String.raw`\$\{(${NAME})\}|\$(${NAME})`, 'g');

/** A variable of the context by its dotted name; empty where there is none. */
export function contextValue(context: Readonly<Record<string, unknown>>, path: string): string {
  let value: unknown = context;
  for (const name of path.split('.')) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  }
  return value === undefined || value === null ? '' : String(value);
}

function variableOf(name: string, { context, stageVariables, request }: Variables): string | undefined {
  const [, kind, rest = ''] =
    /^(context|stageVariables|method\.request\.(?:header|querystring|path))\.(.+)$/.exec(name) ?? [];
  switch (kind) {
    case 'context':
      return contextValue(context, rest);
    case 'stageVariables':
      return stageVariables[rest];
    case 'method.request.header':
      return headerOf(request.headers, rest);
    case 'method.request.querystring':
      return request.query.get(rest)?.at(-1);
    case 'method.request.path':
      return request.pathParameters?.[rest];
    default:
      return undefined;
  }
}

/** What a header of a gateway response may be made of. */
export const isGatewayParameter = (expression: string): boolean =>
  /^'.*'$/s.test(expression) || new RegExp(`^${NAME}$`).test(expression);

const parameterValue = (expression: string, variables: Variables): string | undefined =>
  /^'(.*)'$/s.exec(expression)?.[1] ?? variableOf(expression, variables);
