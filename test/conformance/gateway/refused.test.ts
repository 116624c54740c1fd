// What API Gateway has and this has not, or what it does not take itself, is refused when the template is read, whatever
// property says it.

import { Template } from 'aws-cdk-lib/assertions';
import {
  AccessLogFormat,
  AwsIntegration,
  IdentitySource,
  JsonSchemaType,
  LambdaIntegration,
  LogGroupLogDestination,
  MockIntegration,
  RequestAuthorizer,
  ResponseType,
} from 'aws-cdk-lib/aws-apigateway';
import { WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { describe, expect, it } from 'vitest';
import { isObject } from '../../../src/local-stack/property.ts';
import { gatewayStack, playedFunction, restApiIn } from '../../support/gateway-stack.ts';
import { localSystemOf } from '../../support/local-gateway.ts';
import { templateOf } from '../../support/template-of.ts';

const JSON_TYPE = 'application/json';

/** One of each resource; methods by their verb: GET a mock, POST a service, PUT a function. */
function everyResource(): object {
  const stack = gatewayStack();
  const api = restApiIn(stack, {
    deployOptions: {
      stageName: 'v1',
      accessLogDestination: new LogGroupLogDestination(new LogGroup(stack, 'Log')),
      accessLogFormat: AccessLogFormat.clf(),
    },
  });
  const played = playedFunction(stack, 'Play');
  const answers = {
    methodResponses: [{ statusCode: '200', responseParameters: { 'method.response.header.X-Own': true } }],
  };
  const mapped = {
    requestTemplates: { [JSON_TYPE]: '{"statusCode": 200}' },
    integrationResponses: [
      {
        statusCode: '200',
        responseParameters: { 'method.response.header.X-Own': "'x'" },
        responseTemplates: { [JSON_TYPE]: '{}' },
      },
    ],
  };
  const model = api.addModel('Model', { schema: { type: JsonSchemaType.OBJECT, properties: {} } });
  api.root.addMethod('GET', new MockIntegration(mapped), {
    ...answers,
    requestModels: { [JSON_TYPE]: model },
    requestValidator: api.addRequestValidator('Validator', { validateRequestBody: true }),
  });
  const credentialsRole = new Role(stack, 'Role', {
    assumedBy: new ServicePrincipal('apigateway.amazonaws.com'),
  });
  api.root.addMethod(
    'POST',
    new AwsIntegration({ service: 'kinesis', action: 'PutRecord', options: { ...mapped, credentialsRole } }),
    answers,
  );
  const authorizer = new RequestAuthorizer(stack, 'Authorizer', {
    handler: played,
    identitySources: [IdentitySource.header('Authorization')],
  });
  api.root.addMethod('PUT', new LambdaIntegration(played), { authorizer });
  api.root.addResource('{variable}').addResource('{rest+}').addMethod('GET', new MockIntegration());
  api.addGatewayResponse('Refusal', { type: ResponseType.UNAUTHORIZED, templates: { [JSON_TYPE]: '{}' } });
  const plan = api.addUsagePlan('Plan', { throttle: { rateLimit: 1, burstLimit: 1 } });
  plan.addApiStage({ stage: api.deploymentStage });
  plan.addApiKey(api.addApiKey('Key', { value: 'a key of twenty characters' }));
  const socket = new WebSocketApi(stack, 'Socket');
  new WebSocketStage(stack, 'Live', { webSocketApi: socket, stageName: 'live' });
  socket.addRoute('go', {
    integration: new WebSocketLambdaIntegration('Go', played),
    returnResponse: true,
  });
  return templateOf(stack).toJSON();
}

let made: object | undefined;

type Resource = { readonly Type: string; readonly Properties: Record<string, unknown> };

/** Reads the template after a change of the one resource of that type, or the method of that verb. */
function reading(which: string, change: (properties: Record<string, unknown>) => void): () => unknown {
  made ??= everyResource();
  const json = structuredClone(made);
  const resources: Resource[] = Object.values(Object(json)['Resources']);
  const found = resources.find(
    ({ Type, Properties }) =>
      Type.endsWith(`::${which}`) ||
      (Type === 'AWS::ApiGateway::Method' && Properties['HttpMethod'] === which),
  );
  if (found === undefined) throw new Error(`the template has no ${which}`);
  change(found.Properties);
  return () => localSystemOf(Template.fromJSON(json));
}

function set(properties: Record<string, unknown>, path: string, value: unknown): void {
  const [key = '', ...rest] = path.split('.');
  if (rest.length === 0) properties[key] = value;
  else {
    const inner = properties[key];
    const next = Array.isArray(inner) ? inner[0] : inner;
    if (!isObject(next)) throw new Error(`${path}: found no object at ${key}`);
    set(next as Record<string, unknown>, rest.join('.'), value);
  }
}

describe('rules 15, 28, 36, 37, 41, 47, 48, 52, 57, 58, 60 and 65: a template with one of each resource', () => {
  it('is read', () => {
    const system = reading('GET', () => {})();
    expect(system).toMatchObject({ restApis: [{ methods: { length: 4 } }], webSocketApis: [{}] });
  });

  it.each<readonly [which: string, path: string, value: unknown]>([
    ['RestApi', 'Policy', { Statement: [{}] }],
    ['RestApi', 'Body', { openapi: '3.0.1' }],
    ['RestApi', 'MinimumCompressionSize', 0],
    ['RestApi', 'Unheard', 'x'],
    ['Stage', 'CacheClusterEnabled', true],
    ['Stage', 'CanarySetting', { PercentTraffic: 1 }],
    ['Stage', 'MethodSettings', [{ CachingEnabled: true }]],
    ['Stage', 'AccessLogSetting.Format', '$context.requestId $context.wafResponseCode'],
    ['UsagePlan', 'Quota', { Limit: 1, Period: 'DAY' }],
    ['UsagePlan', 'ApiStages.Throttle', { '/GET': { RateLimit: 1 } }],
    ['ApiKey', 'Value', 'short'],
    ['Authorizer', 'Type', 'COGNITO_USER_POOLS'],
    ['Authorizer', 'IdentitySource', 'method.request.path.x'],
    ['Authorizer', 'IdentitySource', ''],
    ['Authorizer', 'AuthorizerResultTtlInSeconds', 3_601],
    ['Authorizer', 'IdentityValidationExpression', 'a++'],
    ['GatewayResponse', 'ResponseType', 'NO_SUCH_TYPE'],
    ['GatewayResponse', 'ResponseTemplates', { 'text/html': '<p>' }],
    ['GatewayResponse', 'ResponseParameters', { 'gatewayresponse.header.X': 'unquoted' }],
    ['GatewayResponse', 'StatusCode', '600'],
    ['Model', 'Schema', { $ref: '#/definitions/missing' }],
    ['GET', 'HttpMethod', 'TRACE'],
    ['GET', 'AuthorizationType', 'AWS_IAM'],
    ['GET', 'AuthorizationScopes', ['a']],
    ['GET', 'ApiKeyRequired', 'perhaps'],
    ['GET', 'RequestModels', { [JSON_TYPE]: 'NoSuchModel' }],
    ['GET', 'MethodResponses', [{ StatusCode: 'wrong' }]],
    ['GET', 'Integration.Type', 'HTTP_PROXY'],
    ['GET', 'Integration.ContentHandling', 'CONVERT_TO_TEXT'],
    ['GET', 'Integration.CacheKeyParameters', ['method.request.path.x']],
    ['GET', 'Integration.ConnectionType', 'VPC_LINK'],
    ['GET', 'Integration.PassthroughBehavior', 'SOMETIMES'],
    ['GET', 'Integration.RequestTemplates', { [JSON_TYPE]: '$input.path("$..a[?(@.b)]")' }],
    ['GET', 'Integration.RequestTemplates', { [JSON_TYPE]: '$t.replaceAll("a++", "b")' }],
    ['GET', 'Integration.IntegrationResponses.StatusCode', '201'],
    ['GET', 'Integration.IntegrationResponses.SelectionPattern', '\\Q200\\E'],
    ['GET', 'Integration.IntegrationResponses.ContentHandling', 'CONVERT_TO_TEXT'],
    [
      'GET',
      'Integration.IntegrationResponses.ResponseParameters',
      { 'method.response.header.X-Other': "'x'" },
    ],
    ['POST', 'Integration.IntegrationHttpMethod', 'GET'],
    ['POST', 'Integration.RequestParameters', { 'integration.request.path.x': "'y'" }],
    ['PUT', 'Integration.IntegrationHttpMethod', 'GET'],
    ['PUT', 'Integration.RequestParameters', { 'integration.request.header.x': "'y'" }],
    [
      'PUT',
      'Integration.Uri',
      `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:1:function:\${stageVariables.f}/invocations`,
    ],
    ['PUT', 'Integration.Uri', 'arn:aws:apigateway:us-east-1:s3:path/bucket/key'],
    ['PUT', 'Integration.ResponseTransferMode', 'STREAM'],
    ['Api', 'ProtocolType', 'HTTP'],
    ['Api', 'RouteSelectionExpression', '$request.header.x'],
    ['Route', 'AuthorizationType', 'AWS_IAM'],
    ['Route', 'ApiKeyRequired', true],
    ['Route', 'ModelSelectionExpression', '$request.body.x'],
    ['Route', 'RequestModels', { $default: 'x' }],
    ['RouteResponse', 'ResponseModels', { $default: 'x' }],
    ['Integration', 'IntegrationType', 'MOCK'],
    ['Integration', 'TimeoutInMillis', 29_001],
    ['Integration', 'ContentHandlingStrategy', 'CONVERT_TO_TEXT'],
    ['Integration', 'RequestTemplates', { $default: '{}' }],
  ])('is refused where its %s says %s: %j', (which, path, value) => {
    const [key = ''] = path.split('.');
    expect(reading(which, (properties) => set(properties, path, value))).toThrow(
      new RegExp(`^template, \\w+\\.${key}`),
    );
  });

  it('is refused with a variable part beside another, and with a part below a greedy one', () => {
    const beside = (properties: Record<string, unknown>, parent: unknown, part: string) => {
      properties['ParentId'] = parent;
      properties['PathPart'] = part;
    };
    made ??= everyResource();
    const resources: [string, Resource][] = Object.entries(Object(made)['Resources']);
    const idOf = (part: string) =>
      resources.find(([, { Properties }]) => Properties['PathPart'] === part)?.[0] ?? '';
    const [variable, greedy] = [idOf('{variable}'), idOf('{rest+}')];
    const parent = Object(made)['Resources'][variable].Properties.ParentId;
    const changed = (part: string, below: unknown) => {
      const json: { Resources: Record<string, object> } = Object(structuredClone(made));
      const more = structuredClone(Object(json.Resources[variable]));
      beside(more.Properties, below, part);
      json.Resources['More'] = more;
      return () => localSystemOf(Template.fromJSON(json));
    };
    expect(changed('{other}', parent)).toThrow(/PathPart: found .*expected one variable part/);
    expect(changed('fixed', { Ref: greedy })).toThrow(/PathPart: found fixed, expected nothing below/);
    expect(changed('fixed', parent)).not.toThrow();
  });

  it.each<readonly [which: string, path: string, value: unknown]>([
    ['RestApi', 'BinaryMediaTypes', []],
    ['Stage', 'CacheClusterEnabled', 'false'],
    ['GET', 'ApiKeyRequired', 'false'],
    ['GET', 'RequestModels', { [JSON_TYPE]: 'Empty', 'text/plain': 'Error' }],
    ['GET', 'Integration.ConnectionType', 'INTERNET'],
    ['GET', 'Integration.RequestParameters', { 'integration.request.path.x': 'method.request.path.y' }],
    ['GET', 'Integration.IntegrationResponses.SelectionPattern', '(?i)2\\d{2}'],
    ['POST', 'Integration.TimeoutInMillis', 50],
  ])('is read where its %s says %s: %j', (which, path, value) => {
    expect(reading(which, (properties) => set(properties, path, value))).not.toThrow();
  });
});
