import { describe, expect, it } from 'vitest';
import { parseTemplate } from '../../../src/local-stack/cloudformation-template.ts';
import { readTemplate } from '../../../src/local-stack/template.ts';
import { synthesizedStack } from '../../support/synthesized-stack.ts';

type Resources = Record<string, { Type: string; Properties: Record<string, unknown> }>;

function readResources(resources: Resources) {
  const template = parseTemplate({ Resources: resources });
  return readTemplate(
    { stackName: 'S', template, codeFolders: new Map([['code.zip', '/code']]) },
    'eu-west-1',
  );
}

const FUNCTION = {
  Type: 'AWS::Lambda::Function',
  Properties: { Runtime: 'nodejs24.x', Handler: 'index.handler', Code: { S3Key: 'code.zip' } },
};
const TABLE = {
  Type: 'AWS::DynamoDB::Table',
  Properties: {
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
  },
};
const withProperties = (resource: Resources[string], properties: Record<string, unknown>) => ({
  ...resource,
  Properties: { ...resource.Properties, ...properties },
});

describe('the template of the stack', () => {
  const json = synthesizedStack().toJSON();
  const template = parseTemplate(json);
  const keys = [...template.resources.values()]
    .filter(({ type }) => type === 'AWS::Lambda::Function')
    .map(({ properties }) => Object(properties['Code'])['S3Key']);
  const system = readTemplate(
    { stackName: 'Tidemill', template, codeFolders: new Map(keys.map((key) => [key, '/code'])) },
    'eu-west-1',
  );
  const tableNamed = (start: string) =>
    system.tables.find(({ name }) => name.startsWith(`Tidemill-${start}`));

  it('runs whole: nothing in it is left out', () => {
    expect(system.notRun).toEqual([]);
  });

  it('gives the tables their keys, indexes, change streams and expiry', () => {
    expect(system.tables).toHaveLength(7);
    expect(tableNamed('Sources')).toMatchObject({
      keySchema: [{ AttributeName: 'source', KeyType: 'HASH' }],
      globalIndexes: [{ IndexName: 'closing', Projection: { ProjectionType: 'KEYS_ONLY' } }],
      streamView: 'NEW_AND_OLD_IMAGES',
      ttlAttribute: 'expiresAt',
    });
    expect(tableNamed('DeadLetters')).toMatchObject({ streamView: undefined, ttlAttribute: 'expiresAt' });
  });

  it('gives the functions their environment with local names', () => {
    const aggregate = system.functions.find(({ name }) => name.includes('Aggregate'));
    expect(aggregate).toMatchObject({
      codeFolder: '/code',
      handler: 'consumers/aggregate/handler.handler',
      memoryMb: 1024,
      timeoutMs: 60_000,
      environment: { TIDEMILL_SOURCES_TABLE: tableNamed('Sources')?.name },
    });
  });

  it('gives the mappings their source, function and every property', () => {
    const [aggregate, rollup] = system.mappings;
    expect(aggregate?.source).toEqual({ kind: 'kinesis', stream: system.streams[0] });
    expect(rollup?.source).toEqual({ kind: 'dynamodb', table: tableNamed('Sources') });
    for (const mapping of system.mappings) {
      const written = json['Resources'][mapping.logicalId].Properties;
      expect(Object.keys(mapping.properties).sort()).toEqual(Object.keys(written).sort());
      expect(mapping.properties).toMatchObject({
        BatchSize: written.BatchSize,
        FunctionName: mapping.fn.name,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      });
      expect(mapping.failureDestinationArn).toBe(system.buckets[0]?.arn);
    }
  });

  it('gives the schedule its rate and function', () => {
    expect(system.schedules).toMatchObject([
      { everyMs: 60_000, fn: { environment: { POWERTOOLS_SERVICE_NAME: 'close' } } },
      { everyMs: 60_000, fn: { environment: { POWERTOOLS_SERVICE_NAME: 'alert-clock' } } },
      { everyMs: 600_000, fn: { environment: { POWERTOOLS_SERVICE_NAME: 'audit' } } },
      { everyMs: 60_000, fn: { environment: { POWERTOOLS_SERVICE_NAME: 'hang-up' } } },
    ]);
  });

  it('gives the outputs local names', () => {
    expect(system.outputs.get('StreamName')).toBe(system.streams[0]?.name);
    expect(system.outputs.get('WindowsTableName')).toBe(tableNamed('Windows')?.name);
  });
});

describe('reading a template', () => {
  it('lists what it does not run', () => {
    const { notRun } = readResources({
      Queue: { Type: 'AWS::SQS::Queue', Properties: {} },
      Role: { Type: 'AWS::IAM::Role', Properties: {} },
    });
    expect(notRun).toEqual([{ logicalId: 'Queue', type: 'AWS::SQS::Queue' }]);
  });

  it('fills in what CloudFormation fills in', () => {
    const { functions, streams, tables } = readResources({
      Fn: FUNCTION,
      Stream: { Type: 'AWS::Kinesis::Stream', Properties: {} },
      Table: TABLE,
    });
    expect(functions).toMatchObject([{ memoryMb: 128, timeoutMs: 3_000, environment: {} }]);
    expect(streams).toMatchObject([{ name: 'S-Stream', shards: 1, retentionHours: 24 }]);
    expect(tables).toMatchObject([{ streamView: undefined, ttlAttribute: undefined, globalIndexes: [] }]);
  });

  it('finds a mapping’s id again on the next start', () => {
    const resources = {
      Fn: FUNCTION,
      Stream: { Type: 'AWS::Kinesis::Stream', Properties: {} },
      Reader: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: {
          EventSourceArn: { 'Fn::GetAtt': ['Stream', 'Arn'] },
          FunctionName: { 'Fn::GetAtt': ['Fn', 'Arn'] },
        },
      },
    };
    const [first, second] = [readResources(resources), readResources(resources)];
    expect(first.mappings[0]?.uuid).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/);
    expect(second.mappings[0]?.uuid).toBe(first.mappings[0]?.uuid);
  });

  it.each<[string, Resources, string]>([
    [
      'a runtime that is not Node.js',
      { Fn: withProperties(FUNCTION, { Runtime: 'python3.13' }) },
      'Fn.Runtime: found python3.13, expected a Node.js runtime',
    ],
    [
      'code that is not among the assets',
      { Fn: withProperties(FUNCTION, { Code: { S3Key: 'other.zip' } }) },
      'Fn.Code.S3Key: found other.zip, expected one of the synthesized assets',
    ],
    [
      'a table without keys',
      { Table: withProperties(TABLE, { KeySchema: undefined }) },
      'Table.KeySchema: found undefined, expected a list',
    ],
    [
      'a key of a kind there is not',
      { Table: withProperties(TABLE, { KeySchema: [{ AttributeName: 'id', KeyType: 'SORT' }] }) },
      'Table.KeySchema.KeyType: found "SORT", expected one of HASH, RANGE',
    ],
    [
      'a reader of a table without a change stream',
      {
        Fn: FUNCTION,
        Table: TABLE,
        Reader: {
          Type: 'AWS::Lambda::EventSourceMapping',
          Properties: {
            EventSourceArn: { 'Fn::GetAtt': ['Table', 'StreamArn'] },
            FunctionName: { Ref: 'Fn' },
          },
        },
      },
      'Reader.EventSourceArn: table Table has no change stream',
    ],
    [
      'a reader of somebody else’s stream',
      {
        Fn: FUNCTION,
        Reader: {
          Type: 'AWS::Lambda::EventSourceMapping',
          Properties: { EventSourceArn: 'arn:aws:kinesis:eu-west-1:1:stream/s', FunctionName: { Ref: 'Fn' } },
        },
      },
      'Reader.EventSourceArn: found arn:aws:kinesis:eu-west-1:1:stream/s, expected a stream of this stack',
    ],
    [
      'a cron expression',
      { Rule: { Type: 'AWS::Events::Rule', Properties: { ScheduleExpression: 'cron(0 12 * * ? *)' } } },
      'Rule.ScheduleExpression: found cron(0 12 * * ? *), expected rate(N minutes|hours|days)',
    ],
    [
      'a timeout that is no number',
      { Fn: withProperties(FUNCTION, { Timeout: 'long' }) },
      'Fn.Timeout: found "long", expected a number',
    ],
  ])('refuses %s', (_, resources, message) => {
    expect(() => readResources(resources)).toThrow(message);
  });

  it.each([
    ['rate(1 minute)', 60_000],
    ['rate(5 minutes)', 300_000],
    ['rate(2 hours)', 7_200_000],
    ['rate(1 day)', 86_400_000],
  ])('understands %s', (ScheduleExpression, everyMs) => {
    const Targets = [{ Arn: { 'Fn::GetAtt': ['Fn', 'Arn'] } }];
    const rule = { Type: 'AWS::Events::Rule', Properties: { ScheduleExpression, Targets } };
    expect(readResources({ Fn: FUNCTION, Rule: rule }).schedules).toMatchObject([{ everyMs }]);
    expect(
      readResources({ Fn: FUNCTION, Rule: withProperties(rule, { State: 'DISABLED' }) }).schedules,
    ).toEqual([]);
  });
});
