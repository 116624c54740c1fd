// Reads the synthesized template into what a laptop has to run, every reference resolved.

import type { CloudFormationTemplate } from './cloudformation-template.ts';
import { type AlarmSpec, readAlarm } from './cloudwatch/read-alarm.ts';
import { readRestApis } from './gateway/read-rest-api.ts';
import { readSites, type Site } from './gateway/read-sites.ts';
import { readWebSocketApis, type WebSocketApi } from './gateway/read-websocket-api.ts';
import type { RestApi } from './gateway/rest-api.ts';
import { createIamPolicies, type IamPolicies } from './iam-policies.ts';
import { LOCAL_ACCOUNT_ID, type LocalAccount, localName } from './local-names.ts';
import { asText } from './property.ts';
import { type FunctionSpec, readFunction } from './read-function.ts';
import { type MappingSpec, readMapping } from './read-mapping.ts';
import { readSchedule, type ScheduleSpec } from './read-schedule.ts';
import { readSecret, type SecretSpec } from './read-secret.ts';
import { readStream, type StreamSpec } from './read-stream.ts';
import { readTable, type TableSpec } from './read-table.ts';
import { createResolver, type Resolve } from './resolve-intrinsics.ts';
import type { ResourceToRead } from './resource-to-read.ts';
import type { Synthesis } from './synthesis.ts';

export interface LocalSystem {
  readonly streams: readonly StreamSpec[];
  readonly tables: readonly TableSpec[];
  readonly functions: readonly FunctionSpec[];
  readonly mappings: readonly MappingSpec[];
  readonly schedules: readonly ScheduleSpec[];
  readonly secrets: readonly SecretSpec[];
  readonly restApis: readonly RestApi[];
  readonly webSocketApis: readonly WebSocketApi[];
  readonly sites: readonly Site[];
  /** What the stack's roles and function permissions allow. */
  readonly policies: IamPolicies;
  readonly alarms: readonly AlarmSpec[];
  readonly buckets: readonly { readonly logicalId: string; readonly name: string; readonly arn: string }[];
  /** The stack's outputs, resolved: name to value. */
  readonly outputs: ReadonlyMap<string, string>;
  /** Resources that do something on AWS and nothing here: to be shown to whoever starts the run. */
  readonly notRun: readonly { readonly logicalId: string; readonly type: string }[];
}

/** Throws when a reference cannot be resolved or a property is not what CloudFormation says, naming the resource. */
export function readTemplate(synthesis: Synthesis, region: string): LocalSystem {
  const { template, stackName, codeFolders } = synthesis;
  const account = { stackName, region, accountId: LOCAL_ACCOUNT_ID };
  const resolve = createResolver(template, account);
  const ofType = (type: string) => resourcesOfType(template, account, type, resolve);

  const streams = ofType('AWS::Kinesis::Stream').map(readStream);
  // Of a global table this is the region that writes: its copies elsewhere change nothing here.
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
    secrets: ofType('AWS::SecretsManager::Secret').map(readSecret),
    restApis: readRestApis(ofType),
    webSocketApis: readWebSocketApis(ofType),
    sites: readSites(ofType, codeFolders),
    policies: createIamPolicies(ofType),
    alarms: ofType('AWS::CloudWatch::Alarm').map(readAlarm),
    buckets: ofType('AWS::S3::Bucket').map(({ logicalId, name, arn }) => ({ logicalId, name, arn })),
    outputs: new Map(
      [...template.outputs].map(([id, value]) => [
        id,
        asText(resolve(value, `output ${id}`), `output ${id}`),
      ]),
    ),
    notRun: [...template.resources]
      .filter(([, { type }]) => !isRun(type) && !WITHOUT_EFFECT_HERE.has(type))
      .map(([logicalId, { type }]) => ({ logicalId, type })),
  };
}

const RUN = new Set([
  'AWS::CloudWatch::Alarm',
  'AWS::Kinesis::Stream',
  'AWS::DynamoDB::GlobalTable',
  'AWS::DynamoDB::Table',
  'AWS::Lambda::Function',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Events::Rule',
  'AWS::S3::Bucket',
  'AWS::SecretsManager::Secret',
  'AWS::CloudFront::Distribution',
  'AWS::CloudFront::OriginAccessControl',
  'AWS::CloudFront::ResponseHeadersPolicy',
  'Custom::CDKBucketDeployment',
  // Empties a bucket when its stack goes.
  'Custom::S3AutoDeleteObjects',
]);

/** All of an API is read together. */
const isRun = (type: string) => RUN.has(type) || /^AWS::ApiGateway(V2)?::/.test(type);

/** Permissions, logs and what watches: nothing of it changes what the system computes. */
const WITHOUT_EFFECT_HERE = new Set([
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
