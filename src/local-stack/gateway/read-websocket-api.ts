// AWS::ApiGatewayV2::*: WebSocket APIs, each with the one stage that is deployed.
import { asArray, asText, ifPresent } from '../property.ts';
import type { OfType, ResourceToRead } from '../resource-to-read.ts';
import { parseIntegrationUri } from './integration-uri.ts';
import { refuseUnknownProperties } from './known-properties.ts';
import { readIdentitySource } from './read-identity-source.ts';
import { readTimeout } from './read-integration.ts';
import type { Authorizer, InvocationRight } from './rest-api.ts';
import { parseRouteSelection, type RouteSelection } from './route-selection.ts';

export interface WebSocketApi {
  readonly logicalId: string;
  readonly id: string;
  readonly stage: { readonly name: string; readonly variables: Readonly<Record<string, string>> };
  readonly routeSelection: RouteSelection;
  readonly routes: ReadonlyMap<string, WebSocketRoute>;
}

export interface WebSocketRoute {
  readonly routeKey: string;
  readonly functionArn: string;
  readonly invocation: InvocationRight;
  readonly authorizer: Authorizer | undefined;
  readonly timeoutMs: number;
  /** Whether what the function returns goes back to the connection. */
  readonly responds: boolean;
}

export function readWebSocketApis(ofType: OfType): WebSocketApi[] {
  const apis = ofType('AWS::ApiGatewayV2::Api');
  for (const { logicalId, property } of apis) {
    const protocol = asText(property('ProtocolType'), `${logicalId}.ProtocolType`);
    if (protocol !== 'WEBSOCKET') {
      throw new Error(
        `template, ${logicalId}.ProtocolType: found ${protocol}, expected WEBSOCKET: HTTP APIs do not run locally`,
      );
    }
  }
  refuseUnknownProperties(ofType, 'AWS::ApiGatewayV2::');
  return apis.map((api) => readWebSocketApi(api, ofType));
}

function readWebSocketApi(api: ResourceToRead, ofType: OfType): WebSocketApi {
  const own = (type: string) => ofType(type).filter(({ property }) => property('ApiId') === api.name);
  const stages = own('AWS::ApiGatewayV2::Stage');
  const [stage] = stages;
  if (stage === undefined || stages.length > 1) {
    throw new Error(`template, ${api.logicalId}: found ${stages.length} stages, expected one`);
  }
  const integrations = new Map(own('AWS::ApiGatewayV2::Integration').map((each) => [each.name, each]));
  const authorizers = new Map(
    own('AWS::ApiGatewayV2::Authorizer').map((each) => [each.name, readAuthorizer(each)]),
  );
  const responding = new Set(
    own('AWS::ApiGatewayV2::RouteResponse').map(({ property }) => property('RouteId')),
  );
  const routes = own('AWS::ApiGatewayV2::Route').map((route) =>
    readRoute(route, { integrations, authorizers, responds: responding.has(route.name) }),
  );
  return {
    logicalId: api.logicalId,
    id: api.name,
    stage: { name: asText(stage.property('StageName'), `${stage.logicalId}.StageName`), variables: {} },
    routeSelection: readRouteSelection(api),
    routes: new Map(routes.map((route) => [route.routeKey, route])),
  };
}

function readRouteSelection({ logicalId, property }: ResourceToRead): RouteSelection {
  const where = `${logicalId}.RouteSelectionExpression`;
  return parseRouteSelection(asText(property('RouteSelectionExpression'), where), where);
}

function readRoute(
  { logicalId, property }: ResourceToRead,
  parts: {
    readonly integrations: ReadonlyMap<string, ResourceToRead>;
    readonly authorizers: ReadonlyMap<string, Authorizer>;
    readonly responds: boolean;
  },
): WebSocketRoute {
  const target = asText(property('Target'), `${logicalId}.Target`);
  const integration = parts.integrations.get(target.replace(/^integrations\//, ''));
  if (integration === undefined) {
    throw new Error(`template, ${logicalId}.Target: found ${target}, expected an integration of this API`);
  }
  const where = `${integration.logicalId}.IntegrationUri`;
  const uri = parseIntegrationUri(asText(integration.property('IntegrationUri'), where), where);
  if (uri.kind !== 'function') {
    throw new Error(
      `template, ${where}: expected a Lambda proxy: nothing else runs locally behind a WebSocket`,
    );
  }
  const roleArn = ifPresent(integration.property('CredentialsArn'), asText, integration.logicalId);
  const routeKey = asText(property('RouteKey'), `${logicalId}.RouteKey`);
  const authorizer = readAuthorization({ logicalId, property }, parts.authorizers);
  if (authorizer !== undefined && routeKey !== '$connect') {
    throw new Error(
      `template, ${logicalId}.AuthorizerId: found one at ${routeKey}, expected it at $connect alone`,
    );
  }
  return {
    routeKey,
    functionArn: uri.functionArn,
    invocation: roleArn === undefined ? { kind: 'function-permission' } : { kind: 'role', roleArn },
    authorizer,
    timeoutMs: readTimeout(
      integration.property('TimeoutInMillis'),
      `${integration.logicalId}.TimeoutInMillis`,
    ),
    responds: parts.responds,
  };
}

function readAuthorization(
  { logicalId, property }: Pick<ResourceToRead, 'logicalId' | 'property'>,
  authorizers: ReadonlyMap<string, Authorizer>,
): Authorizer | undefined {
  if (property('AuthorizationType') !== 'CUSTOM') return undefined;
  const id = asText(property('AuthorizerId'), `${logicalId}.AuthorizerId`);
  const found = authorizers.get(id);
  if (found !== undefined) return found;
  throw new Error(`template, ${logicalId}.AuthorizerId: found ${id}, expected one of this API`);
}

/** Those of WebSocket APIs are asked once a connection: nothing is kept. */
function readAuthorizer({ logicalId, name, property }: ResourceToRead): Authorizer {
  const uri = parseIntegrationUri(asText(property('AuthorizerUri'), logicalId), `${logicalId}.AuthorizerUri`);
  if (uri.kind !== 'function') throw new Error(`template, ${logicalId}.AuthorizerUri: expected a function`);
  const roleArn = ifPresent(property('AuthorizerCredentialsArn'), asText, logicalId);
  return {
    logicalId,
    id: name,
    type: 'REQUEST',
    functionArn: uri.functionArn,
    invocation: roleArn === undefined ? { kind: 'function-permission' } : { kind: 'role', roleArn },
    identitySources: (ifPresent(property('IdentitySource'), asArray, logicalId) ?? []).map((source) =>
      readIdentitySource(
        asText(source, `${logicalId}.IdentitySource`),
        'route',
        `${logicalId}.IdentitySource`,
      ),
    ),
    cacheTtlMs: 0,
    identityPattern: undefined,
  };
}
