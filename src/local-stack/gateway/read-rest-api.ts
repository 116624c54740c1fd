// AWS::ApiGateway::*: the resources that together make REST APIs, each with the one stage that is deployed.
import { asArray, asBoolean, asNumberWithin, asObject, asText, asTextMap, ifPresent } from '../property.ts';
import type { OfType, ResourceToRead } from '../resource-to-read.ts';
import { checkLogFormat } from './access-line.ts';
import { isGatewayParameter, isGatewayResponseType } from './gateway-response.ts';
import { parseIntegrationUri } from './integration-uri.ts';
import { refuseUnknownProperties } from './known-properties.ts';
import { LIKELY_ANSWERS } from './open-questions.ts';
import { readIdentitySource } from './read-identity-source.ts';
import { checkRegex, type Declared, readIntegration, rightOf } from './read-integration.ts';
import { readThrottles, readUsagePlans } from './read-throttles.ts';
import type { Authorization, Authorizer, GatewayResponse, RestApi, RestMethod, Stage } from './rest-api.ts';
import { createCompile } from './validate-body.ts';

export function readRestApis(ofType: OfType): RestApi[] {
  refuseUnknownProperties(ofType, 'AWS::ApiGateway::');
  return ofType('AWS::ApiGateway::RestApi').map((api) => {
    const own = (type: string) => ofType(type).filter(({ property }) => property('RestApiId') === api.name);
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
          body: flag(each, 'ValidateRequestBody'),
          parameters: flag(each, 'ValidateRequestParameters'),
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

function flag({ logicalId, property }: ResourceToRead, key: string): boolean {
  return ifPresent(property(key), asBoolean, `${logicalId}.${key}`) ?? false;
}

function readPaths(api: ResourceToRead, resources: readonly ResourceToRead[]): ReadonlyMap<string, string> {
  const byId = new Map(resources.map((resource) => [resource.name, resource]));
  const root = api.attributes['RootResourceId'] ?? '';
  refuseSiblings(resources);
  const pathOf = (id: string): string => {
    const resource = byId.get(id);
    if (id === root || resource === undefined) return '';
    const parent = asText(resource.property('ParentId'), `${resource.logicalId}.ParentId`);
    return `${pathOf(parent)}/${asText(resource.property('PathPart'), `${resource.logicalId}.PathPart`)}`;
  };
  return new Map([[root, '/'], ...resources.map(({ name }) => [name, pathOf(name)] as const)]);
}

/** API Gateway takes one variable part beside others, and nothing below a greedy one. */
function refuseSiblings(resources: readonly ResourceToRead[]): void {
  const partOf = ({ logicalId, property }: ResourceToRead) =>
    asText(property('PathPart'), `${logicalId}.PathPart`);
  const greedy = new Set(resources.filter((each) => partOf(each).endsWith('+}')).map(({ name }) => name));
  const variable = new Map<unknown, string>();
  for (const each of resources) {
    const [parent, part] = [String(each.property('ParentId')), partOf(each)];
    const beside = variable.get(parent);
    const wrong = greedy.has(parent)
      ? 'nothing below a greedy one'
      : part.startsWith('{') && beside !== undefined
        ? `one variable part beside others, which ${beside} is`
        : undefined;
    if (wrong !== undefined)
      throw new Error(`template, ${each.logicalId}.PathPart: found ${part}, expected ${wrong}`);
    if (part.startsWith('{')) variable.set(parent, part);
  }
}

/** What each API has from the start. */
const DEFAULT_MODELS: readonly (readonly [string, object])[] = [
  ['Empty', { type: 'object' }],
  ['Error', { type: 'object', properties: { message: { type: 'string' } } }],
];

/** Compiled here once, so that what is no model fails at the start. */
function readModels(resources: readonly ResourceToRead[]): ReadonlyMap<string, object> {
  const models = new Map([
    ...DEFAULT_MODELS,
    ...resources.map((model) => [model.name, schemaOf(model)] as const),
  ]);
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
  const sources = readIdentitySources(property('IdentitySource'), type, at('IdentitySource'));
  const ttlKey = 'AuthorizerResultTtlInSeconds';
  const ttlSeconds = asNumberWithin(property(ttlKey) ?? 300, [0, 3_600], at(ttlKey));
  if (ttlSeconds > 0 && sources.length === 0) {
    throw new Error(`template, ${at('IdentitySource')}: found none, expected one by which answers are kept`);
  }
  const pattern = ifPresent(
    property('IdentityValidationExpression'),
    asText,
    at('IdentityValidationExpression'),
  );
  checkRegex(pattern ?? '', at('IdentityValidationExpression'));
  return {
    logicalId,
    id: name,
    type,
    functionArn: target.functionArn,
    invocation: rightOf(property('AuthorizerCredentials'), at('AuthorizerCredentials')),
    identitySources: sources,
    cacheTtlMs: ttlSeconds * 1000,
    identityPattern: pattern === '' ? undefined : pattern,
  };
}

/** A token is one header; requests may be known by several things. */
function readIdentitySources(value: unknown, type: Authorizer['type'], where: string): readonly string[] {
  const sources = (ifPresent(value, asText, where) ?? '')
    .split(',')
    .map((source) => source.trim())
    .filter((source) => source !== '')
    .map((source) => readIdentitySource(source, 'method', where));
  if (type === 'REQUEST') return sources;
  const [source, ...more] = sources;
  if (more.length === 0 && source?.startsWith('method.request.header.') === true) return sources;
  throw new Error(
    `template, ${where}: found ${JSON.stringify(value)}, expected one header: that is the token`,
  );
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
  if (bytes <= MAX_LOG_FORMAT_BYTES) {
    checkLogFormat(format ?? '', where);
    return format;
  }
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
  const responses = readMethodResponses(property('MethodResponses'), at('MethodResponses'));
  return {
    logicalId,
    httpMethod: asText(property('HttpMethod'), at('HttpMethod')),
    path: known(parts.paths, asText(property('ResourceId'), at('ResourceId')), at('ResourceId')),
    authorization: readAuthorization(property, at, parts.authorizers),
    apiKeyRequired: ifPresent(property('ApiKeyRequired'), asBoolean, at('ApiKeyRequired')) ?? false,
    models: new Map(
      validator?.body !== true
        ? []
        : Object.entries(models).map(([type, name]) => [
            type.toLowerCase(),
            known(parts.models, asText(name, at('RequestModels')), at('RequestModels')),
          ]),
    ),
    requiredParameters:
      validator?.parameters === true
        ? Object.keys(parameters).filter((name) => asBoolean(parameters[name], at('RequestParameters')))
        : [],
    integration: readIntegration(
      asObject(property('Integration'), at('Integration')),
      responses,
      at('Integration'),
    ),
  };
}

function readMethodResponses(value: unknown, where: string): Declared {
  return new Map(
    (ifPresent(value, asArray, where) ?? []).map((each) => {
      const response = asObject(each, where);
      const status = asNumberWithin(response['StatusCode'], [100, 599], `${where}.StatusCode`);
      const headers = ifPresent(response['ResponseParameters'], asObject, where) ?? {};
      return [String(status), new Set(Object.keys(headers))];
    }),
  );
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

/** Only their templates for JSON are used here. */
function readGatewayResponse({ logicalId, property }: ResourceToRead): readonly [string, GatewayResponse] {
  const at = (key: string) => `${logicalId}.${key}`;
  const type = asText(property('ResponseType'), at('ResponseType'));
  if (!isGatewayResponseType(type)) {
    throw new Error(`template, ${at('ResponseType')}: found ${type}, expected one that API Gateway has`);
  }
  const parameters = asTextMap(property('ResponseParameters'), at('ResponseParameters'));
  for (const [name, from] of parameters) {
    if (name.startsWith('gatewayresponse.header.') && isGatewayParameter(from)) continue;
    throw new Error(
      `template, ${at('ResponseParameters')}: found ${name} of ${from}, expected a header of a text in quotes, context, stageVariables or method.request`,
    );
  }
  const templates = asTextMap(property('ResponseTemplates'), at('ResponseTemplates'));
  const other = [...templates.keys()].find((key) => key !== 'application/json');
  if (other !== undefined) {
    throw new Error(
      `template, ${at('ResponseTemplates')}: found ${other}, expected application/json: nothing else runs locally`,
    );
  }
  const statusCode = ifPresent(
    property('StatusCode'),
    (value, where) => asNumberWithin(value, [100, 599], where),
    at('StatusCode'),
  );
  return [type, { statusCode, parameters: Object.fromEntries(parameters), templates }];
}

function known<T>(all: ReadonlyMap<string, T>, name: string, where: string): T {
  const found = all.get(name);
  if (found === undefined) {
    throw new Error(`template, ${where}: found ${name}, expected one of ${[...all.keys()].join(', ')}`);
  }
  return found;
}
