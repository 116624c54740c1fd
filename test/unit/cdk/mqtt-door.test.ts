// The MQTT door on AWS: one rule into the stream, a role that may do just that, and a policy that holds each device to its own topics.
import { Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { Stream } from 'aws-cdk-lib/aws-kinesis';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { expect, test } from 'vitest';
import { MqttDoor } from '../../../cdk/constructs/mqtt-door.ts';
import { parseTemplate } from '../../../src/local-stack/cloudformation-template.ts';
import { mayDo } from '../../../src/local-stack/iot/read-topic-rule.ts';
import { selectFrom } from '../../../src/local-stack/iot/run-rule.ts';
import { readTemplate } from '../../../src/local-stack/template.ts';
import { bareApp } from '../../support/synthesized-stack.ts';
import { templateOf } from '../../support/template-of.ts';

const stack = new Stack(bareApp(), 'Fleet');
new MqttDoor(stack, 'Mqtt', {
  stream: new Stream(stack, 'Stream'),
  failures: new Bucket(stack, 'Failures'),
  settings: {},
});
const template = templateOf(stack);
const local = readTemplate(
  { stackName: 'Fleet', template: parseTemplate(template.toJSON()), codeFolders: new Map() },
  'eu-west-1',
);

test('its role may put records into the stream, and what fails into the bucket, and nothing else', () => {
  const statement = (Action: string, Resource: unknown) => ({ Action, Effect: 'Allow', Resource });
  template.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: [
        statement('kinesis:PutRecord', { 'Fn::GetAtt': [Match.stringLikeRegexp('^Stream'), 'Arn'] }),
        statement('s3:PutObject', { 'Fn::Join': ['', [Match.anyValue(), '/iot/*']] }),
      ],
    },
  });
  template.hasResourceProperties('AWS::IoT::TopicRule', {
    TopicRulePayload: {
      AwsIotSqlVersion: '2016-03-23',
      ErrorAction: { S3: { Key: `iot/\${timestamp()}-\${newuuid()}.json` } },
    },
  });
});

test('runs locally: what a device publishes has its name and route, and the whole payload', () => {
  const [rule] = local.topicRules;
  const [action] = rule?.actions ?? [];
  if (rule === undefined || action === undefined) throw new Error('no rule');
  const message = {
    topic: 'Fleet/d1/mine',
    payload: Buffer.from('hi'),
    clientId: 'x',
    nowMs: 0,
    newId: () => '',
  };
  expect(JSON.parse(selectFrom(rule.query, message))).toEqual({
    document: 'aGk=',
    source: 'd1',
    route: 'mine',
  });
  const request = {
    service: 'iot.amazonaws.com',
    action: 'kinesis:PutRecord',
    resourceArn: local.streams[0]?.arn ?? '',
  };
  expect(local.policies.roleAllows({ ...request, roleArn: action.roleArn })).toBe('allowed');
  expect(local.notRun).toEqual([]);
});

test.each([
  ['iot:Connect', 'client/d1', true],
  ['iot:Connect', 'client/d2', false],
  ['iot:Publish', 'topic/Fleet/d1/events', true],
  ['iot:Publish', 'topic/Fleet/d2/events', false],
  ['iot:Publish', 'topic/Other/d1/events', false],
  ['iot:Subscribe', 'topicfilter/Fleet/d1/events', false],
  ['iot:Receive', 'topic/Fleet/d1/events', false],
])('a device may %s %s: %s', (action, resource, expected) => {
  expect(mayDo(local.iotPolicies, { clientId: 'd1', action, resource })).toBe(expected);
});
