// What API Gateway's resources may say here: what is read, and what changes no answer. Anything else is refused when the
// template is read, and not passed over.
import { asArray, asObject, ifPresent, isObject } from '../property.ts';
import type { OfType } from '../resource-to-read.ts';

/** `any`: whatever it is; a list: these values alone, or an empty list or object. */
type Accepted = 'any' | readonly unknown[];
export type Known = Readonly<Record<string, Accepted>>;

/** Names, texts for people, and what only deployments and bills are about. */
const SAID_ONLY: Known = { Description: 'any', Name: 'any', Tags: 'any' };
const OF_API: Known = { RestApiId: 'any' };

const BY_TYPE: Readonly<Record<string, Known>> = {
  'AWS::ApiGateway::RestApi': {
    ...SAID_ONLY,
    ApiKeySourceType: ['HEADER', 'AUTHORIZER'],
    BinaryMediaTypes: 'any',
    DisableExecuteApiEndpoint: 'any',
    EndpointConfiguration: 'any',
    FailOnWarnings: 'any',
  },
  'AWS::ApiGateway::Resource': { ...OF_API, ParentId: 'any', PathPart: 'any' },
  'AWS::ApiGateway::Method': {
    ...OF_API,
    ApiKeyRequired: 'any',
    AuthorizationType: 'any',
    AuthorizerId: 'any',
    HttpMethod: ['GET', 'PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'ANY'],
    Integration: 'any',
    MethodResponses: 'any',
    OperationName: 'any',
    RequestModels: 'any',
    RequestParameters: 'any',
    RequestValidatorId: 'any',
    ResourceId: 'any',
  },
  'AWS::ApiGateway::Stage': {
    ...OF_API,
    ...SAID_ONLY,
    AccessLogSetting: 'any',
    CacheClusterEnabled: [false],
    CacheClusterSize: 'any',
    DeploymentId: 'any',
    DocumentationVersion: 'any',
    MethodSettings: 'any',
    StageName: 'any',
    TracingEnabled: 'any',
    Variables: 'any',
  },
  'AWS::ApiGateway::Authorizer': {
    ...OF_API,
    AuthType: 'any',
    AuthorizerCredentials: 'any',
    AuthorizerResultTtlInSeconds: 'any',
    AuthorizerUri: 'any',
    IdentitySource: 'any',
    IdentityValidationExpression: 'any',
    Name: 'any',
    Type: 'any',
  },
  'AWS::ApiGateway::GatewayResponse': {
    ...OF_API,
    ResponseParameters: 'any',
    ResponseTemplates: 'any',
    ResponseType: 'any',
    StatusCode: 'any',
  },
  'AWS::ApiGateway::Model': { ...OF_API, ...SAID_ONLY, ContentType: 'any', Schema: 'any' },
  'AWS::ApiGateway::RequestValidator': {
    ...OF_API,
    Name: 'any',
    ValidateRequestBody: 'any',
    ValidateRequestParameters: 'any',
  },
  'AWS::ApiGateway::UsagePlan': {
    ...SAID_ONLY,
    ApiStages: 'any',
    Throttle: 'any',
    UsagePlanName: 'any',
  },
  'AWS::ApiGateway::UsagePlanKey': { KeyId: 'any', KeyType: ['API_KEY'], UsagePlanId: 'any' },
  'AWS::ApiGateway::ApiKey': {
    ...SAID_ONLY,
    CustomerId: 'any',
    Enabled: 'any',
    GenerateDistinctId: 'any',
    StageKeys: 'any',
    Value: 'any',
  },
  'AWS::ApiGatewayV2::Api': {
    ...SAID_ONLY,
    ApiKeySelectionExpression: 'any',
    DisableExecuteApiEndpoint: 'any',
    DisableSchemaValidation: 'any',
    IpAddressType: 'any',
    ProtocolType: 'any',
    RouteSelectionExpression: 'any',
    Version: 'any',
  },
  'AWS::ApiGatewayV2::Stage': {
    ...SAID_ONLY,
    AccessLogSettings: 'any',
    ApiId: 'any',
    AutoDeploy: 'any',
    DefaultRouteSettings: 'any',
    DeploymentId: 'any',
    StageName: 'any',
  },
  'AWS::ApiGatewayV2::Route': {
    ApiId: 'any',
    ApiKeyRequired: [false],
    AuthorizationType: ['NONE', 'CUSTOM'],
    AuthorizerId: 'any',
    OperationName: 'any',
    RouteKey: 'any',
    RouteResponseSelectionExpression: ['$default'],
    Target: 'any',
  },
  'AWS::ApiGatewayV2::RouteResponse': { ApiId: 'any', RouteId: 'any', RouteResponseKey: ['$default'] },
  'AWS::ApiGatewayV2::Integration': {
    ApiId: 'any',
    ConnectionType: ['INTERNET'],
    CredentialsArn: 'any',
    Description: 'any',
    IntegrationMethod: ['POST'],
    IntegrationType: ['AWS_PROXY'],
    IntegrationUri: 'any',
    PassthroughBehavior: 'any',
    TimeoutInMillis: 'any',
  },
  'AWS::ApiGatewayV2::Authorizer': {
    ApiId: 'any',
    AuthorizerCredentialsArn: 'any',
    AuthorizerType: ['REQUEST'],
    AuthorizerUri: 'any',
    IdentitySource: 'any',
    Name: 'any',
  },
};

const METHOD_SETTING: Known = {
  CacheDataEncrypted: 'any',
  CacheTtlInSeconds: 'any',
  CachingEnabled: [false],
  DataTraceEnabled: 'any',
  HttpMethod: 'any',
  LoggingLevel: 'any',
  MetricsEnabled: 'any',
  ResourcePath: 'any',
  ThrottlingBurstLimit: 'any',
  ThrottlingRateLimit: 'any',
};

/** Those of lists of objects. */
const WITHIN: Readonly<Record<string, readonly [key: string, Known]>> = {
  'AWS::ApiGateway::Stage': ['MethodSettings', METHOD_SETTING],
  'AWS::ApiGateway::UsagePlan': ['ApiStages', { ApiId: 'any', Stage: 'any', Throttle: [] }],
  'AWS::ApiGateway::Method': [
    'MethodResponses',
    { ResponseModels: 'any', ResponseParameters: 'any', StatusCode: 'any' },
  ],
};

const INTEGRATION: Known = {
  CacheKeyParameters: [],
  CacheNamespace: 'any',
  ConnectionType: ['INTERNET'],
  Credentials: 'any',
  IntegrationHttpMethod: 'any',
  IntegrationResponses: 'any',
  PassthroughBehavior: 'any',
  RequestParameters: 'any',
  RequestTemplates: 'any',
  ResponseTransferMode: ['BUFFERED'],
  TimeoutInMillis: 'any',
  Type: ['AWS', 'AWS_PROXY', 'MOCK'],
  Uri: 'any',
};

/** A function or an action of a service is asked by POST alone; a proxy's parameters reach its function in ways not known. */
export const KNOWN_OF_INTEGRATION: Readonly<Record<string, Known>> = {
  MOCK: INTEGRATION,
  AWS: { ...INTEGRATION, IntegrationHttpMethod: ['POST'] },
  AWS_PROXY: { ...INTEGRATION, IntegrationHttpMethod: ['POST'], RequestParameters: [] },
};

export const KNOWN_OF_RESPONSE: Known = {
  ResponseParameters: 'any',
  ResponseTemplates: 'any',
  SelectionPattern: 'any',
  StatusCode: 'any',
};

/** @throws where a resource of API Gateway says what is not known here */
export function refuseUnknownProperties(
  ofType: OfType,
  service: 'AWS::ApiGateway::' | 'AWS::ApiGatewayV2::',
): void {
  for (const [type, known] of Object.entries(BY_TYPE)) {
    if (!type.startsWith(service)) continue;
    const [listKey, within] = WITHIN[type] ?? ['', {}];
    for (const { logicalId, properties, property } of ofType(type)) {
      const values = Object.fromEntries(properties.map((key) => [key, property(key)]));
      refuseOthers(values, known, logicalId);
      const where = `${logicalId}.${listKey}`;
      for (const each of ifPresent(values[listKey], asArray, where) ?? [])
        refuseOthers(asObject(each, where), within, where);
    }
  }
}

/** @throws where an object says more than what is known */
export function refuseOthers(values: Readonly<Record<string, unknown>>, known: Known, where: string): void {
  for (const [key, value] of Object.entries(values)) {
    const accepted = Object.hasOwn(known, key) ? known[key] : undefined;
    if (value === undefined || accepted === 'any' || (accepted !== undefined && saysNothing(value))) continue;
    if (accepted?.some((each) => String(each) === String(value))) continue;
    const expected = accepted === undefined || accepted.length === 0 ? 'none' : accepted.join(' or ');
    throw new Error(
      `template, ${where}.${key}: found ${JSON.stringify(value)}, expected ${expected}: nothing else runs locally`,
    );
  }
}

const saysNothing = (value: unknown): boolean =>
  Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
