// What of the settings holds for everything of a kind, whoever made it, functions of one's own included: visited when all is there.
import { Annotations, Aspects, type Stack, Tags } from 'aws-cdk-lib';
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { IConstruct } from 'constructs';
import { ConsumerFunction } from '../constructs/consumer-function.ts';
import type { Settings } from './settings.ts';
import { TAGGED } from './tagged.ts';

export function applySettings(stack: Stack, settings: Settings): void {
  const { alarmTopic, tags, stage } = settings;
  for (const [key, value] of Object.entries(tags ?? {})) Tags.of(stack).add(key, value, TAGGED);
  const action =
    alarmTopic === undefined ? undefined : new SnsAction(Topic.fromTopicArn(stack, 'AlarmTopic', alarmTopic));
  if (action === undefined && stage === 'production')
    Annotations.of(stack).addWarningV2(
      'tidemill:alarmsReachNobody',
      'alarms.topic: missing, expected the ARN of an SNS topic: as it is the alarms of production reach nobody',
    );
  Aspects.of(stack).add({
    visit: (node) => {
      if (node instanceof ConsumerFunction) applyToFunction(node, settings);
      if (node instanceof Alarm && action !== undefined) tell(node, action);
      keepLogs(node, settings);
    },
  });
}

/** When it goes off, and when it is over. The topic's policy must let CloudWatch publish. */
function tell(alarm: Alarm, action: SnsAction): void {
  alarm.addAlarmAction(action);
  alarm.addOkAction(action);
}

function keepLogs(node: IConstruct, { logDays }: Settings): void {
  if (logDays !== undefined && node instanceof CfnLogGroup) node.retentionInDays = logDays;
}

function applyToFunction(consumer: ConsumerFunction, settings: Settings): void {
  const { tracing, kmsKey, concurrency } = settings;
  const fn = consumer.fn.node.defaultChild;
  if (!(fn instanceof CfnFunction)) throw new Error(`${consumer.node.path}: found no function in it`);
  if (tracing === true) {
    fn.tracingConfig = { mode: 'Active' };
    // The API knows no resource for them.
    consumer.allow(['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], '*');
  }
  // Tables, streams, secrets and the bucket of failures are opened with it by whoever reads and writes them.
  if (kmsKey !== undefined) consumer.allow(KEY_ACTIONS, kmsKey);
  const reserved = concurrency?.[consumer.name];
  if (reserved !== undefined) fn.reservedConcurrentExecutions = reserved;
}

const KEY_ACTIONS = [
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey*',
  'kms:ReEncrypt*',
];
