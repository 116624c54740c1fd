// A backend's answer as the method's: the integration response that fits, its template, its headers.
import { contextValue } from './gateway-response.ts';
import type { IntegrationOutcome, IntegrationRequest } from './integration-outcome.ts';
import { javaAtPath } from './json-path.ts';
import { parseLenientJson } from './lenient-json.ts';
import { type Rendered, renderTemplate } from './mapping-template.ts';
import type { OpenQuestions } from './open-questions.ts';
import { mergeHeaders, remapHeaders } from './remap-headers.ts';
import type { IntegrationResponse, Mapped } from './rest-api.ts';
import { headerOf } from './rest-request.ts';
import type { ServiceAnswer } from './service-endpoint.ts';
import { readOverrides } from './template-context.ts';
import { javaMatches, javaRegex } from './vtl/java-regex.ts';
import { printJava, toJava } from './vtl/java-values.ts';

export function mapAnswer(
  integration: Mapped,
  answer: ServiceAnswer,
  at: IntegrationRequest,
): IntegrationOutcome {
  const { request, input } = at;
  const response = chooseResponse(integration.responses, answer.status, at.answers);
  if (response === undefined) return misconfigured(`no integration response for the status ${answer.status}`);
  const template = templateFor(response, headerOf(request.headers, 'accept'));
  const rendered: Pick<Rendered, 'text' | 'status' | 'headers'> =
    template === undefined
      ? { text: answer.body, ...readOverrides(input.context) }
      : renderTemplate(template, { ...input, body: answer.body });
  const headers: Record<string, string> = { 'Content-Type': 'application/json' };
  for (const [name, value] of Object.entries(response.parameters)) {
    const given = valueOfParameter(value, answer, at);
    if (given !== undefined) headers[name.replace('method.response.header.', '')] = given;
  }
  return {
    kind: 'answer',
    backendStatus: answer.status,
    answer: {
      status: rendered.status ?? Number(response.statusCode),
      headers: mergeHeaders(remapHeaders(mergeHeaders(headers, rendered.headers)), {
        'x-amzn-RequestId': request.requestId,
        'x-amz-apigw-id': request.requestId,
      }),
      body: rendered.text,
    },
  };
}

/** Without a pattern, or with an empty one, it is the default: for what no other fits. */
function chooseResponse(
  responses: readonly IntegrationResponse[],
  status: number,
  { selectionFits, selectionTakes }: OpenQuestions,
): IntegrationResponse | undefined {
  const fitting = responses.filter(
    ({ selectionPattern }) =>
      selectionPattern !== '' && fits(selectionPattern, String(status), selectionFits),
  );
  const chosen = selectionTakes === 'first' ? fitting[0] : fitting.at(-1);
  return chosen ?? responses.find(({ selectionPattern }) => selectionPattern === '');
}

const fits = (pattern: string, text: string, how: OpenQuestions['selectionFits']): boolean =>
  how === 'whole' ? javaMatches(pattern, text) : javaRegex(pattern).test(text);

/** By what the client accepts, else of JSON, else the first. */
function templateFor({ templates }: IntegrationResponse, accept: string | undefined): string | undefined {
  const wanted = accept?.split(';')[0]?.trim().toLowerCase() ?? '';
  return templates.get(wanted) ?? templates.get('application/json') ?? templates.values().next().value;
}

/** A text in quotes, a member of the body, or a variable. */
function valueOfParameter(
  value: string,
  { body, headers = {} }: ServiceAnswer,
  { input }: IntegrationRequest,
) {
  const [, text] = /^'(.*)'$/s.exec(value) ?? [];
  if (text !== undefined) return text;
  const [, kind, rest = ''] = PARAMETER.exec(value) ?? [];
  switch (kind) {
    case 'integration.response.body':
      return printed(rest === '' ? body : javaAtPath(parsed(body), rest.slice(1)));
    case 'integration.response.header':
      return headers[rest.slice(1).toLowerCase()];
    case 'stageVariables':
      return input.stageVariables[rest.slice(1)];
    case 'context':
      return contextValue(Object.fromEntries(input.context), rest.slice(1)) || undefined;
    default:
      return undefined;
  }
}

/** What a response's parameters may be made of. */
export const PARAMETER =
  /^(integration\.response\.body|integration\.response\.header|stageVariables|context)((?:\.[\w.[\]'-]+)?)$/;

const printed = (value: unknown) => (value === undefined ? undefined : printJava(toJava(value)));

const parsed = (body: string) => (/^\s*[[{]/.test(body) ? parseLenientJson(body) : body);

const misconfigured = (why: string): IntegrationOutcome => ({
  kind: 'problem',
  type: 'API_CONFIGURATION_ERROR',
  why,
});
