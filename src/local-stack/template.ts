// Reads the synthesized template into what a laptop has to run, every reference resolved.

import type { CloudFormationTemplate, TemplateResource } from './cloudformation-template.ts';
import { type AlarmSpec, readAlarm } from './cloudwatch/read-alarm.ts';
import { type DashboardSpec, readDashboard } from './cloudwatch/read-dashboard.ts';
import { readRestApis } from './gateway/read-rest-api.ts';
import { readSites, type Site } from './gateway/read-sites.ts';
import { readWebSocketApis, type WebSocketApi } from './gateway/read-websocket-api.ts';
import type { RestApi } from './gateway/rest-api.ts';
import { createIamPolicies, type IamPolicies } from './iam-policies.ts';
import {
  type IotStatement,
  readIotPolicy,
  readTopicRule,
  type TopicRuleSpec,
} from './iot/read-topic-rule.ts';
import { LOCAL_ACCOUNT_ID, type LocalAccount, localName } from './local-names.ts';
import { asText, isObject } from './property.ts';
import { type FunctionSpec, readFunction } from './read-function.ts';
import { type MappingSpec, readMapping } from './read-mapping.ts';
import { type ObjectRuleSpec, readObjectRule } from './read-object-rule.ts';
import { readSchedule, type ScheduleSpec } from './read-schedule.ts';
import { readSecret, type SecretSpec } from './read-secret.ts';
import { readStream, type StreamSpec } from './read-stream.ts';
import { readTable, type TableSpec } from './read-table.ts';
import { createResolver, type Resolve } from './resolve-intrinsics.ts';
import type { ResourceToRead } from './resource-to-read.ts';
import type { Synthesis } from './synthesis.ts';
import type { Ignored } from './unsupported.ts';

export interface LocalSystem {
  readonly streams: readonly StreamSpec[];
  readonly tables: readonly TableSpec[];
  readonly functions: readonly FunctionSpec[];
  readonly mappings: readonly MappingSpec[];
  readonly schedules: readonly ScheduleSpec[];
  readonly objectRules: readonly ObjectRuleSpec[];
  readonly secrets: readonly SecretSpec[];
  /** AWS IoT: rules by which messages are passed on, and policies of what devices may do. */
  readonly topicRules: readonly TopicRuleSpec[];
  readonly iotPolicies: readonly IotStatement[];
  readonly restApis: readonly RestApi[];
  readonly webSocketApis: readonly WebSocketApi[];
  readonly sites: readonly Site[];
  /** What the stack's roles and function permissions allow. */
  readonly policies: IamPolicies;
  readonly alarms: readonly AlarmSpec[];
  readonly dashboards: readonly DashboardSpec[];
  readonly buckets: readonly { readonly logicalId: string; readonly name: string; readonly arn: string }[];
  /** The stack's outputs, resolved: name to value. */
  readonly outputs: ReadonlyMap<string, string>;
  /** Resources that do something on AWS and nothing here: to be shown to whoever starts the run, or refused. */
  readonly notRun: readonly NotRun[];
}

export interface NotRun {
  readonly logicalId: string;
  readonly type: string;
  /** Where the type alone does not say it. */
  readonly why?: string;
}

/**
 * `ignored`: resources that are passed over, and what refers to them gets a made-up name; default: none.
 * @throws Error when a reference cannot be resolved or a property is not what CloudFormation says, naming the resource
 */
export function readTemplate(
  synthesis: Synthesis,
  region: string,
  ignored: Ignored = () => false,
): LocalSystem {
  const { stackName, codeFolders } = synthesis;
  const account = { stackName, region, accountId: LOCAL_ACCOUNT_ID };
  const resolve = createResolver(synthesis.template, account, ignored);
  const template = {
    ...synthesis.template,
    resources: new Map([...synthesis.template.resources].filter(([id, resource]) => !ignored(id, resource))),
  };
  const ofType = (type: string) => resourcesOfType(template, account, type, resolve);

  const streams = ofType('AWS::Kinesis::Stream').map(readStream);
  // This is the region in which a global table is written: its replicas elsewhere change nothing here.
  const tables = [...ofType('AWS::DynamoDB::Table'), ...ofType('AWS::DynamoDB::GlobalTable')].map(readTable);
  const deploying = actingWhileDeployed(template, resolve);
  const functions = ofType('AWS::Lambda::Function')
    .filter(({ arn }) => !deploying.has(arn))
    .map((resource) => readFunction(resource, codeFolders));
  return {
    streams,
    tables,
    functions,
    mappings: ofType('AWS::Lambda::EventSourceMapping').map((resource) =>
      readMapping(resource, { streams, tables, functions }),
    ),
    schedules: ofType('AWS::Events::Rule').flatMap((resource) => readSchedule(resource, functions)),
    objectRules: ofType('AWS::Events::Rule').flatMap((resource) => readObjectRule(resource, functions)),
    secrets: ofType('AWS::SecretsManager::Secret').map(readSecret),
    topicRules: ofType('AWS::IoT::TopicRule').flatMap(readTopicRule),
    iotPolicies: ofType('AWS::IoT::Policy').flatMap(readIotPolicy),
    restApis: readRestApis(ofType),
    webSocketApis: readWebSocketApis(ofType),
    sites: readSites(ofType, codeFolders),
    policies: createIamPolicies(ofType),
    alarms: ofType('AWS::CloudWatch::Alarm').map(readAlarm),
    dashboards: ofType('AWS::CloudWatch::Dashboard').map(readDashboard),
    buckets: ofType('AWS::S3::Bucket').map(({ logicalId, name, arn }) => ({ logicalId, name, arn })),
    outputs: new Map(
      [...template.outputs].map(([id, value]) => [
        id,
        asText(resolve(value, `output ${id}`), `output ${id}`),
      ]),
    ),
    notRun: notRunIn(template, resolve),
  };
}

function notRunIn(template: CloudFormationTemplate, resolve: Resolve): NotRun[] {
  const served = new Set(
    [...template.resources]
      .filter(([, { type }]) => type === 'AWS::CloudFront::Distribution')
      .flatMap(([id, { properties }]) => JSON.stringify(resolve(properties, id)).match(BUCKET_HOST) ?? []),
  );
  return [...template.resources].flatMap(([logicalId, resource]) => {
    const why = whyNotRun(
      resource,
      (key) => resolve(resource.properties[key], `${logicalId}.${key}`),
      served,
    );
    if (why === undefined) return [];
    const { type } = resource;
    return [why === '' ? { logicalId, type } : { logicalId, type, why }];
  });
}

/** Undefined: it runs, or has no effect here; the empty text: its type says why not. */
function whyNotRun(
  { type, condition }: TemplateResource,
  property: (key: string) => unknown,
  served: ReadonlySet<string>,
): string | undefined {
  if (WITHOUT_EFFECT_HERE.has(type)) return undefined;
  if (!RUN.has(type)) return '';
  if (condition !== undefined) return `it has the Condition ${condition}`;
  if (type === 'Custom::CDKBucketDeployment') {
    const bucket = String(property('DestinationBucketName'));
    if (![...served].some((host) => host.startsWith(`${bucket}.s3.`)))
      return `nothing puts files into ${bucket}, which no distribution serves`;
  }
  if (type !== 'AWS::S3::Bucket') return undefined;
  const unknown = BUCKET_ACTS.find(
    (key) => property(key) !== undefined && !(key === NOTIFICATION && isToEventBridge(property(key))),
  );
  return unknown === undefined ? undefined : `its ${unknown}`;
}

const BUCKET_HOST = /[a-z0-9.-]+\.s3\.[a-z0-9-]+\.amazonaws\.com/g;

const NOTIFICATION = 'NotificationConfiguration';

/** To rules, and to nobody else. */
function isToEventBridge(notification: unknown): boolean {
  return (
    isObject(notification) &&
    Object.keys(notification).join() === 'EventBridgeConfiguration' &&
    isObject(notification['EventBridgeConfiguration'])
  );
}

/** What a bucket does by itself. */
const BUCKET_ACTS = [NOTIFICATION, 'ReplicationConfiguration', 'WebsiteConfiguration'];

const RUN = new Set([
  'AWS::CloudWatch::Alarm',
  'AWS::Kinesis::Stream',
  'AWS::DynamoDB::GlobalTable',
  'AWS::DynamoDB::Table',
  'AWS::Lambda::Function',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Events::Rule',
  'AWS::IoT::Policy',
  'AWS::IoT::TopicRule',
  'AWS::S3::Bucket',
  'AWS::SecretsManager::Secret',
  'AWS::CloudFront::Distribution',
  'AWS::CloudFront::OriginAccessControl',
  'AWS::CloudFront::ResponseHeadersPolicy',
  'Custom::CDKBucketDeployment',
  // Empties a bucket when its stack goes.
  'Custom::S3AutoDeleteObjects',
  'AWS::ApiGateway::ApiKey',
  'AWS::ApiGateway::Authorizer',
  'AWS::ApiGateway::GatewayResponse',
  'AWS::ApiGateway::Method',
  'AWS::ApiGateway::Model',
  'AWS::ApiGateway::RequestValidator',
  'AWS::ApiGateway::Resource',
  'AWS::ApiGateway::RestApi',
  'AWS::ApiGateway::Stage',
  'AWS::ApiGateway::UsagePlan',
  'AWS::ApiGateway::UsagePlanKey',
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Authorizer',
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGatewayV2::RouteResponse',
  'AWS::ApiGatewayV2::Stage',
]);

/** Permissions, logs and what watches: nothing of it changes what the system computes. */
const WITHOUT_EFFECT_HERE = new Set([
  'AWS::ApiGateway::Account',
  'AWS::ApiGateway::Deployment',
  'AWS::ApiGatewayV2::Deployment',
  'AWS::ApplicationAutoScaling::ScalableTarget',
  'AWS::ApplicationAutoScaling::ScalingPolicy',
  'AWS::Budgets::Budget',
  'AWS::CDK::Metadata',
  'AWS::CloudWatch::Dashboard',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::LayerVersion',
  'AWS::Lambda::Permission',
  'AWS::Logs::LogGroup',
  'AWS::S3::BucketPolicy',
  'Custom::LogRetention',
]);

/** Functions behind custom resources: they act when the stack is deployed, and have nothing to do afterwards. */
function actingWhileDeployed(template: CloudFormationTemplate, resolve: Resolve): ReadonlySet<unknown> {
  const custom = [...template.resources].filter(([, { type }]) => type.startsWith('Custom::'));
  return new Set(
    custom.map(([logicalId, { properties }]) =>
      resolve(properties['ServiceToken'], `${logicalId}.ServiceToken`),
    ),
  );
}

function resourcesOfType(
  template: CloudFormationTemplate,
  account: LocalAccount,
  type: string,
  resolve: Resolve,
): ResourceToRead[] {
  return [...template.resources]
    .filter(([, resource]) => resource.type === type)
    .map(([logicalId, resource]) => {
      const name = localName(logicalId, resource, account);
      return {
        logicalId,
        name: name?.ref ?? logicalId,
        arn: name?.attributes['Arn'] ?? '',
        attributes: name?.attributes ?? {},
        property: (key) => resolve(resource.properties[key], `${logicalId}.${key}`),
        properties: Object.keys(resource.properties),
      };
    });
}
