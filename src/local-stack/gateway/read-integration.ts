// A method's integration, and what it makes of the backend's answers.
import { asArray, asNumberWithin, asObject, asText, asTextMap, ifPresent } from '../property.ts';
import { parseIntegrationUri } from './integration-uri.ts';
import { KNOWN_OF_INTEGRATION, KNOWN_OF_RESPONSE, refuseOthers } from './known-properties.ts';
import { PARAMETER } from './map-answer.ts';
import { readMappingTemplate } from './read-mapping-template.ts';
import type { Integration, IntegrationResponse, InvocationRight, Mapped } from './rest-api.ts';
import { javaRegex } from './vtl/java-regex.ts';

/** API Gateway's limit; accounts that have more say so nowhere in a template. */
const MAX_INTEGRATION_MS = 29_000;

/** Headers that a method declares, by the status of its response. */
export type Declared = ReadonlyMap<string, ReadonlySet<string>>;

/** `responses`: those that the method declares, with their headers. */
export function readIntegration(
  integration: Readonly<Record<string, unknown>>,
  responses: Declared,
  where: string,
): Integration {
  const type = asText(integration['Type'], `${where}.Type`);
  refuseOthers(integration, KNOWN_OF_INTEGRATION[type] ?? { Type: Object.keys(KNOWN_OF_INTEGRATION) }, where);
  const timeoutMs = readTimeout(integration['TimeoutInMillis'], `${where}.TimeoutInMillis`);
  const mapped = () => readMapped(integration, { responses, timeoutMs, where });
  if (type === 'MOCK') return { kind: 'mock', ...mapped() };
  const target = parseIntegrationUri(asText(integration['Uri'], `${where}.Uri`), `${where}.Uri`);
  const credentials = integration['Credentials'];
  if (type === 'AWS_PROXY' && target.kind === 'function') {
    const { functionArn } = target;
    return { kind: 'lambda-proxy', functionArn, invocation: rightOf(credentials, where), timeoutMs };
  }
  if (type === 'AWS' && target.kind === 'service') {
    // API Gateway calls a service with a role of the stack or not at all.
    const roleArn = asText(credentials, `${where}.Credentials`);
    const { service, action } = target;
    return { kind: 'aws-service', service, action, roleArn, ...mapped() };
  }
  throw new Error(
    `template, ${where}: found type ${type} to a ${target.kind}, expected AWS_PROXY to a function, AWS to a service's action, or MOCK`,
  );
}

/** ms; the limit where nothing is said. */
export function readTimeout(value: unknown, where: string): number {
  return asNumberWithin(value ?? MAX_INTEGRATION_MS, [50, MAX_INTEGRATION_MS], where);
}

export function rightOf(roleArn: unknown, where: string): InvocationRight {
  const role = ifPresent(roleArn, asText, where);
  return role === undefined ? { kind: 'function-permission' } : { kind: 'role', roleArn: role };
}

function readMapped(
  integration: Readonly<Record<string, unknown>>,
  {
    responses: declared,
    timeoutMs,
    where,
  }: {
    readonly responses: Declared;
    readonly timeoutMs: number;
    readonly where: string;
  },
): Mapped {
  const passthrough = ifPresent(integration['PassthroughBehavior'], asText, where) ?? 'WHEN_NO_MATCH';
  if (passthrough !== 'NEVER' && passthrough !== 'WHEN_NO_MATCH' && passthrough !== 'WHEN_NO_TEMPLATES') {
    throw new Error(`template, ${where}.PassthroughBehavior: found ${passthrough}`);
  }
  const responses = ifPresent(integration['IntegrationResponses'], asArray, where) ?? [];
  return {
    requestTemplates: templateMap(integration['RequestTemplates'], `${where}.RequestTemplates`),
    passthrough,
    requestParameters: readRequestParameters(
      integration['RequestParameters'],
      integration['Type'] === 'MOCK' ? PARAMETERS_OF_MOCK : PARAMETERS_OF_SERVICE,
      `${where}.RequestParameters`,
    ),
    responses: responses.map((each) =>
      readIntegrationResponse(each, declared, `${where}.IntegrationResponses`),
    ),
    timeoutMs,
  };
}

function readIntegrationResponse(value: unknown, declared: Declared, where: string): IntegrationResponse {
  const response = asObject(value, where);
  refuseOthers(response, KNOWN_OF_RESPONSE, where);
  const statusCode = String(response['StatusCode']);
  const headers = declared.get(statusCode);
  if (headers === undefined) {
    throw new Error(
      `template, ${where}.StatusCode: found ${statusCode}, expected one of the method's responses: ${[...declared.keys()].join(', ')}`,
    );
  }
  const selectionPattern = ifPresent(response['SelectionPattern'], asText, `${where}.SelectionPattern`) ?? '';
  checkRegex(selectionPattern, `${where}.SelectionPattern`);
  const parameters = asTextMap(response['ResponseParameters'], `${where}.ResponseParameters`);
  for (const [name, from] of parameters) {
    if (name.startsWith('method.response.header.') && !headers.has(name)) {
      throw new Error(
        `template, ${where}.ResponseParameters: found ${name}, expected headers that the method's response ${statusCode} declares`,
      );
    }
    if (name.startsWith('method.response.header.') && (/^'.*'$/s.test(from) || PARAMETER.test(from)))
      continue;
    throw new Error(
      `template, ${where}.ResponseParameters: found ${name} of ${from}, expected a header of a text in quotes, integration.response.body or .header, context or stageVariables`,
    );
  }
  return {
    statusCode,
    selectionPattern,
    parameters: Object.fromEntries(parameters),
    // An empty one is none to the service: the body passes.
    templates: new Map(
      [...templateMap(response['ResponseTemplates'], `${where}.ResponseTemplates`)].filter(
        ([, template]) => template !== '',
      ),
    ),
  };
}

/** @throws where it is none, or has what only Java's know */
export function checkRegex(pattern: string, where: string): void {
  try {
    javaRegex(pattern);
  } catch (error) {
    throw new Error(
      `template, ${where}: found ${pattern}, expected a regular expression that runs here too`,
      { cause: error },
    );
  }
}

/** What a service is asked with. */
const PARAMETERS_OF_SERVICE = /^integration\.request\.header\.\S+$/;
/** A mock asks nobody: they change nothing. */
const PARAMETERS_OF_MOCK = /^integration\.request\.(?:header|querystring|path)\.\S+$/;

function readRequestParameters(
  value: unknown,
  names: RegExp,
  where: string,
): Readonly<Record<string, string>> {
  const parameters = asTextMap(value, where);
  for (const [name, from] of parameters) {
    const known = /^'.*'$/s.test(from) || /^method\.request\.(?:header|querystring|path)\.\S+$/.test(from);
    if (names.test(name) && known) continue;
    throw new Error(
      `template, ${where}: found ${name} of ${from}, expected a header of a text in quotes or of method.request: nothing else runs locally`,
    );
  }
  return Object.fromEntries(parameters);
}

/** Read here, so that what does not run fails at the start. */
function templateMap(value: unknown, where: string): ReadonlyMap<string, string> {
  const templates = asTextMap(value, where);
  for (const [type, template] of templates) readMappingTemplate(template, `template, ${where}.${type}`);
  return new Map([...templates].map(([type, template]) => [type.toLowerCase(), template]));
}
