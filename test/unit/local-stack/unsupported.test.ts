// A template of anybody's: what does not run here is refused by its name when the template is read.
import { describe, expect, it } from 'vitest';
import { parseTemplate } from '../../../src/local-stack/cloudformation-template.ts';
import { readTemplate } from '../../../src/local-stack/template.ts';
import { ignoredIn, refuseUnsupported } from '../../../src/local-stack/unsupported.ts';

type Resource = {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Condition?: string;
};

function read(
  Resources: Readonly<Record<string, Resource>>,
  ignore: readonly string[] = [],
  more: object = {},
) {
  const template = parseTemplate({ Resources, ...more });
  const ignored = ignoredIn(template, ignore);
  const codeFolders = new Map([['code.zip', '/code']]);
  const system = readTemplate({ stackName: 'S', template, codeFolders }, 'eu-west-1', ignored);
  refuseUnsupported(system.notRun, ignored);
  return system;
}

const fn = (Properties: Readonly<Record<string, unknown>> = {}): Resource => ({
  Type: 'AWS::Lambda::Function',
  Properties: { Runtime: 'nodejs22.x', Handler: 'i.handler', Code: { S3Key: 'code.zip' }, ...Properties },
});
const rule = (Properties: Readonly<Record<string, unknown>>): Resource => ({
  Type: 'AWS::Events::Rule',
  Properties: { ScheduleExpression: 'rate(1 minute)', ...Properties },
});
const objectRule = (pattern: object): Resource => ({
  Type: 'AWS::Events::Rule',
  Properties: {
    EventPattern: {
      source: ['aws.s3'],
      'detail-type': ['Object Created'],
      detail: { bucket: { name: ['b'] } },
      ...pattern,
    },
    ...target({}),
  },
});
const target = (more: object) => ({ Targets: [{ Arn: { 'Fn::GetAtt': ['Fn', 'Arn'] }, ...more }] });
const KEYS = {
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
};
const API = { Type: 'AWS::ApiGateway::RestApi', Properties: {} };

describe('what does not run', () => {
  it.each<[string, Record<string, Resource>, string]>([
    ['a queue', { Jobs: { Type: 'AWS::SQS::Queue' } }, 'Jobs (AWS::SQS::Queue)'],
    ['a state machine', { Flow: { Type: 'AWS::StepFunctions::StateMachine' } }, 'Flow (AWS::StepFunctions'],
    [
      'a nested stack',
      { Inner: { Type: 'AWS::CloudFormation::Stack' } },
      'Inner (AWS::CloudFormation::Stack)',
    ],
    ['an alias', { Live: { Type: 'AWS::Lambda::Alias' } }, 'Live (AWS::Lambda::Alias)'],
    [
      'a domain of an API',
      { Name: { Type: 'AWS::ApiGateway::DomainName' } },
      'Name (AWS::ApiGateway::DomainN',
    ],
    ['a custom resource', { Own: { Type: 'Custom::Mine' } }, 'Own (Custom::Mine)'],
    [
      'what is there on a condition',
      { Fn: { ...fn(), Condition: 'IsProduction' } },
      'Fn (AWS::Lambda::Function): it has the Condition IsProduction',
    ],
    [
      'notifications of a bucket',
      { Files: { Type: 'AWS::S3::Bucket', Properties: { NotificationConfiguration: {} } } },
      'Files (AWS::S3::Bucket): its NotificationConfiguration',
    ],
    [
      'files put into a bucket that no site has',
      {
        Files: { Type: 'AWS::S3::Bucket' },
        Deploy: {
          Type: 'Custom::CDKBucketDeployment',
          Properties: { DestinationBucketName: { Ref: 'Files' } },
        },
      },
      'Deploy (Custom::CDKBucketDeployment): nothing puts files into s-files',
    ],
    ['a layer', { Fn: fn({ Layers: ['arn'] }) }, 'Fn.Layers: found one, expected none'],
    ['an image', { Fn: fn({ Code: { ImageUri: 'i' } }) }, 'Fn.Code: found ImageUri, expected an S3Key'],
    ['a property that is not known', { Fn: fn({ Dreams: 1 }) }, 'Fn.Dreams: found one, expected none'],
    [
      'a table’s own stream to Kinesis',
      { T: { Type: 'AWS::DynamoDB::Table', Properties: { ...KEYS, KinesisStreamSpecification: {} } } },
      'T.KinesisStreamSpecification: found one, expected none',
    ],
    ['a rule of events', { Fn: fn(), R: rule({ EventPattern: {} }) }, 'R.EventPattern: found one'],
    [
      'a rule of another service’s events',
      { Fn: fn(), R: objectRule({ source: ['aws.ec2'], 'detail-type': ['Object Created'] }) },
      'R.EventPattern: found one',
    ],
    [
      'a rule of some objects by more than their keys',
      {
        Fn: fn(),
        R: objectRule({ detail: { bucket: { name: ['b'] }, object: { size: [{ numeric: ['>', 1] }] } } }),
      },
      'R.EventPattern: found one',
    ],
    [
      'an input that is made of the event',
      { Fn: fn(), R: rule(target({ InputTransformer: {} })) },
      'R.Targets.InputTransformer: found one, expected an Input or none',
    ],
    ['an API by OpenAPI', { Api: { ...API, Properties: { Body: {} } } }, 'Api.Body: found {}, expected none'],
    [
      'an HTTP API',
      { Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'HTTP' } } },
      'Api.ProtocolType: found HTTP, expected WEBSOCKET',
    ],
  ])('is refused by name: %s', (_, resources, message) => {
    expect(() => read(resources)).toThrow(message);
  });

  it('is named all at once', () => {
    const resources = { A: { Type: 'AWS::SQS::Queue' }, B: { Type: 'AWS::SNS::Topic' } };
    expect(() => read(resources)).toThrow(/A \(AWS::SQS::Queue\)\n {2}B \(AWS::SNS::Topic\)/);
  });

  it('is refused where the template is yet to be transformed', () => {
    expect(() => read({}, [], { Transform: 'AWS::Serverless-2016-10-31' })).toThrow(
      'template, Transform: found "AWS::Serverless-2016-10-31", expected none',
    );
  });

  it('is refused where a parameter stands in the account', () => {
    const Parameters = { Size: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/size' } };
    const resources = { Fn: fn({ MemorySize: { Ref: 'Size' } }) };
    expect(() => read(resources, [], { Parameters })).toThrow('the parameter has no default');
  });
});

describe('what is ignored', () => {
  const resources = {
    Jobs: { Type: 'AWS::SQS::Queue' },
    Key: { Type: 'AWS::KMS::Key' },
    Fn: fn({
      Environment: { Variables: { QUEUE: { Ref: 'Jobs' }, KEY: { 'Fn::GetAtt': ['Key', 'Arn'] } } },
    }),
  };

  it.each([[['AWS::SQS::Queue', 'AWS::KMS::Key']], [['Jobs', 'Key']]])('is passed over: %j', (ignore) => {
    const [found] = read(resources, ignore).functions;
    expect(found?.environment).toEqual({
      QUEUE: 'https://sqs.eu-west-1.amazonaws.com/000000000000/S-Jobs',
      KEY: 'S-Key.Arn',
    });
  });

  it('is nothing that the template does not have', () => {
    expect(() => read(resources, ['AWS::SQS::Queues'])).toThrow(
      'ignore: found "AWS::SQS::Queues", expected the logical id or the type of a resource',
    );
  });
});

it('a schedule gives its function the input that the template has', () => {
  const [schedule] = read({ Fn: fn(), R: rule(target({ Input: '{"n":1}' })) }).schedules;
  expect(schedule?.input).toBe('{"n":1}');
});

it('a rule of objects names bucket, prefixes and function', () => {
  const detail = { bucket: { name: [{ Ref: 'Files' }] }, object: { key: [{ prefix: 'incoming/' }] } };
  const notifying = { NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } } };
  const system = read({
    Fn: fn(),
    Files: { Type: 'AWS::S3::Bucket', Properties: notifying },
    R: objectRule({ detail }),
  });
  expect(system.objectRules).toMatchObject([
    { bucket: system.buckets[0]?.name, prefixes: ['incoming/'], fn: { logicalId: 'Fn' } },
  ]);
  expect(system.schedules).toEqual([]);
});
