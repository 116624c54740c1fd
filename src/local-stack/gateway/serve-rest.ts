// A REST API, step by step as API Gateway takes them: method, throttle, authorizer, key, validation, integration.
import type { InvokeOutcome } from '../../event-source/ports.ts';
import type { IamPolicies } from '../iam-policies.ts';
import { accessLine } from './access-line.ts';
import { createAuthorize, type Decision } from './authorize.ts';
import type { GatewayEvent } from './gateway-event.ts';
import { errorOf, gatewayResponse, type HttpAnswer, type Problem } from './gateway-response.ts';
import type { IntegrationOutcome } from './integration-outcome.ts';
import { NO_BASE64, proxyAnswer, proxyEvent, sentHeaders } from './lambda-proxy.ts';
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
import { withTimeout } from './with-timeout.ts';

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
  /** Called with every request and message, for metrics; default: they are dropped. */
  readonly observe?: (event: GatewayEvent) => void;
  /** What `GET /.local/dashboards` answers, as JSON: what an operator would see in CloudWatch; default: nothing is there. */
  readonly dashboards?: () => object;
  /** Why an answer was a failure of the API's own: not in the answer, as on AWS. */
  readonly onFailure: (message: string) => void;
}

export type ServeRest = (request: RestRequest) => Promise<HttpAnswer>;

type Context = Record<string, unknown>;

export function createServeRest(api: RestApi, deps: GatewayDeps): ServeRest {
  const serving = new RestServing(api, deps);
  return (request) => serving.answer(request);
}

/** What a method's parts are judged by. */
interface Where {
  readonly request: RestRequest;
  readonly resource: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly stageVariables: Readonly<Record<string, string>>;
  readonly context: Context;
  readonly arn: string;
}

class RestServing {
  readonly #api: RestApi;
  readonly #deps: GatewayDeps;
  readonly #answers: OpenQuestions;
  readonly #throttles: ReturnType<typeof createThrottles>;
  readonly #validateBody: ReturnType<typeof createValidateBody>;
  readonly #authorize: ReturnType<typeof createAuthorize>;

  constructor(api: RestApi, deps: GatewayDeps) {
    const answers = { ...LIKELY_ANSWERS, ...deps.answers };
    this.#api = api;
    this.#deps = deps;
    this.#answers = answers;
    this.#throttles = createThrottles(api);
    this.#validateBody = createValidateBody({ models: api.models, answers });
    this.#authorize = createAuthorize({
      answers,
      nowMs: deps.nowMs,
      invoke: async ({ functionArn, invocation, id }, payload) => {
        const sourceArn = `arn:aws:execute-api:${deps.region}:${deps.accountId}:${api.id}/authorizers/${id}`;
        if (!this.#mayInvoke(functionArn, invocation, sourceArn)) {
          return {
            kind: 'not-invoked',
            reason: 'service-error',
            message: `no permission to invoke ${functionArn}`,
          };
        }
        return await deps.invoke(functionArn, payload);
      },
    });
  }

  async answer(request: RestRequest): Promise<HttpAnswer> {
    const { stage } = this.#api;
    const context = restContext(this.#api, request, this.#deps);
    const startedMs = this.#deps.nowMs();
    const answer = await this.#serve(request, context);
    const { status } = answer;
    context['status'] = status;
    const durationMs = this.#deps.nowMs() - startedMs;
    context['responseLatency'] = durationMs;
    const where = { apiName: this.#api.name, stage: stage.name };
    this.#deps.observe?.({ kind: 'request', ...where, status, durationMs });
    context['responseLength'] = Buffer.byteLength(answer.body);
    if (stage.accessLogFormat !== undefined) {
      this.#deps.onAccess(accessLine(stage.accessLogFormat, context, this.#answers));
    }
    return answer;
  }

  async #serve(asked: RestRequest, context: Context): Promise<HttpAnswer> {
    const match = matchMethod(this.#api.methods, asked);
    if (match === undefined) return this.#refuse(asked, { type: 'MISSING_AUTHENTICATION_TOKEN' }, context);
    const { method, pathParameters } = match;
    const request = { ...asked, pathParameters: decodedPath(pathParameters) };
    context['resourcePath'] = method.path;
    context['resourceId'] = method.logicalId;
    if (!this.#throttles.admits(method, this.#deps.nowMs()))
      return this.#refuse(request, { type: 'THROTTLED' }, context);

    const at = { request, resource: method.path, pathParameters, stageVariables: this.#api.stage.variables };
    const arn = methodArn(this.#deps, {
      apiId: this.#api.id,
      stage: this.#api.stage.name,
      httpMethod: request.httpMethod,
      path: request.path,
    });
    if (arn.length > MAX_METHOD_ARN) return { status: 414, headers: {}, body: '' };
    const refused =
      (await this.#admit(method, { ...at, context, arn })) ?? this.#validate(method, at, context);
    if (refused !== undefined) return refused;

    const askedMs = this.#deps.nowMs();
    const outcome = await this.#integrate(method, { ...at, context, arn });
    const latency = this.#deps.nowMs() - askedMs;
    context['integrationLatency'] = latency;
    if (outcome.kind === 'answer') {
      context['integrationStatus'] = outcome.backendStatus;
      context['integration'] = { status: outcome.backendStatus, latency };
      return outcome.answer;
    }
    this.#deps.onFailure(`integration of ${method.logicalId}: ${outcome.why}`);
    const { type, message } = outcome;
    return this.#refuse(request, { type, ...(message === undefined ? {} : { message }) }, context);
  }

  /** The authorizer, then the key. Gives an answer where the request goes no further. */
  async #admit(method: RestMethod, { context, arn, ...where }: Where): Promise<HttpAnswer | undefined> {
    const { request } = where;
    let usageKey = headerOf(request.headers, 'x-api-key');
    if (method.authorization.kind === 'authorizer') {
      const decision = await this.#authorize(method.authorization.authorizer, {
        ...where,
        requestContext: context,
        methodArn: arn,
      });
      if ('context' in decision) context['authorizer'] = decision.context;
      if (decision.kind === 'failed')
        this.#deps.onFailure(`authorizer of ${method.logicalId}: ${decision.why}`);
      if (decision.kind !== 'allowed') return this.#refuse(request, problemOf(decision), context);
      if (this.#api.apiKeySource === 'AUTHORIZER') usageKey = decision.usageKey;
    }
    if (method.apiKeyRequired) {
      const verdict =
        usageKey === undefined ? 'no-such-key' : this.#throttles.admitsKey(usageKey, this.#deps.nowMs());
      if (verdict === 'no-such-key') return this.#refuse(request, { type: 'INVALID_API_KEY' }, context);
      if (verdict === 'throttled') return this.#refuse(request, { type: 'THROTTLED' }, context);
    }
    return undefined;
  }

  #validate(
    method: RestMethod,
    { request, pathParameters }: Pick<Where, 'request' | 'pathParameters'>,
    context: Context,
  ): HttpAnswer | undefined {
    const missing = KINDS_OF_PARAMETERS.flatMap((kind) =>
      method.requiredParameters.filter(
        (name) => name.startsWith(`method.request.${kind}.`) && !hasParameter(name, request, pathParameters),
      ),
    );
    if (missing.length > 0) {
      const names = missing.map((name) => name.split('.').slice(3).join('.')).join(', ');
      const message = `Missing required request parameters: [${names}]`;
      return this.#refuse(
        request,
        { type: 'BAD_REQUEST_PARAMETERS', message, validationError: names },
        context,
      );
    }
    const model = modelFor(method, headerOf(request.headers, 'content-type'), this.#answers);
    const invalid =
      model === undefined ? undefined : this.#validateBody(model, request.body.toString('utf8'));
    if (invalid !== undefined) {
      return this.#refuse(request, { type: 'BAD_REQUEST_BODY', validationError: invalid }, context);
    }
    return undefined;
  }

  async #integrate(method: RestMethod, at: Where): Promise<IntegrationOutcome> {
    const { integration } = method;
    if (integration.kind === 'lambda-proxy') return await this.#integrateLambda(method, integration, at);
    const input = {
      body: at.request.body.toString('utf8'),
      answers: this.#answers,
      params: {
        path: at.request.pathParameters ?? {},
        querystring: singleValues(at.request.query) ?? {},
        header: singleValues(sentHeaders(at.request)) ?? {},
      },
      // One for both templates: the second finds what the first has set.
      context: templateContext(at.context),
      stageVariables: at.stageVariables,
    };
    try {
      const where = { method, request: at.request, input, answers: this.#answers };
      return integration.kind === 'mock'
        ? integrateMock(integration, where)
        : await integrateService(integration, where, this.#deps);
    } catch (error) {
      // A template that cannot be run, or asks for what is not there.
      const why = error instanceof Error ? error.message : String(error);
      return { kind: 'problem', type: 'API_CONFIGURATION_ERROR', why };
    }
  }

  async #integrateLambda(
    method: RestMethod,
    integration: Extract<RestMethod['integration'], { readonly kind: 'lambda-proxy' }>,
    at: Where,
  ): Promise<IntegrationOutcome> {
    if (!this.#mayInvoke(integration.functionArn, integration.invocation, at.arn)) {
      return {
        kind: 'problem',
        type: 'API_CONFIGURATION_ERROR',
        why: `no permission to invoke ${integration.functionArn}`,
      };
    }
    const { binaryMediaTypes } = this.#api;
    const event = proxyEvent({ ...at, requestContext: at.context, binaryMediaTypes });
    const outcome = await withTimeout(
      this.#deps.invoke(integration.functionArn, JSON.stringify(event)),
      integration.timeoutMs,
    );
    if (outcome === 'timed-out')
      return { kind: 'problem', type: 'INTEGRATION_TIMEOUT', why: 'no answer in time' };
    const accept = headerOf(at.request.headers, 'accept');
    const answer = proxyAnswer(outcome, { accept, binaryMediaTypes, answers: this.#answers });
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
    this.#deps.onFailure(`integration of ${method.logicalId}: ${answer}`);
    const status = answer === NO_BASE64 ? 500 : 502;
    return {
      kind: 'answer',
      backendStatus: status,
      answer: this.#refuse(at.request, { type: 'DEFAULT_5XX', status }, at.context),
    };
  }

  #refuse(request: RestRequest, problem: Problem, context: Context): HttpAnswer {
    context['error'] = errorOf(problem);
    return gatewayResponse(this.#api, problem, { request, context, answers: this.#answers });
  }

  #mayInvoke(functionArn: string, right: InvocationRight, sourceArn: string): boolean {
    return rightToInvoke(this.#deps.policies, { functionArn, right, sourceArn });
  }
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

/** In the order in which missing ones are told. */
const KINDS_OF_PARAMETERS = ['header', 'path', 'querystring'] as const;

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
  return decodeSegment(pathParameters[parameter] ?? '').trim() !== '';
}

/** As templates read them. */
function decodedPath(parameters: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, decodeSegment(value)]));
}
