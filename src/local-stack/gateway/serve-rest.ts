// A REST API, step by step as API Gateway takes them: method, throttle, authorizer, key, validation, integration.
import type { InvokeOutcome } from '../../event-source/ports.ts';
import type { IamPolicies } from '../iam-policies.ts';
import { accessLine } from './access-line.ts';
import { createAuthorize, type Decision } from './authorize.ts';
import type { GatewayEvent } from './gateway-event.ts';
import { gatewayResponse, type HttpAnswer, type Problem } from './gateway-response.ts';
import type { IntegrationOutcome } from './integration-outcome.ts';
import { proxyAnswer, proxyEvent } from './lambda-proxy.ts';
import { decodeSegment, matchMethod } from './match-method.ts';
import { mediaType } from './media-type.ts';
import { methodArn } from './method-arn.ts';
import { LIKELY_ANSWERS, type OpenQuestions } from './open-questions.ts';
import type { InvocationRight, RestApi, RestMethod } from './rest-api.ts';
import { restContext } from './rest-context.ts';
import { headerOf, type RestRequest, singleValues } from './rest-request.ts';
import type { CallService } from './service-endpoint.ts';
import { integrateMock, integrateService } from './service-integration.ts';
import { templateContext } from './template-context.ts';
import { createThrottles } from './throttles.ts';
import { createValidateBody } from './validate-body.ts';

export interface GatewayDeps {
  readonly invoke: (functionArn: string, payload: string) => Promise<InvokeOutcome>;
  readonly callService: CallService;
  readonly policies: IamPolicies;
  /** To what is not known of the service; the likely ones where nothing is said. */
  readonly answers?: Partial<OpenQuestions>;
  readonly region: string;
  readonly accountId: string;
  readonly nowMs: () => number;
  /** Request and connection ids, each different. */
  readonly newId: () => string;
  /** The access log. */
  readonly onAccess: (line: string) => void;
  /** Every request and message, for metrics; default: nobody hears. */
  readonly observe?: (event: GatewayEvent) => void;
  /** Why an answer was a failure of the API's own: not in the answer, as on AWS. */
  readonly onFailure: (message: string) => void;
}

export type ServeRest = (request: RestRequest) => Promise<HttpAnswer>;

type Context = Record<string, unknown>;

export function createServeRest(api: RestApi, deps: GatewayDeps): ServeRest {
  const answers = { ...LIKELY_ANSWERS, ...deps.answers };
  const throttles = createThrottles(api);
  const validateBody = createValidateBody({ models: api.models, answers });
  const mayInvoke = (functionArn: string, right: InvocationRight, sourceArn: string) =>
    rightToInvoke(deps.policies, { functionArn, right, sourceArn });
  const authorize = createAuthorize({
    answers,
    nowMs: deps.nowMs,
    invoke: async ({ functionArn, invocation, id }, payload) => {
      const sourceArn = `arn:aws:execute-api:${deps.region}:${deps.accountId}:${api.id}/authorizers/${id}`;
      if (!mayInvoke(functionArn, invocation, sourceArn)) {
        return {
          kind: 'not-invoked',
          reason: 'service-error',
          message: `no permission to invoke ${functionArn}`,
        };
      }
      return await deps.invoke(functionArn, payload);
    },
  });

  const refuse = (request: RestRequest, problem: Problem, context: Context): HttpAnswer => {
    context['error'] = { responseType: problem.type };
    return gatewayResponse(api, problem, { request, context, answers });
  };

  const serve = async (request: RestRequest, context: Context): Promise<HttpAnswer> => {
    const match = matchMethod(api.methods, request);
    if (match === undefined) return refuse(request, { type: 'MISSING_AUTHENTICATION_TOKEN' }, context);
    const { method, pathParameters } = match;
    context['resourcePath'] = method.path;
    context['resourceId'] = method.logicalId;
    if (!throttles.admits(method, deps.nowMs())) return refuse(request, { type: 'THROTTLED' }, context);

    const at = { request, resource: method.path, pathParameters, stageVariables: api.stage.variables };
    const arn = methodArn(deps, {
      apiId: api.id,
      stage: api.stage.name,
      httpMethod: request.httpMethod,
      path: request.path,
    });
    if (arn.length > MAX_METHOD_ARN) return { status: 414, headers: {}, body: '' };
    let usageKey = headerOf(request.headers, 'x-api-key');
    if (method.authorization.kind === 'authorizer') {
      const decision = await authorize(method.authorization.authorizer, {
        ...at,
        requestContext: context,
        methodArn: arn,
      });
      if ('context' in decision) context['authorizer'] = decision.context;
      if (decision.kind === 'failed') deps.onFailure(`authorizer of ${method.logicalId}: ${decision.why}`);
      if (decision.kind !== 'allowed') return refuse(request, problemOf(decision), context);
      if (api.apiKeySource === 'AUTHORIZER') usageKey = decision.usageKey;
    }
    if (method.apiKeyRequired) {
      const verdict = usageKey === undefined ? 'no-such-key' : throttles.admitsKey(usageKey, deps.nowMs());
      if (verdict === 'no-such-key') return refuse(request, { type: 'INVALID_API_KEY' }, context);
      if (verdict === 'throttled') return refuse(request, { type: 'THROTTLED' }, context);
    }
    const missing = method.requiredParameters.filter((name) => !hasParameter(name, request, pathParameters));
    if (missing.length > 0) {
      const names = missing.map((name) => name.split('.').slice(3).join('.')).join(', ');
      const message = `Missing required request parameters: [${names}]`;
      return refuse(request, { type: 'BAD_REQUEST_PARAMETERS', message, validationError: names }, context);
    }
    const model = modelFor(method, headerOf(request.headers, 'content-type'), answers);
    const invalid = model === undefined ? undefined : validateBody(model, request.body.toString('utf8'));
    if (invalid !== undefined) {
      return refuse(request, { type: 'BAD_REQUEST_BODY', validationError: invalid }, context);
    }

    const outcome = await integrate(method, { ...at, context, arn });
    if (outcome.kind === 'answer') {
      context['integrationStatus'] = outcome.backendStatus;
      context['integration'] = { status: outcome.backendStatus };
      return outcome.answer;
    }
    deps.onFailure(`integration of ${method.logicalId}: ${outcome.why}`);
    const { type, message } = outcome;
    return refuse(request, { type, ...(message === undefined ? {} : { message }) }, context);
  };

  const integrate = async (
    method: RestMethod,
    at: {
      readonly request: RestRequest;
      readonly resource: string;
      readonly pathParameters: Readonly<Record<string, string>>;
      readonly stageVariables: Readonly<Record<string, string>>;
      readonly context: Context;
      readonly arn: string;
    },
  ): Promise<IntegrationOutcome> => {
    const { integration } = method;
    if (integration.kind === 'lambda-proxy') {
      if (!mayInvoke(integration.functionArn, integration.invocation, at.arn)) {
        return {
          kind: 'problem',
          type: 'API_CONFIGURATION_ERROR',
          why: `no permission to invoke ${integration.functionArn}`,
        };
      }
      const { binaryMediaTypes } = api;
      const event = proxyEvent({ ...at, requestContext: at.context, binaryMediaTypes });
      const outcome = await withTimeout(
        deps.invoke(integration.functionArn, JSON.stringify(event)),
        integration.timeoutMs,
      );
      if (outcome === 'timed-out')
        return { kind: 'problem', type: 'INTEGRATION_TIMEOUT', why: 'no answer in time' };
      const accept = headerOf(at.request.headers, 'accept');
      const answer = proxyAnswer(outcome, { accept, binaryMediaTypes, answers });
      if (typeof answer !== 'string') {
        return {
          kind: 'answer',
          backendStatus: 200,
          answer: {
            ...answer,
            headers: {
              ...answer.headers,
              'x-amzn-RequestId': at.request.requestId,
              'x-amz-apigw-id': at.request.requestId,
              'X-Amzn-Trace-Id': `Root=${at.request.requestId}`,
            },
          },
        };
      }
      deps.onFailure(`integration of ${method.logicalId}: ${answer}`);
      return {
        kind: 'answer',
        backendStatus: 502,
        answer: refuse(at.request, { type: 'DEFAULT_5XX', status: 502 }, at.context),
      };
    }
    const input = {
      body: at.request.body.toString('utf8'),
      answers,
      params: {
        path: decodedPath(at.pathParameters),
        querystring: singleValues(at.request.query) ?? {},
        header: singleValues(at.request.headers) ?? {},
      },
      // One for both templates: the second finds what the first has set.
      context: templateContext(at.context),
      stageVariables: at.stageVariables,
    };
    try {
      const where = { method, request: at.request, input, answers };
      return integration.kind === 'mock'
        ? integrateMock(integration, where)
        : await integrateService(integration, where, deps);
    } catch (error) {
      // A template that cannot be run, or asks for what is not there.
      const why = error instanceof Error ? error.message : String(error);
      return { kind: 'problem', type: 'API_CONFIGURATION_ERROR', why };
    }
  };

  return async (request) => {
    const context = restContext(api, request, deps);
    const startedMs = deps.nowMs();
    const answer = await serve(request, context);
    context['status'] = answer.status;
    const durationMs = deps.nowMs() - startedMs;
    context['responseLatency'] = durationMs;
    const { status } = answer;
    deps.observe?.({ kind: 'request', apiName: api.name, stage: api.stage.name, status, durationMs });
    context['responseLength'] = Buffer.byteLength(answer.body);
    if (api.stage.accessLogFormat !== undefined) {
      deps.onAccess(accessLine(api.stage.accessLogFormat, context, answers));
    }
    return answer;
  };
}

/** The service's limit for a method's ARN, which has the path in it. */
const MAX_METHOD_ARN = 1_600;

function problemOf(decision: Exclude<Decision, { readonly kind: 'allowed' }>): Problem {
  switch (decision.kind) {
    case 'unauthorized':
      return { type: 'UNAUTHORIZED' };
    case 'denied':
      return decision.explicitly
        ? {
            type: 'ACCESS_DENIED',
            message: 'User is not authorized to access this resource with an explicit deny',
          }
        : { type: 'ACCESS_DENIED' };
    case 'failed':
      // Not AUTHORIZER_FAILURE, whatever failed.
      return { type: 'AUTHORIZER_CONFIGURATION_ERROR' };
  }
}

function modelFor(
  { models }: RestMethod,
  contentType: string | undefined,
  { modelIgnoresCharset, jsonModelForAll }: OpenQuestions,
): object | undefined {
  const type = modelIgnoresCharset
    ? mediaType(contentType)
    : (contentType ?? 'application/json').toLowerCase();
  return (
    models.get(type) ??
    models.get('$default') ??
    (jsonModelForAll ? models.get('application/json') : undefined)
  );
}

export function rightToInvoke(
  policies: IamPolicies,
  request: { readonly functionArn: string; readonly right: InvocationRight; readonly sourceArn: string },
): boolean {
  const { functionArn, right, sourceArn } = request;
  const service = 'apigateway.amazonaws.com';
  if (right.kind === 'function-permission')
    return policies.functionAllows({ functionArn, service, sourceArn });
  const action = 'lambda:InvokeFunction';
  return (
    policies.roleAllows({ roleArn: right.roleArn, service, action, resourceArn: functionArn }) === 'allowed'
  );
}

function hasParameter(
  name: string,
  { headers, query }: RestRequest,
  pathParameters: Readonly<Record<string, string>>,
): boolean {
  const [, , kind = '', ...rest] = name.split('.');
  const parameter = rest.join('.');
  // Blank is missing.
  if (kind === 'header') return (headerOf(headers, parameter) ?? '').trim() !== '';
  if (kind === 'querystring') return (query.get(parameter)?.at(-1) ?? '').trim() !== '';
  return pathParameters[parameter] !== undefined;
}

async function withTimeout<T>(work: Promise<T>, ms: number): Promise<T | 'timed-out'> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<'timed-out'>((resolve) => {
    timer = setTimeout(() => resolve('timed-out'), ms);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** As templates read them. */
function decodedPath(parameters: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, decodeSegment(value)]));
}
