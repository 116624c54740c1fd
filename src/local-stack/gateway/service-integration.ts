// An integration with a service of AWS, no function between: request template, call by the integration's role,
// response template.
import type { IamPolicies } from '../iam-policies.ts';
import { isObject } from '../property.ts';
import type { GatewayResponseType, HttpAnswer } from './gateway-response.ts';
import { type Rendered, renderTemplate, type TemplateInput } from './mapping-template.ts';
import type { Integration, IntegrationResponse, Mapped, RestMethod } from './rest-api.ts';
import { headerOf, type RestRequest } from './rest-request.ts';
import type { CallService, ServiceAnswer } from './service-endpoint.ts';

export type IntegrationOutcome =
  | { readonly kind: 'answer'; readonly answer: HttpAnswer; readonly backendStatus: number }
  | { readonly kind: 'problem'; readonly type: GatewayResponseType; readonly why: string };

export interface ServiceIntegrationDeps {
  readonly callService: CallService;
  readonly policies: IamPolicies;
  readonly region: string;
  readonly accountId: string;
}

export interface IntegrationRequest {
  readonly method: RestMethod;
  readonly request: RestRequest;
  readonly input: TemplateInput;
}

export async function integrateService(
  integration: Integration & { readonly kind: 'aws-service' },
  at: IntegrationRequest,
  deps: ServiceIntegrationDeps,
): Promise<IntegrationOutcome> {
  const body = requestBody(integration, at);
  if (body === undefined) return problem('UNSUPPORTED_MEDIA_TYPE', 'no template for the content type');
  const { service, action, roleArn } = integration;
  let answer: ServiceAnswer;
  try {
    const denied = denial({ service, action, roleArn, body }, deps);
    if (denied === 'not-trusted') {
      return problem('API_CONFIGURATION_ERROR', `apigateway.amazonaws.com may not take the role ${roleArn}`);
    }
    answer =
      denied ??
      (await deps.callService({
        service,
        action,
        headers: requestHeaders(integration, at.request),
        body,
        signal: AbortSignal.timeout(integration.timeoutMs),
      }));
  } catch (error) {
    const why = error instanceof Error ? `${error.message} ${String(error.cause ?? '')}` : String(error);
    const timedOut = error instanceof Error && error.name === 'TimeoutError';
    return problem(timedOut ? 'INTEGRATION_TIMEOUT' : 'INTEGRATION_FAILURE', why);
  }
  return mapAnswer(integration, answer, at);
}

/** A mock answers what its request template says: `{"statusCode": 200}`. */
export function integrateMock(
  integration: Integration & { readonly kind: 'mock' },
  at: IntegrationRequest,
): IntegrationOutcome {
  const body = requestBody(integration, at);
  if (body === undefined) return problem('UNSUPPORTED_MEDIA_TYPE', 'no template for the content type');
  const said: unknown = JSON.parse(body === '' ? '{}' : body);
  const status = isObject(said) ? Number(said['statusCode']) : Number.NaN;
  if (!Number.isInteger(status)) return problem('API_CONFIGURATION_ERROR', 'the mock says no statusCode');
  return mapAnswer(integration, { status, body: '' }, at);
}

/** Undefined: 415. */
function requestBody(integration: Mapped, { request, input }: IntegrationRequest): string | undefined {
  const contentType = mediaType(headerOf(request.headers, 'content-type'));
  const template = integration.requestTemplates.get(contentType);
  if (template !== undefined) return renderTemplate(template, input).text;
  const passes =
    integration.passthrough === 'WHEN_NO_MATCH' ||
    (integration.passthrough === 'WHEN_NO_TEMPLATES' && integration.requestTemplates.size === 0);
  return passes ? input.body : undefined;
}

/** Without parameters such as charset; API Gateway takes JSON where nothing is said. */
export function mediaType(contentType: string | undefined): string {
  return (contentType ?? 'application/json').split(';')[0]?.trim().toLowerCase() ?? '';
}

function requestHeaders({ requestParameters }: Mapped, { headers }: RestRequest): Record<string, string> {
  const mapped: Record<string, string> = {};
  for (const [name, value] of Object.entries(requestParameters)) {
    const [, header] = /^integration\.request\.header\.(.+)$/.exec(name) ?? [];
    const [, text] = /^'(.*)'$/s.exec(value) ?? [];
    const [, from] = /^method\.request\.header\.(.+)$/.exec(value) ?? [];
    const given = text ?? (from === undefined ? undefined : headerOf(headers, from));
    if (header === undefined || (text === undefined && from === undefined)) {
      throw new Error(`request parameter ${name}: found ${value}, expected a header from a text or a header`);
    }
    if (given !== undefined) mapped[header.toLowerCase()] = given;
  }
  return mapped;
}

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

function mapAnswer(
  integration: Mapped,
  answer: ServiceAnswer,
  { method, request, input }: IntegrationRequest,
): IntegrationOutcome {
  const response = chooseResponse(integration.responses, answer.status);
  if (response === undefined) {
    return problem('API_CONFIGURATION_ERROR', `no integration response for the status ${answer.status}`);
  }
  const template = response.templates.get('application/json');
  const rendered: Pick<Rendered, 'text' | 'status' | 'headers'> =
    template === undefined
      ? { text: answer.body, status: undefined, headers: {} }
      : renderTemplate(template, { ...input, body: answer.body });
  const declared = method.responses.get(response.statusCode);
  if (declared === undefined) {
    return problem('API_CONFIGURATION_ERROR', `no method response for the status ${response.statusCode}`);
  }
  const headers: Record<string, string> = { 'Content-Type': 'application/json' };
  for (const [name, value] of Object.entries(response.parameters)) {
    if (!declared.has(name)) return problem('API_CONFIGURATION_ERROR', `${name} is not declared`);
    const [, text] = /^'(.*)'$/s.exec(value) ?? [];
    if (text === undefined)
      return problem('API_CONFIGURATION_ERROR', `${name}: found ${value}, expected a text`);
    headers[name.replace('method.response.header.', '')] = text;
  }
  return {
    kind: 'answer',
    backendStatus: answer.status,
    answer: {
      status: rendered.status ?? Number(response.statusCode),
      headers: { ...headers, 'x-amzn-RequestId': request.requestId, ...rendered.headers },
      body: rendered.text,
    },
  };
}

/** The first whose pattern fits the whole status, else the default one. */
function chooseResponse(responses: readonly IntegrationResponse[], status: number) {
  return (
    responses.find(
      ({ selectionPattern }) =>
        selectionPattern !== undefined && new RegExp(`^(?:${selectionPattern})$`).test(String(status)),
    ) ?? responses.find(({ selectionPattern }) => selectionPattern === undefined)
  );
}

function problem(type: GatewayResponseType, why: string): IntegrationOutcome {
  return { kind: 'problem', type, why };
}
