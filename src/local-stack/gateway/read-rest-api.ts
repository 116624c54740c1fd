// AWS::ApiGateway::*: the resources that together make REST APIs, each with the one stage that is deployed.
import { asArray, asNumber, asObject, asText, ifPresent } from '../property.ts';
import type { OfType, ResourceToRead } from '../resource-to-read.ts';
import { isGatewayResponseType } from './gateway-response.ts';
import { parseIntegrationUri } from './integration-uri.ts';
import { PARAMETER } from './map-answer.ts';
import { LIKELY_ANSWERS } from './open-questions.ts';
import { readMappingTemplate } from './read-mapping-template.ts';
import { readThrottles, readUsagePlans } from './read-throttles.ts';
import type {
  Authorization,
  Authorizer,
  GatewayResponse,
  Integration,
  IntegrationResponse,
  InvocationRight,
  Mapped,
  RestApi,
  RestMethod,
  Stage,
} from './rest-api.ts';
import { createCompile } from './validate-body.ts';

export function readRestApis(ofType: OfType): RestApi[] {
  return ofType('AWS::ApiGateway::RestApi').map((api) => {
    const own = (type: string) => ofType(type).filter(({ property }) => property('RestApiId') === api.name);
    refuseWhole(api, ['Body', 'BodyS3Location', 'CloneFrom', 'Policy']);
    const paths = readPaths(api, own('AWS::ApiGateway::Resource'));
    const models = readModels(own('AWS::ApiGateway::Model'));
    const binaryMediaTypes =
      ifPresent(api.property('BinaryMediaTypes'), asArray, `${api.logicalId}.BinaryMediaTypes`) ?? [];
    const authorizers = new Map(
      own('AWS::ApiGateway::Authorizer').map((each) => [each.name, readAuthorizer(each)]),
    );
    const validators = new Map(
      own('AWS::ApiGateway::RequestValidator').map((each) => [
        each.name,
        {
          body: each.property('ValidateRequestBody') === true,
          parameters: each.property('ValidateRequestParameters') === true,
        },
      ]),
    );
    const stages = own('AWS::ApiGateway::Stage');
    const [stage] = stages;
    if (stage === undefined || stages.length > 1) {
      throw new Error(
        `template, ${api.logicalId}: found ${stages.length} stages, expected one: a local API has one`,
      );
    }
    refuseWhole(stage, ['CanarySetting']);
    return {
      logicalId: api.logicalId,
      id: api.name,
      name: ifPresent(api.property('Name'), asText, `${api.logicalId}.Name`) ?? api.logicalId,
      stage: readStage(stage),
      methods: own('AWS::ApiGateway::Method').map((method) =>
        readMethod(method, { paths, models, authorizers, validators }),
      ),
      gatewayResponses: new Map(own('AWS::ApiGateway::GatewayResponse').map(readGatewayResponse)),
      usagePlans: readUsagePlans(ofType, api.name),
      binaryMediaTypes: binaryMediaTypes.map((type) =>
        asText(type, `${api.logicalId}.BinaryMediaTypes`).toLowerCase(),
      ),
      models,
      apiKeySource: api.property('ApiKeySourceType') === 'AUTHORIZER' ? 'AUTHORIZER' : 'HEADER',
    };
  });
}

function refuseWhole({ logicalId, property }: ResourceToRead, keys: readonly string[]): void {
  for (const key of keys) {
    if (property(key) === undefined) continue;
    throw new Error(`template, ${logicalId}.${key}: found one, expected none: it does not run locally`);
  }
}

function readPaths(api: ResourceToRead, resources: readonly ResourceToRead[]): ReadonlyMap<string, string> {
  const byId = new Map(resources.map((resource) => [resource.name, resource]));
  const root = api.attributes['RootResourceId'] ?? '';
  const pathOf = (id: string): string => {
    const resource = byId.get(id);
    if (id === root || resource === undefined) return '';
    const parent = asText(resource.property('ParentId'), `${resource.logicalId}.ParentId`);
    return `${pathOf(parent)}/${asText(resource.property('PathPart'), `${resource.logicalId}.PathPart`)}`;
  };
  return new Map([[root, '/'], ...resources.map(({ name }) => [name, pathOf(name)] as const)]);
}

/** Compiled here once, so that what is no model fails at the start. */
function readModels(resources: readonly ResourceToRead[]): ReadonlyMap<string, object> {
  const models = new Map(resources.map((model) => [model.name, schemaOf(model)]));
  const compile = createCompile({ models, answers: LIKELY_ANSWERS });
  for (const { logicalId, name } of resources) {
    try {
      compile(models.get(name) ?? {});
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`template, ${logicalId}.Schema: expected JSON schema, draft 4: ${why}`, {
        cause: error,
      });
    }
  }
  return models;
}

function schemaOf({ logicalId, property }: ResourceToRead): object {
  const schema = property('Schema');
  return asObject(typeof schema === 'string' ? JSON.parse(schema) : schema, `${logicalId}.Schema`);
}

function readAuthorizer({ logicalId, name, property }: ResourceToRead): Authorizer {
  const at = (key: string) => `${logicalId}.${key}`;
  const type = asText(property('Type'), at('Type'));
  if (type !== 'TOKEN' && type !== 'REQUEST') {
    throw new Error(`template, ${at('Type')}: found ${type}, expected TOKEN or REQUEST`);
  }
  const target = parseIntegrationUri(asText(property('AuthorizerUri'), at('AuthorizerUri')), logicalId);
  if (target.kind !== 'function') {
    throw new Error(`template, ${at('AuthorizerUri')}: found ${target.service}, expected a Lambda function`);
  }
  const ttl = ifPresent(
    property('AuthorizerResultTtlInSeconds'),
    asNumber,
    at('AuthorizerResultTtlInSeconds'),
  );
  const sources = ifPresent(property('IdentitySource'), asText, at('IdentitySource')) ?? '';
  return {
    logicalId,
    id: name,
    type,
    functionArn: target.functionArn,
    invocation: rightOf(property('AuthorizerCredentials'), at('AuthorizerCredentials')),
    identitySources: sources
      .split(',')
      .map((source) => source.trim())
      .filter((source) => source !== '')
      .map((source) => readIdentitySource(source, at('IdentitySource'))),
    cacheTtlMs: within(ttl ?? 300, [0, 3_600], at('AuthorizerResultTtlInSeconds')) * 1000,
    identityPattern: ifPresent(
      property('IdentityValidationExpression'),
      asText,
      at('IdentityValidationExpression'),
    ),
  };
}

function readIdentitySource(source: string, where: string): string {
  if (/^(?:method\.request\.(?:header|querystring)|stageVariables|context)\.\S+$/.test(source)) return source;
  throw new Error(
    `template, ${where}: found ${source}, expected a header, query string, stage variable or context`,
  );
}

function within(value: number, [least, most]: readonly [number, number], where: string): number {
  if (value >= least && value <= most) return value;
  throw new Error(`template, ${where}: found ${value}, expected ${least} to ${most}`);
}

function rightOf(roleArn: unknown, where: string): InvocationRight {
  const role = ifPresent(roleArn, asText, where);
  return role === undefined ? { kind: 'function-permission' } : { kind: 'role', roleArn: role };
}

function readStage({ logicalId, property }: ResourceToRead): Stage {
  const variables = ifPresent(property('Variables'), asObject, `${logicalId}.Variables`) ?? {};
  const log = ifPresent(property('AccessLogSetting'), asObject, `${logicalId}.AccessLogSetting`);
  return {
    name: asText(property('StageName'), `${logicalId}.StageName`),
    variables: Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, String(value)])),
    throttles: readThrottles(property('MethodSettings'), `${logicalId}.MethodSettings`),
    accessLogFormat: readLogFormat(log?.['Format'], `${logicalId}.AccessLogSetting.Format`),
  };
}

const MAX_LOG_FORMAT_BYTES = 3 * 1024;

function readLogFormat(value: unknown, where: string): string | undefined {
  const format = ifPresent(value, asText, where);
  const bytes = Buffer.byteLength(format ?? '');
  if (bytes <= MAX_LOG_FORMAT_BYTES) return format;
  throw new Error(`template, ${where}: found ${bytes} bytes, expected at most ${MAX_LOG_FORMAT_BYTES}`);
}

interface Parts {
  readonly paths: ReadonlyMap<string, string>;
  readonly models: ReadonlyMap<string, object>;
  readonly authorizers: ReadonlyMap<string, Authorizer>;
  readonly validators: ReadonlyMap<string, { readonly body: boolean; readonly parameters: boolean }>;
}

function readMethod({ logicalId, property }: ResourceToRead, parts: Parts): RestMethod {
  const at = (key: string) => `${logicalId}.${key}`;
  const validatorId = ifPresent(property('RequestValidatorId'), asText, at('RequestValidatorId'));
  const validator =
    validatorId === undefined ? undefined : known(parts.validators, validatorId, at('RequestValidatorId'));
  const models = ifPresent(property('RequestModels'), asObject, at('RequestModels')) ?? {};
  const parameters = ifPresent(property('RequestParameters'), asObject, at('RequestParameters')) ?? {};
  const responses = ifPresent(property('MethodResponses'), asArray, at('MethodResponses')) ?? [];
  return {
    logicalId,
    httpMethod: asText(property('HttpMethod'), at('HttpMethod')),
    path: known(parts.paths, asText(property('ResourceId'), at('ResourceId')), at('ResourceId')),
    authorization: readAuthorization(property, at, parts.authorizers),
    apiKeyRequired: property('ApiKeyRequired') === true,
    models: new Map(
      validator?.body !== true
        ? []
        : Object.entries(models).map(([type, name]) => [
            type,
            known(parts.models, asText(name, at('RequestModels')), at('RequestModels')),
          ]),
    ),
    requiredParameters:
      validator?.parameters === true
        ? Object.keys(parameters).filter((name) => parameters[name] === true)
        : [],
    integration: readIntegration(asObject(property('Integration'), at('Integration')), at('Integration')),
    responses: new Map(
      responses.map((each) => {
        const response = asObject(each, at('MethodResponses'));
        const headers = ifPresent(response['ResponseParameters'], asObject, at('MethodResponses')) ?? {};
        return [String(response['StatusCode']), new Set(Object.keys(headers))];
      }),
    ),
  };
}

function readAuthorization(
  property: ResourceToRead['property'],
  at: (key: string) => string,
  authorizers: ReadonlyMap<string, Authorizer>,
): Authorization {
  const type = ifPresent(property('AuthorizationType'), asText, at('AuthorizationType')) ?? 'NONE';
  if (type === 'NONE') return { kind: 'none' };
  if (type !== 'CUSTOM') {
    throw new Error(
      `template, ${at('AuthorizationType')}: found ${type}, expected NONE or CUSTOM: nothing else runs locally`,
    );
  }
  const id = asText(property('AuthorizerId'), at('AuthorizerId'));
  return { kind: 'authorizer', authorizer: known(authorizers, id, at('AuthorizerId')) };
}

/** API Gateway's limit; accounts that have more say so nowhere in a template. */
const MAX_INTEGRATION_MS = 29_000;

function readIntegration(integration: Readonly<Record<string, unknown>>, where: string): Integration {
  const type = asText(integration['Type'], `${where}.Type`);
  const timeout =
    ifPresent(integration['TimeoutInMillis'], asNumber, `${where}.TimeoutInMillis`) ?? MAX_INTEGRATION_MS;
  const timeoutMs = within(timeout, [50, MAX_INTEGRATION_MS], `${where}.TimeoutInMillis`);
  for (const key of ['ContentHandling', 'CacheKeyParameters', 'ConnectionType']) {
    const found = integration[key];
    if (found !== undefined && !(Array.isArray(found) && found.length === 0)) {
      throw new Error(
        `template, ${where}.${key}: found ${JSON.stringify(found)}, expected none: it does not run locally`,
      );
    }
  }
  if (type === 'MOCK') return { kind: 'mock', ...readMapped(integration, timeoutMs, where) };
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
    return { kind: 'aws-service', service, action, roleArn, ...readMapped(integration, timeoutMs, where) };
  }
  throw new Error(
    `template, ${where}: found type ${type} to a ${target.kind}, expected AWS_PROXY to a function, AWS to a service's action, or MOCK`,
  );
}

function readMapped(
  integration: Readonly<Record<string, unknown>>,
  timeoutMs: number,
  where: string,
): Mapped {
  const passthrough = ifPresent(integration['PassthroughBehavior'], asText, where) ?? 'WHEN_NO_MATCH';
  if (passthrough !== 'NEVER' && passthrough !== 'WHEN_NO_MATCH' && passthrough !== 'WHEN_NO_TEMPLATES') {
    throw new Error(`template, ${where}.PassthroughBehavior: found ${passthrough}`);
  }
  const responses = ifPresent(integration['IntegrationResponses'], asArray, where) ?? [];
  return {
    requestTemplates: templateMap(integration['RequestTemplates'], `${where}.RequestTemplates`),
    passthrough,
    requestParameters: readRequestParameters(integration['RequestParameters'], `${where}.RequestParameters`),
    responses: responses.map((each) => readIntegrationResponse(each, `${where}.IntegrationResponses`)),
    timeoutMs,
  };
}

function readIntegrationResponse(value: unknown, where: string): IntegrationResponse {
  const response = asObject(value, where);
  if (response['ContentHandling'] !== undefined) {
    throw new Error(`template, ${where}.ContentHandling: expected none: it does not run locally`);
  }
  const selectionPattern = ifPresent(response['SelectionPattern'], asText, `${where}.SelectionPattern`) ?? '';
  try {
    new RegExp(selectionPattern);
  } catch (error) {
    throw new Error(
      `template, ${where}.SelectionPattern: found ${selectionPattern}, expected a regular expression`,
      {
        cause: error,
      },
    );
  }
  const parameters = textMap(response['ResponseParameters'], `${where}.ResponseParameters`);
  for (const [name, from] of parameters) {
    if (name.startsWith('method.response.header.') && (/^'.*'$/s.test(from) || PARAMETER.test(from)))
      continue;
    throw new Error(
      `template, ${where}.ResponseParameters: found ${name} of ${from}, expected a header of a text in quotes, integration.response.body or .header, context or stageVariables`,
    );
  }
  return {
    statusCode: String(response['StatusCode']),
    selectionPattern,
    parameters: Object.fromEntries(parameters),
    templates: templateMap(response['ResponseTemplates'], `${where}.ResponseTemplates`),
  };
}

function readRequestParameters(value: unknown, where: string): Readonly<Record<string, string>> {
  const parameters = textMap(value, where);
  for (const [name, from] of parameters) {
    const known = /^'.*'$/s.test(from) || /^method\.request\.(?:header|querystring|path)\.\S+$/.test(from);
    if (/^integration\.request\.header\.\S+$/.test(name) && known) continue;
    throw new Error(
      `template, ${where}: found ${name} of ${from}, expected a header of a text in quotes or of method.request: nothing else runs locally`,
    );
  }
  return Object.fromEntries(parameters);
}

/** Read here, so that what does not run fails at the start. */
function templateMap(value: unknown, where: string): ReadonlyMap<string, string> {
  const templates = textMap(value, where);
  for (const [type, template] of templates) readMappingTemplate(template, `template, ${where}.${type}`);
  return new Map([...templates].map(([type, template]) => [type.toLowerCase(), template]));
}

function readGatewayResponse({ logicalId, property }: ResourceToRead): readonly [string, GatewayResponse] {
  const status = property('StatusCode');
  const type = asText(property('ResponseType'), `${logicalId}.ResponseType`);
  if (!isGatewayResponseType(type)) {
    throw new Error(`template, ${logicalId}.ResponseType: found ${type}, expected one that API Gateway has`);
  }
  return [
    type,
    {
      statusCode: ifPresent(status, asNumber, `${logicalId}.StatusCode`),
      parameters: Object.fromEntries(textMap(property('ResponseParameters'), logicalId)),
      templates: textMap(property('ResponseTemplates'), logicalId),
    },
  ];
}

function textMap(value: unknown, where: string): ReadonlyMap<string, string> {
  const entries = Object.entries(ifPresent(value, asObject, where) ?? {});
  return new Map(entries.map(([key, text]) => [key, asText(text, `${where}.${key}`)]));
}

function known<T>(all: ReadonlyMap<string, T>, name: string, where: string): T {
  const found = all.get(name);
  if (found === undefined) {
    throw new Error(`template, ${where}: found ${name}, expected one of ${[...all.keys()].join(', ')}`);
  }
  return found;
}
