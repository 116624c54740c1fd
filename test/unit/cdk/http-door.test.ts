import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { ENCODED_TYPES } from '../../../src/core/shape/route-content-types.ts';
import { MAX_EVENTS_PER_REQUEST } from '../../../src/platform/door.ts';
import { openApiDocument } from '../../../src/wire/api/openapi.ts';
import type { OpenApiDocument } from '../../../src/wire/api/openapi-document.ts';
import { synthesizedStack } from '../../support/synthesized-stack.ts';

interface Described {
  readonly post: {
    readonly requestBody: { readonly content: { readonly 'application/json': { readonly schema: object } } };
    readonly responses: Readonly<Record<string, object>>;
  };
}

/** A schema as the document has it: what it refers to is among its components, and no word of which dialect it is. */
function inDocument(schema: object, { components }: OpenApiDocument): unknown {
  const text = JSON.stringify(schema).replaceAll('#/definitions/', '#/components/schemas/door-');
  const { $schema: _, title: __, $ref, ...own } = JSON.parse(text);
  if ($ref === undefined) return own;
  const schemas = components['schemas'] as Readonly<Record<string, unknown>>;
  return schemas[$ref.slice('#/components/schemas/'.length)];
}

const template = synthesizedStack();
const methods = Object.values(template.findResources('AWS::ApiGateway::Method')).map(
  (method) => method['Properties'],
);

/** Into the stream; what a function takes is no door. */
const isDoor = ({ HttpMethod, Integration }: (typeof methods)[number]) =>
  HttpMethod === 'POST' && Integration.Type === 'AWS';

describe('the route that retires sources', () => {
  it('is for operators alone, and its function may mark a source and no more', () => {
    const retiring = methods.filter(
      ({ HttpMethod, Integration }) => HttpMethod === 'POST' && Integration.Type !== 'AWS',
    );
    expect(retiring).toMatchObject([{ AuthorizationType: 'CUSTOM', Integration: { Type: 'AWS_PROXY' } }]);
    template.hasResourceProperties('AWS::ApiGateway::Authorizer', {
      Name: Match.stringLikeRegexp('Operators'),
      IdentitySource: 'method.request.header.Authorization',
    });
    const [policy] = Object.entries(template.findResources('AWS::IAM::Policy'))
      .filter(([id]) => id.startsWith('Retire'))
      .map(([, { Properties }]) => JSON.stringify(Properties.PolicyDocument));
    expect(policy?.match(/dynamodb:\w+/g)).toEqual(['dynamodb:BatchGetItem', 'dynamodb:PartiQLUpdate']);
  });
});

describe('the HTTP door', () => {
  it('lets nobody in without a token, and nothing past the validation', () => {
    for (const method of methods) expect(method).toMatchObject({ AuthorizationType: 'CUSTOM' });
    const writing = methods.filter(isDoor);
    expect(writing.length).toBe(2);
    for (const method of writing) {
      expect(method).toMatchObject({
        AuthorizationType: 'CUSTOM',
        ApiKeyRequired: true,
        RequestValidatorId: expect.anything(),
        RequestModels: { 'application/json': expect.anything(), $default: expect.anything() },
        // No integration for other content types: a model looks at its own type alone.
        Integration: { PassthroughBehavior: 'NEVER', Type: 'AWS' },
      });
      expect(Object.keys(method.Integration.RequestTemplates)).toEqual(['application/json']);
    }
  });

  it('has a route for each that shapes ask for, for devices and for relays, and none otherwise', () => {
    const pathsOf = (of: ReturnType<typeof synthesizedStack>) =>
      Object.values(of.findResources('AWS::ApiGateway::Resource')).map(
        ({ Properties }) => Properties.PathPart,
      );
    expect(pathsOf(template)).not.toContain('ttn');
    const routed = synthesizedStack({ routes: ['senml', 'ttn'] });
    expect(pathsOf(routed).filter((part) => part === 'ttn' || part === 'senml')).toHaveLength(4);
    const written = Object.values(routed.findResources('AWS::ApiGateway::Method'))
      .map(({ Properties }) => Properties)
      .filter(isDoor);
    expect(written).toHaveLength(6);
    for (const method of written)
      expect(method).toMatchObject({
        AuthorizationType: 'CUSTOM',
        ApiKeyRequired: true,
        Integration: { PassthroughBehavior: 'NEVER', Type: 'AWS' },
      });
    const typesOf = ({ Integration }: (typeof written)[number]) => Object.keys(Integration.RequestTemplates);
    const bodies = ['application/json', ...ENCODED_TYPES].sort();
    expect(written.map((method) => typesOf(method).sort())).toEqual(
      written.map(({ RequestValidatorId }) =>
        RequestValidatorId === undefined ? bodies : ['application/json'],
      ),
    );
    expect(written.filter(({ RequestValidatorId }) => RequestValidatorId === undefined)).toHaveLength(4);
  });

  it('is in the OpenAPI document as it is: its routes, the bodies it takes, and each answer it may give', () => {
    const routes = ['senml', 'ttn'];
    const stack = synthesizedStack({ routes });
    const document = openApiDocument({ routes, maxEvents: MAX_EVENTS_PER_REQUEST });
    const resources = stack.findResources('AWS::ApiGateway::Resource');
    const pathOf = (id: string): string => {
      const { ParentId, PathPart } = resources[id]?.['Properties'] ?? {};
      return ParentId?.Ref === undefined ? `/${PathPart}` : `${pathOf(ParentId.Ref)}/${PathPart}`;
    };
    const posts = Object.values(stack.findResources('AWS::ApiGateway::Method'))
      .map(({ Properties }) => Properties)
      .filter(
        ({ HttpMethod, ResourceId }) => HttpMethod === 'POST' && pathOf(ResourceId.Ref).includes('/events'),
      );
    const models = stack.findResources('AWS::ApiGateway::Model');
    const answers = Object.values(stack.findResources('AWS::ApiGateway::GatewayResponse')).map(
      ({ Properties }) => String(Properties.StatusCode),
    );
    const described = Object.entries(document.paths).filter(([path]) => path.includes('/events'));
    expect(described.map(([path]) => path).sort()).toEqual(
      posts.map(({ ResourceId }) => pathOf(ResourceId.Ref)).sort(),
    );
    for (const { ResourceId, RequestModels, MethodResponses } of posts) {
      const [, { post }] = described.find(([path]) => path === pathOf(ResourceId.Ref)) as [string, Described];
      const own = MethodResponses.map(({ StatusCode }: { readonly StatusCode: string }) => StatusCode);
      for (const status of [...own, ...answers]) expect(Object.keys(post.responses)).toContain(status);
      const { Schema } = models[RequestModels['application/json'].Ref]?.['Properties'] ?? {};
      const schema = inDocument(post.requestBody.content['application/json'].schema, document);
      expect(schema).toEqual(inDocument({ ...Schema, definitions: undefined }, document));
    }
  });

  it('keeps what the authorizer says for a minute: a relay’s by the source too', () => {
    template.hasResourceProperties('AWS::ApiGateway::Authorizer', {
      Name: Match.stringLikeRegexp('Devices'),
      IdentitySource: 'method.request.header.Authorization',
      AuthorizerResultTtlInSeconds: 60,
    });
    template.hasResourceProperties('AWS::ApiGateway::Authorizer', {
      Name: Match.stringLikeRegexp('Relays'),
      IdentitySource: 'method.request.header.Authorization,method.request.header.Tidemill-Source',
      AuthorizerResultTtlInSeconds: 60,
    });
  });

  it('logs who did what and how it went, without headers or query strings, and no execution', () => {
    const [stage] = Object.values(template.findResources('AWS::ApiGateway::Stage'));
    const { AccessLogSetting, MethodSettings } = stage?.['Properties'] ?? {};
    expect(AccessLogSetting.Format).not.toMatch(/header|querystring|authorizationToken|input/i);
    expect(() => JSON.parse(AccessLogSetting.Format)).not.toThrow();
    expect(MethodSettings).toEqual([
      expect.objectContaining({ LoggingLevel: 'OFF', DataTraceEnabled: false, ThrottlingRateLimit: 2_000 }),
    ]);
  });

  it('has a plan for devices and one for relays, with keys that only the authorizer names', () => {
    template.resourceCountIs('AWS::ApiGateway::UsagePlan', 2);
    template.hasResourceProperties('AWS::ApiGateway::RestApi', { ApiKeySourceType: 'AUTHORIZER' });
    template.hasResourceProperties('AWS::ApiGateway::UsagePlan', {
      Throttle: { RateLimit: 1_000, BurstLimit: 2_000 },
    });
  });

  it('takes the rates that the stack is given', () => {
    const doorLimits = { device: { rate: 7, burst: 9 } };
    synthesizedStack({ doorLimits }).hasResourceProperties('AWS::ApiGateway::UsagePlan', {
      Throttle: { RateLimit: 7, BurstLimit: 9 },
    });
  });

  it('says when to try again wherever trying again helps', () => {
    for (const type of [
      'THROTTLED',
      'INTEGRATION_FAILURE',
      'INTEGRATION_TIMEOUT',
      'AUTHORIZER_FAILURE',
      'AUTHORIZER_CONFIGURATION_ERROR',
    ]) {
      template.hasResourceProperties('AWS::ApiGateway::GatewayResponse', {
        ResponseType: type,
        ResponseParameters: { 'gatewayresponse.header.Retry-After': Match.anyValue() },
      });
    }
  });

  it('puts nothing into its refusals that could end their JSON', () => {
    const refusals = Object.values(template.findResources('AWS::ApiGateway::GatewayResponse'));
    expect(refusals.length).toBeGreaterThan(0);
    for (const { Properties } of refusals) {
      const text = String(Properties['ResponseTemplates']['application/json']);
      expect(text).not.toContain('validationErrorString');
      // This one alone is JSON text by itself, so it stands outside of quotes.
      const filled = text.replaceAll('$context.error.messageString', '"a \\"message\\""');
      expect(filled).not.toContain('$');
      expect(() => JSON.parse(filled)).not.toThrow();
    }
  });

  it('asks for no other words for a request that is too large: the service takes none', () => {
    template.resourcePropertiesCountIs(
      'AWS::ApiGateway::GatewayResponse',
      { ResponseType: 'REQUEST_TOO_LARGE' },
      0,
    );
  });

  it('keeps keys in two secrets that begin empty and are kept', () => {
    template.resourceCountIs('AWS::SecretsManager::Secret', 2);
    template.allResources('AWS::SecretsManager::Secret', {
      Properties: Match.objectLike({ SecretString: '{"keys":[]}' }),
      DeletionPolicy: 'RetainExceptOnCreate',
    });
  });
});
