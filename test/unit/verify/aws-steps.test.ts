// The steps that ask AWS itself, over the SDK's own clients: what they are answered has the shapes of the API references.
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { IAMClient } from '@aws-sdk/client-iam';
import { expect, it } from 'vitest';
import { awsAccount } from '../../../src/verify/aws-account.ts';
import { AWS_STEPS } from '../../../src/verify/aws-steps.ts';
import type { Place } from '../../../src/verify/place.ts';

type Input = Readonly<Record<string, unknown>>;
type Answers = Readonly<Record<string, (input: Input) => object>>;

const NOW_MS = Date.parse('2026-11-28T12:00:00Z');
const summary = (ResourceType: string, LogicalResourceId: string, PhysicalResourceId: string) => ({
  ResourceType,
  LogicalResourceId,
  PhysicalResourceId,
  LastUpdatedTimestamp: new Date(NOW_MS),
  ResourceStatus: 'CREATE_COMPLETE',
});
const SIGNING = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:signing';
const VERIFYING = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:verifying';
const PAGES = [
  [
    summary('AWS::CloudWatch::Alarm', 'AlarmA', 'alarm-a'),
    summary('AWS::CloudWatch::Alarm', 'AlarmB', 'alarm-b'),
    summary('AWS::Lambda::EventSourceMapping', 'Mapping', 'a-mapping'),
    summary('AWS::DynamoDB::Table', 'Sources', 'Tidemill-Sources'),
    summary('AWS::DynamoDB::Table', 'Live', 'Tidemill-Live'),
  ],
  [
    summary('AWS::IAM::Role', 'DoorAuthorizeRole', 'authorizer'),
    summary('AWS::IAM::Role', 'AggregateRole', 'aggregate'),
    summary('AWS::IAM::Role', 'CustomCDKBucketDeploymentRole', 'deployment'),
    summary('AWS::SecretsManager::Secret', 'TokenKeysSigning', SIGNING),
    summary('AWS::SecretsManager::Secret', 'TokenKeysVerifying', VERIFYING),
  ],
];
const TEMPLATE = {
  Resources: {
    Sources: { Type: 'AWS::DynamoDB::Table', DeletionPolicy: 'RetainExceptOnCreate' },
    Live: { Type: 'AWS::DynamoDB::Table', DeletionPolicy: 'Delete' },
  },
};

/** A stack as it should be: each operation with its documented answer. */
const SOUND: Answers = {
  ListStackResources: ({ NextToken }) =>
    NextToken === undefined
      ? { StackResourceSummaries: PAGES[0], NextToken: 'more' }
      : { StackResourceSummaries: PAGES[1] },
  GetTemplate: () => ({ TemplateBody: JSON.stringify(TEMPLATE), StagesAvailable: ['Original', 'Processed'] }),
  DescribeAlarms: ({ AlarmNames }) => ({
    // the SDK's own input
    MetricAlarms: (AlarmNames as string[]).map((AlarmName) => ({ AlarmName, StateValue: 'OK' })),
    CompositeAlarms: [],
  }),
  GetMetricStatistics: () => ({
    Label: 'PolledEventCount',
    Datapoints: [{ Timestamp: new Date(NOW_MS - 60_000), Sum: 3, Unit: 'Count' }],
  }),
  DescribeTable: ({ TableName }) => ({
    Table: { TableName, TableStatus: 'ACTIVE', DeletionProtectionEnabled: TableName === 'Tidemill-Sources' },
  }),
  GetRole: ({ RoleName }) => ({
    Role: { RoleName, Arn: `arn:aws:iam::123456789012:role/${String(RoleName)}`, Path: '/' },
  }),
  SimulatePrincipalPolicy: ({ PolicySourceArn, ActionNames, ResourceArns }) => ({
    IsTruncated: false,
    EvaluationResults: [
      {
        EvalActionName: String(ActionNames),
        EvalResourceName: String(ResourceArns),
        EvalDecision:
          String(PolicySourceArn).endsWith('/authorizer') && String(ResourceArns) === VERIFYING
            ? 'allowed'
            : 'implicitDeny',
      },
    ],
  }),
};

interface Sending {
  readonly middlewareStack: CloudFormationClient['middlewareStack'];
}

/** Each command is answered before it becomes a request. */
function answeredBy<T extends object>(client: T, answers: Answers, asked: string[]): T {
  // every client of the SDK has one; their types differ in inputs and outputs alone
  (client as unknown as Sending).middlewareStack.add(
    (_, context) => async (args) => {
      const operation = String(context['commandName']).replace(/Command$/, '');
      asked.push(`${operation} ${JSON.stringify(args.input)}`);
      const answer = answers[operation];
      if (answer === undefined) throw new Error(`asked for ${operation}, which no step should`);
      return { output: { $metadata: {}, ...answer({ ...args.input }) } as never, response: {} };
    },
    { step: 'initialize', priority: 'high' },
  );
  return client;
}

async function outcomesOf(answers: Answers = {}) {
  const all = { ...SOUND, ...answers };
  const asked: string[] = [];
  const config = { region: 'eu-central-1', credentials: { accessKeyId: 'a', secretAccessKey: 's' } };
  let nowMs = NOW_MS;
  const clock = {
    nowMs: () => nowMs,
    sleep: async (ms: number) => {
      nowMs += ms;
    },
  };
  const aws = awsAccount('Tidemill', clock.nowMs, {
    cloudFormation: answeredBy(new CloudFormationClient(config), all, asked),
    cloudWatch: answeredBy(new CloudWatchClient(config), all, asked),
    dynamodb: answeredBy(new DynamoDBClient(config), all, asked),
    iam: answeredBy(new IAMClient(config), all, asked),
  });
  // a step that asks AWS looks at nothing else
  const place = { aws, clock, patienceMs: 2_000 } as unknown as Place;
  const outcomes: Record<string, unknown> = {};
  for (const { id, run } of AWS_STEPS) outcomes[id] = await run(place);
  return { outcomes, asked };
}

const HELD = { kind: 'held' };
const ALL_HELD = {
  'aws.alarms': HELD,
  'aws.mapping-metrics': HELD,
  'aws.protection': HELD,
  'aws.roles': HELD,
};

it('hold on a stack as it should be, and ask for nothing that changes anything', async () => {
  const { outcomes, asked } = await outcomesOf();
  expect(outcomes).toEqual(ALL_HELD);
  for (const call of asked) expect(call).toMatch(/^(?:List|Get|Describe|Simulate)/);
  expect(asked).toContain(
    `GetMetricStatistics ${JSON.stringify({
      Namespace: 'AWS/Lambda',
      MetricName: 'PolledEventCount',
      Dimensions: [{ Name: 'EventSourceMappingUUID', Value: 'a-mapping' }],
      StartTime: '2026-11-28T11:45:00.000Z',
      EndTime: '2026-11-28T12:01:00.000Z',
      Period: 60,
      Statistics: ['Sum'],
    })}`,
  );
});

const allowing = (wanted: string): Answers => ({
  SimulatePrincipalPolicy: (input) => {
    const isIt = `${String(input['PolicySourceArn'])} ${String(input['ActionNames'])}`.endsWith(wanted);
    const isPublic = String(input['ResourceArns']) === VERIFYING;
    return { EvaluationResults: [{ EvalDecision: isIt || isPublic ? 'allowed' : 'explicitDeny' }] };
  },
});

it.each<[string, string, Answers, object]>([
  [
    'an alarm that is on',
    'aws.alarms',
    {
      DescribeAlarms: () => ({
        MetricAlarms: [
          { AlarmName: 'alarm-a', StateValue: 'OK' },
          { AlarmName: 'alarm-b', StateValue: 'ALARM' },
        ],
      }),
    },
    { kind: 'broken', found: 'these are on: alarm-b' },
  ],
  [
    'an alarm that somebody has deleted',
    'aws.alarms',
    { DescribeAlarms: () => ({ MetricAlarms: [{ AlarmName: 'alarm-a', StateValue: 'OK' }] }) },
    { kind: 'broken', found: 'these are missing: alarm-b' },
  ],
  [
    'no figure of the mappings',
    'aws.mapping-metrics',
    { GetMetricStatistics: () => ({ Label: 'PolledEventCount', Datapoints: [] }) },
    { kind: 'untried', why: expect.stringContaining('metrics may take minutes') },
  ],
  [
    'a kept table that is not protected',
    'aws.protection',
    { DescribeTable: () => ({ Table: { DeletionProtectionEnabled: false } }) },
    { kind: 'broken', found: 'these are not: Tidemill-Sources' },
  ],
  [
    'nothing that is kept',
    'aws.protection',
    { GetTemplate: () => ({ TemplateBody: '{"Resources":{}}' }) },
    { kind: 'untried', why: expect.stringContaining('keeps no data') },
  ],
  [
    'a function that may delete tables',
    'aws.roles',
    allowing('/aggregate dynamodb:DeleteTable'),
    { kind: 'broken', found: 'aggregate may dynamodb:DeleteTable on *' },
  ],
  [
    'a function that may read the private keys',
    'aws.roles',
    allowing('/aggregate secretsmanager:GetSecretValue'),
    { kind: 'broken', found: `aggregate may secretsmanager:GetSecretValue on ${SIGNING}` },
  ],
  [
    'an authorizer that cannot read its keys',
    'aws.roles',
    { SimulatePrincipalPolicy: () => ({ EvaluationResults: [{ EvalDecision: 'implicitDeny' }] }) },
    { kind: 'broken', found: 'the authorizer may not read the public keys' },
  ],
])('%s is found by %s, and by no other', async (_, id, answers, expected) => {
  expect((await outcomesOf(answers)).outcomes).toEqual({ ...ALL_HELD, [id]: expected });
});

it('say nothing of a local run', async () => {
  for (const { run } of AWS_STEPS)
    expect(await run({ aws: undefined } as unknown as Place)).toMatchObject({ kind: 'untried' });
});
