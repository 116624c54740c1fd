// The HTTP door: a REST API in front of the stream, with nothing between that could lose or change an event. One request
// is one record; the answer is the record's place in the stream.
import { Aws, CfnOutput, Fn, RemovalPolicy } from 'aws-cdk-lib';
import {
  AccessLogFormat,
  ApiKeySourceType,
  AwsIntegration,
  DomainName,
  EndpointType,
  type IModel,
  type IResource,
  JsonSchemaType,
  LogGroupLogDestination,
  MethodLoggingLevel,
  PassthroughBehavior,
  type RequestAuthorizer,
  type RequestValidator,
  RestApi,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigateway';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Stream } from 'aws-cdk-lib/aws-kinesis';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { requestSchema } from '../../src/core/event-schema.ts';
import { ENCODED_TYPES } from '../../src/core/shape/route-content-types.ts';
import { AUTHORIZATION_CACHE_SECONDS, MAX_EVENTS_PER_REQUEST } from '../../src/platform/door.ts';
import { API_STAGE, OUTPUTS } from '../../src/platform/names.ts';
import type { CustomDomain, DoorLimits, RateLimit, Settings } from '../settings/settings.ts';
import { Authorize } from './authorize.ts';
import { addDoorAlarms, REST_ALARMS } from './door-alarms.ts';
import { addDoorAnswers } from './door-answers.ts';
import {
  encodedTemplate,
  FAILED_BODY,
  REFUSED_TEMPLATE,
  requestTemplate,
  routedTemplate,
  STORED_TEMPLATE,
} from './events-templates.ts';
import type { TokenKeys } from './token-keys.ts';
import type { TokensTable } from './tokens-table.ts';

export interface HttpDoorOptions {
  /** Code folder of the authorizer. */
  readonly codeFolder: string;
  readonly stream: Stream;
  readonly tokens: TokensTable;
  readonly keys: TokenKeys;
  /** For bodies in other forms: a route of each name beside the events'. */
  readonly routes: readonly string[];
  readonly settings: Pick<
    Settings,
    'doorLimits' | 'authorizerCacheSeconds' | 'kmsKey' | 'apiDomain' | 'apiWebAcl' | 'tracing' | 'apiLogRole'
  >;
}

const LIMITS: DoorLimits = {
  api: { rate: 2_000, burst: 4_000 },
  device: { rate: 1_000, burst: 2_000 },
  relay: { rate: 500, burst: 1_000 },
};

export class HttpDoor extends Construct {
  readonly api: RestApi;
  readonly authorize: Authorize;
  /** `/v1`: where further routes hang. */
  readonly v1: IResource;
  readonly #role: Role;
  readonly #stream: Stream;

  constructor(scope: Construct, id: string, options: HttpDoorOptions) {
    super(scope, id);
    const { codeFolder, stream, tokens, keys, routes, settings } = options;
    const limits = { ...LIMITS, ...settings.doorLimits };
    const accessLog = new LogGroup(this, 'AccessLog', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.api = new RestApi(this, 'Api', {
      restApiName: Aws.STACK_NAME,
      description: 'Tidemill: telemetry in, windows out',
      endpointTypes: [EndpointType.REGIONAL],
      apiKeySourceType: ApiKeySourceType.AUTHORIZER,
      // The role that access logs are written by is the account's, of all its APIs in a region: not this stack's to replace, or to take along.
      cloudWatchRole: settings.apiLogRole === true,
      ...(settings.apiLogRole === true ? { cloudWatchRoleRemovalPolicy: RemovalPolicy.RETAIN } : {}),
      deployOptions: {
        stageName: API_STAGE,
        accessLogDestination: new LogGroupLogDestination(accessLog),
        accessLogFormat: ACCESS_LOG_FORMAT,
        // Execution logs would hold headers, and so tokens.
        loggingLevel: MethodLoggingLevel.OFF,
        dataTraceEnabled: false,
        metricsEnabled: true,
        tracingEnabled: settings.tracing === true,
        throttlingRateLimit: limits.api.rate,
        throttlingBurstLimit: limits.api.burst,
      },
    });
    // The CDK's own output, which has no name of ours.
    this.api.node.tryRemoveChild('Endpoint');
    addDoorAnswers(this.api);

    const planKeys = { device: planKey('devices'), relay: planKey('relays') };
    this.#addPlan('Devices', limits.device, planKeys.device);
    this.#addPlan('Relays', limits.relay, planKeys.relay);
    this.authorize = new Authorize(this, 'Authorize', {
      codeFolder,
      tokens,
      keys,
      planKeys,
      cacheSeconds: settings.authorizerCacheSeconds ?? AUTHORIZATION_CACHE_SECONDS,
    });

    this.#stream = stream;
    this.#role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('apigateway.amazonaws.com') });
    this.#role.addToPolicy(
      new PolicyStatement({ actions: ['kinesis:PutRecord'], resources: [stream.streamArn] }),
    );
    if (settings.kmsKey !== undefined)
      this.#role.addToPolicy(
        new PolicyStatement({ actions: ['kms:GenerateDataKey'], resources: [settings.kmsKey] }),
      );
    const validator = this.api.addRequestValidator('Body', { validateRequestBody: true });
    const request: DoorRequest = {
      model: this.api.addModel('Request', {
        contentType: JSON_TYPE,
        // The CDK's own type of schemas knows fewer keywords than the service.
        schema: requestSchema({ maxEvents: MAX_EVENTS_PER_REQUEST }),
      }),
      validator,
      templates: { [JSON_TYPE]: requestTemplate(stream.streamName) },
    };
    this.v1 = this.api.root.addResource('v1');
    const doors = [
      { resource: this.v1.addResource('events'), authorizer: this.authorize.devices(this) },
      {
        resource: this.v1.addResource('relay').addResource('events'),
        authorizer: this.authorize.relays(this),
      },
    ];
    for (const { resource, authorizer } of doors) this.#addEvents(resource, authorizer, request);
    if (routes.length > 0) this.#addRoutes(routes, doors);
    addDoorAlarms(this, REST_ALARMS, { ApiName: this.api.restApiName, Stage: API_STAGE });
    if (settings.apiWebAcl !== undefined) this.#guard(settings.apiWebAcl);
    const url = settings.apiDomain === undefined ? this.api.url : this.#addDomain(settings.apiDomain);
    new CfnOutput(this, 'Url', { value: url }).overrideLogicalId(OUTPUTS.apiUrl);
  }

  #guard(webAclArn: string): void {
    const { deploymentStage } = this.api;
    new CfnWebACLAssociation(this, 'Guard', { webAclArn, resourceArn: deploymentStage.stageArn });
  }

  /** The paths are the API's own, without the stage before them. Gives where it is. */
  #addDomain({ name, certificateArn }: CustomDomain): string {
    const domain = new DomainName(this, 'Domain', {
      domainName: name,
      certificate: Certificate.fromCertificateArn(this, 'Certificate', certificateArn),
      endpointType: EndpointType.REGIONAL,
      securityPolicy: SecurityPolicy.TLS_1_2,
    });
    domain.addBasePathMapping(this.api, { stage: this.api.deploymentStage });
    // What the name's own record must point to.
    new CfnOutput(this, 'DomainTarget', { value: domain.domainNameAliasDomainName }).overrideLogicalId(
      OUTPUTS.apiDomainTarget,
    );
    return `https://${name}/`;
  }

  #addRoutes(
    routes: readonly string[],
    doors: readonly { readonly resource: IResource; readonly authorizer: RequestAuthorizer }[],
  ): void {
    const model = this.api.addModel('Document', {
      contentType: JSON_TYPE,
      schema: { type: [JsonSchemaType.OBJECT, JsonSchemaType.ARRAY] },
    });
    for (const route of routes) {
      const { streamName } = this.#stream;
      const encoded = encodedTemplate(streamName, route);
      const templates = {
        [JSON_TYPE]: routedTemplate(streamName, route),
        ...Object.fromEntries(ENCODED_TYPES.map((type) => [type, encoded])),
      };
      // Nothing validates: whether texts would be judged by the model of JSON is not known of the service. The templates look.
      for (const { resource, authorizer } of doors)
        this.#addEvents(resource.addResource(route), authorizer, { model, templates });
    }
  }

  #addEvents(
    resource: IResource,
    authorizer: RequestAuthorizer,
    { model, validator, templates }: DoorRequest,
  ): void {
    const retryAfter = 'method.response.header.Retry-After';
    resource.addMethod(
      'POST',
      new AwsIntegration({
        service: 'kinesis',
        action: 'PutRecord',
        options: {
          credentialsRole: this.#role,
          // Another content type than those of the templates: 415.
          passthroughBehavior: PassthroughBehavior.NEVER,
          requestParameters: { 'integration.request.header.Content-Type': "'application/x-amz-json-1.1'" },
          requestTemplates: { ...templates },
          integrationResponses: [
            { statusCode: '200', responseTemplates: { [JSON_TYPE]: STORED_TEMPLATE } },
            {
              statusCode: '400',
              selectionPattern: '4\\d\\d',
              responseTemplates: { [JSON_TYPE]: REFUSED_TEMPLATE },
            },
            {
              statusCode: '503',
              selectionPattern: '5\\d\\d',
              responseTemplates: { [JSON_TYPE]: FAILED_BODY },
              responseParameters: { [retryAfter]: "'2'" },
            },
          ],
        },
      }),
      {
        authorizer,
        apiKeyRequired: true,
        ...(validator === undefined ? {} : { requestValidator: validator }),
        // Whether `; charset=utf-8` is passed over where a model is chosen is not known of the service.
        requestModels: { [JSON_TYPE]: model, $default: model },
        methodResponses: [
          { statusCode: '200' },
          { statusCode: '400' },
          { statusCode: '503', responseParameters: { [retryAfter]: true } },
        ],
      },
    );
  }

  /** The plan's key is no secret: clients cannot send it, only the authorizer names it. */
  #addPlan(id: string, { rate, burst }: RateLimit, value: string): void {
    const plan = this.api.addUsagePlan(`${id}Plan`, {
      throttle: { rateLimit: rate, burstLimit: burst },
    });
    plan.addApiStage({ stage: this.api.deploymentStage });
    plan.addApiKey(this.api.addApiKey(`${id}Key`, { value }));
  }
}

const JSON_TYPE = 'application/json';

/** What a route of the door takes, and what it makes of it by its content type. */
interface DoorRequest {
  readonly model: IModel;
  /** undefined: the templates refuse what is not to be. */
  readonly validator?: RequestValidator;
  readonly templates: Readonly<Record<string, string>>;
}

/** Unique in the account, as API Gateway asks of key values: with a part of the stack's own id. */
function planKey(name: string): string {
  return `tidemill-${name}-${Fn.select(2, Fn.split('/', Aws.STACK_ID))}-plan`;
}

/** Who, what, how it went. No header and no query string: a token may stand in either. */
const ACCESS_LOG_FORMAT = AccessLogFormat.custom(
  JSON.stringify({
    requestId: '$context.requestId',
    time: '$context.requestTimeEpoch',
    method: '$context.httpMethod',
    resource: '$context.resourcePath',
    status: '$context.status',
    reason: '$context.error.responseType',
    who: '$context.authorizer.principalId',
    tokenId: '$context.authorizer.tokenId',
    sourceIp: '$context.identity.sourceIp',
    latencyMs: '$context.responseLatency',
    integrationStatus: '$context.integration.status',
  }),
);
