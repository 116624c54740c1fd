// The MQTT door: a rule of AWS IoT Core that puts what devices publish into the stream, as the HTTP door does. Who a device is, is its
// thing: the policy lets it publish below its own name alone, and the rule takes the source from there, not from the payload.
import { Aws, CfnOutput, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnPolicy, CfnTopicRule } from 'aws-cdk-lib/aws-iot';
import type { Stream } from 'aws-cdk-lib/aws-kinesis';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { OUTPUTS } from '../../src/platform/names.ts';
import type { Settings } from '../settings/settings.ts';
import { AT_ONCE, addMetricAlarm } from './metric-alarm.ts';

export interface MqttDoorOptions {
  readonly stream: Stream;
  /** Gets what the rule could not put into the stream, under `iot/`. */
  readonly failures: Bucket;
  readonly settings: Pick<Settings, 'kmsKey'>;
}

/** A device is an attached thing; its name is its source. */
const THING = `\${iot:Connection.Thing.ThingName}`;

export class MqttDoor extends Construct {
  /** For the certificates of devices: connect as their thing, publish below `<stack>/<thing>/`. */
  readonly policy: CfnPolicy;
  readonly rule: CfnTopicRule;

  constructor(scope: Construct, id: string, { stream, failures, settings }: MqttDoorOptions) {
    super(scope, id);
    const root = Stack.of(this).stackName;
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('iot.amazonaws.com') });
    role.addToPolicy(new PolicyStatement({ actions: ['kinesis:PutRecord'], resources: [stream.streamArn] }));
    role.addToPolicy(
      new PolicyStatement({ actions: ['s3:PutObject'], resources: [failures.arnForObjects('iot/*')] }),
    );
    if (settings.kmsKey !== undefined) Key.fromKeyArn(this, 'Key', settings.kmsKey).grantEncryptDecrypt(role);
    this.rule = new CfnTopicRule(this, 'Rule', {
      topicRulePayload: {
        description: 'Telemetry of devices, from their topics into the stream',
        // Encoded, a payload may be anything: JSON, lines, gzip. The topic says whose it is and by which route it comes.
        sql: `SELECT encode(*, 'base64') AS document, topic(2) AS source, topic(3) AS route FROM '${root}/+/+'`,
        awsIotSqlVersion: '2016-03-23',
        ruleDisabled: false,
        actions: [
          { kinesis: { streamName: stream.streamName, partitionKey: `\${topic(2)}`, roleArn: role.roleArn } },
        ],
        errorAction: {
          s3: {
            bucketName: failures.bucketName,
            key: `iot/\${timestamp()}-\${newuuid()}.json`,
            roleArn: role.roleArn,
          },
        },
      },
    });
    this.rule.node.addDependency(role);
    const arn = (resource: string) => `arn:${Aws.PARTITION}:iot:${Aws.REGION}:${Aws.ACCOUNT_ID}:${resource}`;
    this.policy = new CfnPolicy(this, 'Devices', {
      policyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: 'iot:Connect',
            Resource: arn(`client/${THING}`),
            Condition: { Bool: { 'iot:Connection.Thing.IsAttached': 'true' } },
          },
          { Effect: 'Allow', Action: 'iot:Publish', Resource: arn(`topic/${root}/${THING}/*`) },
        ],
      },
    });
    new CfnOutput(Stack.of(this), OUTPUTS.devicesPolicy, { value: this.policy.ref });
    addMetricAlarm(this, 'Failing', {
      entry: 'door-failing',
      description:
        'The MQTT door could not put messages into the stream: they are in the failures bucket, under iot/',
      watched: {
        namespace: 'AWS/IoT',
        metric: 'Failure',
        dimensions: { RuleName: this.rule.ref, ActionType: 'Kinesis' },
        statistic: 'Sum',
      },
      over: 0,
      points: AT_ONCE,
    });
  }
}
