// An integration with a service of AWS, no function between: request template, call by the integration's role,
// response template. And mocks, which answer what their request template says.
import type { IamPolicies } from '../iam-policies.ts';
import { isObject } from '../property.ts';
import type { GatewayResponseType } from './gateway-response.ts';
import { BodyNotJson } from './input-variable.ts';
import type { IntegrationOutcome, IntegrationRequest } from './integration-outcome.ts';
import { parseLenientJson } from './lenient-json.ts';
import { mapAnswer } from './map-answer.ts';
import { renderTemplate, type TemplateInput } from './mapping-template.ts';
import { mediaType } from './media-type.ts';
import { isForbiddenToBackend } from './remap-headers.ts';
import type { Integration, Mapped } from './rest-api.ts';
import { headerOf, type RestRequest } from './rest-request.ts';
import type { CallService, ServiceAnswer } from './service-endpoint.ts';
import type { Overrides } from './template-context.ts';
import { numberOf } from './vtl/java-values.ts';

export interface ServiceIntegrationDeps {
  readonly callService: CallService;
  readonly policies: IamPolicies;
  readonly region: string;
  readonly accountId: string;
}

export async function integrateService(
  integration: Integration & { readonly kind: 'aws-service' },
  at: IntegrationRequest,
  deps: ServiceIntegrationDeps,
): Promise<IntegrationOutcome> {
  const asked = backendRequest(integration, at);
  if (asked.kind === 'problem') return asked;
  const { body, overrides } = asked;
  const headers = {
    ...requestHeaders(integration, at.request, at.input.params.path),
    ...lowerCase(overrides?.request.header ?? {}),
  };
  const forbidden = Object.keys(headers).find(isForbiddenToBackend);
  if (forbidden !== undefined) return problem('API_CONFIGURATION_ERROR', `${forbidden} is the service's own`);
  const { service, action, roleArn } = integration;
  let answer: ServiceAnswer;
  try {
    const denied = denial({ service, action, roleArn, body }, deps);
    if (denied === 'not-trusted') {
      return problem('API_CONFIGURATION_ERROR', `apigateway.amazonaws.com may not take the role ${roleArn}`);
    }
    const signal = AbortSignal.timeout(integration.timeoutMs);
    answer = denied ?? (await deps.callService({ service, action, headers, body, signal }));
  } catch (error) {
    const why = error instanceof Error ? `${error.message} ${String(error.cause ?? '')}` : String(error);
    const timedOut = error instanceof Error && error.name === 'TimeoutError';
    return problem(timedOut ? 'INTEGRATION_TIMEOUT' : 'INTEGRATION_FAILURE', why);
  }
  const outcome = mapAnswer(integration, answer, at);
  if (outcome.kind === 'problem') return outcome;
  const traced = { ...outcome.answer.headers, 'X-Amzn-Trace-Id': `Root=${at.request.requestId}` };
  return { ...outcome, answer: { ...outcome.answer, headers: traced } };
}

/** A mock answers what its request template says: `{"statusCode": 200}`. */
export function integrateMock(
  integration: Integration & { readonly kind: 'mock' },
  at: IntegrationRequest,
): IntegrationOutcome {
  const asked = backendRequest(integration, at);
  if (asked.kind === 'problem') return asked;
  const said = parseLenientJson(asked.body === '' ? '{}' : asked.body);
  const status = said instanceof Map ? numberOf(said.get('statusCode')) : undefined;
  if (status === undefined || !Number.isInteger(status)) {
    return problem('API_CONFIGURATION_ERROR', 'the mock says no statusCode, or none that is a number');
  }
  return mapAnswer(integration, { status, body: '' }, at);
}

type BackendRequest =
  | { readonly kind: 'request'; readonly body: string; readonly overrides: Overrides | undefined }
  | (IntegrationOutcome & { readonly kind: 'problem' });

function backendRequest(integration: Mapped, { request, input }: IntegrationRequest): BackendRequest {
  const contentType = mediaType(headerOf(request.headers, 'content-type'));
  const template = integration.requestTemplates.get(contentType);
  if (template !== undefined) return fromTemplate(template, input);
  const passes =
    integration.passthrough === 'WHEN_NO_MATCH' ||
    (integration.passthrough === 'WHEN_NO_TEMPLATES' && integration.requestTemplates.size === 0);
  if (!passes) return problem('UNSUPPORTED_MEDIA_TYPE', 'no template for the content type');
  return { kind: 'request', body: input.body, overrides: undefined };
}

function fromTemplate(template: string, input: TemplateInput): BackendRequest {
  try {
    const { text, ...overrides } = renderTemplate(template, input);
    return { kind: 'request', body: text, overrides };
  } catch (error) {
    if (!(error instanceof BodyNotJson)) throw error;
    return { kind: 'problem', type: 'BAD_REQUEST_BODY', why: error.message, message: error.message };
  }
}

/** From a text in quotes, or from the request's headers, query or path. */
function requestHeaders(
  { requestParameters }: Mapped,
  { headers, query }: RestRequest,
  pathParameters: Readonly<Record<string, string>>,
): Record<string, string> {
  const mapped: Record<string, string> = {};
  for (const [name, value] of Object.entries(requestParameters)) {
    const [, text] = /^'(.*)'$/s.exec(value) ?? [];
    const [, kind, from = ''] = /^method\.request\.(header|querystring|path)\.(.+)$/.exec(value) ?? [];
    const given =
      text ??
      (kind === 'header'
        ? headerOf(headers, from)
        : kind === 'querystring'
          ? query.get(from)?.at(-1)
          : pathParameters[from]);
    if (given !== undefined) mapped[name.replace('integration.request.header.', '').toLowerCase()] = given;
  }
  return mapped;
}

const lowerCase = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

function denial(
  call: {
    readonly service: string;
    readonly action: string;
    readonly roleArn: string;
    readonly body: string;
  },
  { policies, region, accountId }: ServiceIntegrationDeps,
): ServiceAnswer | 'not-trusted' | undefined {
  const action = `${call.service}:${call.action}`;
  const resourceArn = resourceOf(call, `arn:aws:${call.service}:${region}:${accountId}`);
  // What names no resource is for the service to refuse.
  if (resourceArn === undefined) return undefined;
  const request = { roleArn: call.roleArn, service: 'apigateway.amazonaws.com', action, resourceArn };
  const verdict = policies.roleAllows(request);
  if (verdict === 'allowed') return undefined;
  if (verdict === 'not-trusted') return verdict;
  const role = call.roleArn.split('/').at(-1);
  const message = `User: arn:aws:sts::${accountId}:assumed-role/${role}/BackplaneAssumeRoleSession is not authorized to perform: ${action} on resource: ${resourceArn} because no identity-based policy allows the ${action} action`;
  return { status: 400, body: JSON.stringify({ __type: 'AccessDeniedException', message }) };
}

function resourceOf({ service, body }: { readonly service: string; readonly body: string }, prefix: string) {
  let request: unknown;
  try {
    request = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (!isObject(request) || service !== 'kinesis') return undefined;
  if (typeof request['StreamARN'] === 'string') return request['StreamARN'];
  return typeof request['StreamName'] === 'string' ? `${prefix}:stream/${request['StreamName']}` : undefined;
}

function problem(type: GatewayResponseType, why: string): IntegrationOutcome & { readonly kind: 'problem' } {
  return { kind: 'problem', type, why };
}
