import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { type AlertsInUse, alertsIn } from '../../../cdk/alerts-in.ts';
import { DEFAULT_FUNCTIONS } from '../../support/default-functions.ts';
import { synthesizedStack } from '../../support/synthesized-stack.ts';

const template = synthesizedStack();
const logicalIdOf = (type: string, start: string): string => {
  const found = Object.keys(template.findResources(type)).find((id) => id.startsWith(start));
  if (found === undefined) throw new Error(`no ${type} whose logical id starts with ${start}`);
  return found;
};

describe('the stream', () => {
  it('is on demand, encrypted with the key of AWS, and kept with its data', () => {
    template.hasResource('AWS::Kinesis::Stream', {
      Properties: {
        StreamModeDetails: { StreamMode: 'ON_DEMAND' },
        StreamEncryption: { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' },
        RetentionPeriodHours: 168,
        ShardCount: Match.absent(),
      },
      DeletionPolicy: 'RetainExceptOnCreate',
    });
  });

  it('keeps its records for a day where it is thrown away, and its readers give them up before', () => {
    const throwAway = synthesizedStack({ throwAway: true });
    throwAway.hasResourceProperties('AWS::Kinesis::Stream', { RetentionPeriodHours: 24 });
    throwAway.allResourcesProperties('AWS::Lambda::EventSourceMapping', {
      MaximumRecordAgeInSeconds: 72_000,
    });
  });

  it('has the shards one asks for', () => {
    synthesizedStack({ shards: 6 }).hasResourceProperties('AWS::Kinesis::Stream', {
      StreamModeDetails: { StreamMode: 'PROVISIONED' },
      ShardCount: 6,
    });
  });
});

describe('the tables', () => {
  const key = (AttributeName: string, KeyType: string) => ({ AttributeName, KeyType });

  it('hold one item a source, with a changelog and an index of what is due to close', () => {
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      KeySchema: [key('source', 'HASH')],
      AttributeDefinitions: [
        { AttributeName: 'source', AttributeType: 'S' },
        { AttributeName: 'closingBucket', AttributeType: 'N' },
        { AttributeName: 'closesAt', AttributeType: 'N' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'closing',
          KeySchema: [key('closingBucket', 'HASH'), key('closesAt', 'RANGE')],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
      StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
    });
  });

  it('hold windows by series, with a change stream', () => {
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      KeySchema: [key('series', 'HASH'), key('window', 'RANGE')],
      StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
    });
  });

  it('hold dead letters by record and event, without a change stream', () => {
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      KeySchema: [key('record', 'HASH'), key('event', 'RANGE')],
      StreamSpecification: Match.absent(),
    });
  });

  it('hold one item an alert and subject, with a change stream and indexes of whose silence to look at and what is not well', () => {
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      KeySchema: [key('alert', 'HASH')],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'checking',
          KeySchema: [key('checkingBucket', 'HASH'), key('checkAt', 'RANGE')],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
        {
          IndexName: 'standing',
          KeySchema: [key('standing', 'HASH'), key('standingPlace', 'RANGE')],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
      StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
    });
  });

  it('are on demand, expire their items, can be restored, and are hard to delete', () => {
    template.resourceCountIs('AWS::DynamoDB::Table', 7);
    template.allResourcesProperties('AWS::DynamoDB::Table', {
      BillingMode: 'PAY_PER_REQUEST',
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    });
    const kept = template.findResources('AWS::DynamoDB::Table', {
      Properties: Match.objectLike({
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        DeletionProtectionEnabled: true,
      }),
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
    expect(Object.keys(kept)).toHaveLength(6);
  });

  it('of what is live are of the moment alone, and tell their changes', () => {
    template.hasResource('AWS::DynamoDB::Table', {
      Properties: {
        KeySchema: [key('topic', 'HASH'), key('item', 'RANGE')],
        StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
      },
      DeletionPolicy: 'Delete',
    });
  });

  it('go with a stack that is to be thrown away, as stream and bucket do', () => {
    const throwAway = synthesizedStack({ throwAway: true });
    throwAway.allResourcesProperties('AWS::DynamoDB::Table', { DeletionProtectionEnabled: false });
    for (const type of ['AWS::DynamoDB::Table', 'AWS::Kinesis::Stream', 'AWS::S3::Bucket']) {
      throwAway.allResources(type, { DeletionPolicy: 'Delete' });
    }
  });

  it('leave no bucket that CloudFormation could not delete, since something is in it', () => {
    const throwAway = synthesizedStack({ throwAway: true, archive: true, incoming: true });
    const buckets = Object.keys(throwAway.findResources('AWS::S3::Bucket'));
    const emptied = Object.values(throwAway.findResources('Custom::S3AutoDeleteObjects'));
    expect(buckets).toHaveLength(4);
    expect(emptied.map(({ Properties }) => Properties.BucketName.Ref).sort()).toEqual(buckets.sort());
    // What is kept is not emptied.
    const kept = synthesizedStack({ archive: true, incoming: true });
    expect(Object.values(kept.findResources('Custom::S3AutoDeleteObjects'))).toHaveLength(1);
  });
});

describe('the functions', () => {
  it('run on arm64 and the Node.js release of these sources, each with its own role and log', () => {
    template.resourcePropertiesCountIs(
      'AWS::Lambda::Function',
      {
        Architectures: ['arm64'],
        Runtime: 'nodejs24.x',
        Handler: Match.stringLikeRegexp('^consumers/[a-z-]+/handler.handler$'),
        LoggingConfig: { LogGroup: { Ref: Match.anyValue() } },
      },
      DEFAULT_FUNCTIONS.length,
    );
    // And the CDK's own, which put the dashboard's files into their bucket and empty it.
    template.resourceCountIs('AWS::Lambda::Function', DEFAULT_FUNCTIONS.length + 2);
    // And one of API Gateway's, and those of the CDK's functions.
    template.resourceCountIs('AWS::IAM::Role', DEFAULT_FUNCTIONS.length + 3);
    // And the access logs of two APIs, and that of the CDK's function.
    template.resourceCountIs('AWS::Logs::LogGroup', DEFAULT_FUNCTIONS.length + 3);
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
  });

  it.each([
    [
      'aggregate',
      {
        TIDEMILL_SOURCES_TABLE: 'Sources',
        TIDEMILL_DEAD_LETTERS_TABLE: 'DeadLetters',
        TIDEMILL_READERS_TABLE: 'Readers',
      },
    ],
    ['rollup', { TIDEMILL_WINDOWS_TABLE: 'Windows', TIDEMILL_DEAD_LETTERS_TABLE: 'DeadLetters' }],
    ['close', { TIDEMILL_SOURCES_TABLE: 'Sources', TIDEMILL_READERS_TABLE: 'Readers' }],
    ['alert', { TIDEMILL_ALERTS_TABLE: 'Alerts', TIDEMILL_WINDOWS_TABLE: 'Windows' }],
    [
      'alert-clock',
      {
        TIDEMILL_ALERTS_TABLE: 'Alerts',
        TIDEMILL_SOURCES_TABLE: 'Sources',
        TIDEMILL_WINDOWS_TABLE: 'Windows',
        TIDEMILL_READERS_TABLE: 'Readers',
      },
    ],
    ['publish', {}],
    [
      'audit',
      {
        TIDEMILL_SOURCES_TABLE: 'Sources',
        TIDEMILL_WINDOWS_TABLE: 'Windows',
        TIDEMILL_DEAD_LETTERS_TABLE: 'DeadLetters',
        TIDEMILL_READERS_TABLE: 'Readers',
      },
    ],
  ])('%s is told its tables, its pipeline and its metrics', (name, tables) => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: {
          TIDEMILL_PIPELINE_FILE: 'pipeline.json',
          POWERTOOLS_SERVICE_NAME: name,
          POWERTOOLS_METRICS_NAMESPACE: 'Tidemill',
          POWERTOOLS_LOG_LEVEL: 'INFO',
          ...Object.fromEntries(
            Object.entries(tables).map(([variable, table]) => [
              variable,
              { Ref: logicalIdOf('AWS::DynamoDB::Table', table) },
            ]),
          ),
        },
      },
    });
  });
});

describe('the event source mappings', () => {
  it.each([
    ['the stream', 'aggregate', 'Aggregate', () => [logicalIdOf('AWS::Kinesis::Stream', 'Telemetry'), 'Arn']],
    [
      'the changelog',
      'rollup',
      'Rollup',
      () => [logicalIdOf('AWS::DynamoDB::Table', 'Sources'), 'StreamArn'],
    ],
    [
      'the changelog',
      'alert',
      'AlertConsumer',
      () => [logicalIdOf('AWS::DynamoDB::Table', 'Sources'), 'StreamArn'],
    ],
    [
      'the windows',
      'alert',
      'AlertConsumer',
      () => [logicalIdOf('AWS::DynamoDB::Table', 'Windows'), 'StreamArn'],
    ],
  ])('from %s to %s survives bad batches and loses nothing', (_, __, start, source) => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: { 'Fn::GetAtt': source() },
      FunctionName: { Ref: logicalIdOf('AWS::Lambda::Function', start) },
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 1000,
      MaximumBatchingWindowInSeconds: 1,
      ParallelizationFactor: 1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BisectBatchOnFunctionError: true,
      // As long as the stream has the records, less four hours to give them up in.
      MaximumRetryAttempts: -1,
      MaximumRecordAgeInSeconds: start === 'Aggregate' ? 590_400 : 72_000,
      DestinationConfig: {
        OnFailure: { Destination: { 'Fn::GetAtt': [logicalIdOf('AWS::S3::Bucket', 'Failures'), 'Arn'] } },
      },
      MetricsConfig: { Metrics: ['EventCount'] },
      // The windows' readers have one of their own.
      ...(source().includes(logicalIdOf('AWS::DynamoDB::Table', 'Windows'))
        ? {}
        : { FilterCriteria: Match.absent() }),
      TumblingWindowInSeconds: Match.absent(),
    });
  });

  it('wait for the permission to read', () => {
    template.resourceCountIs('AWS::Lambda::EventSourceMapping', 8);
    // Those of live wait for what its API waits for too.
    template.allResources('AWS::Lambda::EventSourceMapping', {
      DependsOn: Match.arrayWith([Match.stringLikeRegexp('ConsumerRoleDefaultPolicy')]),
    });
  });
});

describe('the reader of the live table’s changelog', () => {
  it('hears of changes to be told, and not of who connects, subscribes or is noted', () => {
    const [reader] = Object.entries(template.findResources('AWS::Lambda::EventSourceMapping')).filter(
      ([id]) => id.startsWith('LiveLiveReader'),
    );
    const { Filters } = reader?.[1]['Properties'].FilterCriteria ?? {};
    expect(Filters).toEqual([
      { Pattern: JSON.stringify({ dynamodb: { Keys: { item: { S: ['change'] } } } }) },
    ]);
  });
});

describe('readers of the windows’ changelog', () => {
  const readersOf = (stack: typeof template) =>
    Object.entries(stack.findResources('AWS::Lambda::EventSourceMapping')).filter(([id]) =>
      /^(Alert|Live)Windows/.test(id),
    );

  it('hear of writes to rollup windows alone, whatever the length of their names', () => {
    const patterns = readersOf(template).map(([, { Properties }]) => Properties.FilterCriteria.Filters);
    const filter = {
      Pattern: JSON.stringify({
        eventName: ['INSERT', 'MODIFY'],
        dynamodb: { Keys: { series: { S: [{ prefix: 'rollup|' }, { prefix: 'sha256|' }] } } },
      }),
    };
    expect(patterns).toEqual([[filter], [filter]]);
  });

  it('are off where the pipeline has no rollups', () => {
    const stack = synthesizedStack({
      rollups: false,
      alerts: { onSources: true, onRollups: false, byClock: true },
    });
    expect(readersOf(stack).map(([, { Properties }]) => Properties.Enabled)).toEqual([false, false]);
    expect(readersOf(template).map(([, { Properties }]) => Properties.Enabled)).toEqual([true, true]);
  });
});

describe('what no alert of the pipeline asks for', () => {
  const enabled = (alerts: AlertsInUse) => {
    const stack = synthesizedStack({ alerts });
    const mappings = Object.entries(stack.findResources('AWS::Lambda::EventSourceMapping'));
    const rules = Object.entries(stack.findResources('AWS::Events::Rule'));
    return [
      ...mappings.filter(([, { Properties }]) => Properties.Enabled === true).map(([id]) => id),
      ...rules.filter(([, { Properties }]) => Properties.State === 'ENABLED').map(([id]) => id),
    ]
      .map(
        (id) =>
          /^(AlertClock|AlertSources|AlertWindows|Aggregate|Rollup|Publish|Close|Audit|LiveAlerts|Live)/.exec(
            id,
          )?.[0],
      )
      .filter((id) => id !== 'Live');
  };

  it('is there, and off', () => {
    const none = { onSources: false, onRollups: false, byClock: false };
    expect(enabled(none)).toEqual(['Aggregate', 'Rollup', 'Close', 'Audit']);
    expect(enabled({ ...none, onRollups: true })).toEqual([
      'Aggregate',
      'Rollup',
      'AlertWindows',
      'Publish',
      'LiveAlerts',
      'Close',
      'Audit',
    ]);
    expect(enabled({ onSources: true, onRollups: false, byClock: true })).toEqual([
      'Aggregate',
      'Rollup',
      'AlertSources',
      'Publish',
      'LiveAlerts',
      'Close',
      'AlertClock',
      'Audit',
    ]);
  });

  it('is read off the definition', () => {
    expect(alertsIn({})).toEqual({ onSources: false, onRollups: false, byClock: false });
    expect(alertsIn({ alerts: [{ on: { rollup: 'r' }, when: { above: 1 } }] })).toMatchObject({
      onRollups: true,
      onSources: false,
    });
    expect(alertsIn({ alerts: [{ when: { absent: '5m' } }] })).toMatchObject({
      onSources: true,
      byClock: true,
    });
    expect(alertsIn({ alerts: [{ on: { aggregation: 'a' }, staleAfter: '1d' }] })).toMatchObject({
      byClock: true,
    });
    expect(alertsIn({ alerts: [{ on: { rollup: 'r', settle: '1m' } }] })).toMatchObject({ byClock: true });
    expect(alertsIn({ alerts: [null, { on: { aggregation: 'a' } }] })).toMatchObject({
      onSources: true,
      byClock: false,
    });
  });
});

describe('the bucket of failures', () => {
  it('is closed to the public, encrypted, reached by TLS alone, and forgets', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      BucketEncryption: Match.objectLike({}),
      LifecycleConfiguration: { Rules: [Match.objectLike({ ExpirationInDays: 90, Status: 'Enabled' })] },
    });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: [
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ],
      },
    });
  });
});

describe('closing', () => {
  it('is tried every minute, once', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(1 minute)',
      State: 'ENABLED',
      Targets: [
        Match.objectLike({
          Arn: { 'Fn::GetAtt': [logicalIdOf('AWS::Lambda::Function', 'Close'), 'Arn'] },
          RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
        }),
      ],
    });
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', { MaximumRetryAttempts: 0 });
  });
});

describe('the outputs', () => {
  it('name what producers and commands need', () => {
    expect(Object.keys(template.findOutputs('*')).sort()).toEqual([
      'AlertsTableName',
      'ApiUrl',
      'CloseFunctionName',
      'DashboardUrl',
      'DeadLettersTableName',
      'FailuresBucketName',
      'LiveTableName',
      'LiveUrl',
      'ReadersTableName',
      'SigningKeysSecret',
      'SourcesTableName',
      'StreamName',
      'TokensTableName',
      'VerifyingKeysSecret',
      'WindowsTableName',
    ]);
  });
});
