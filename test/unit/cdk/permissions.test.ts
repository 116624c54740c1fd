import { describe, expect, it } from 'vitest';
import { DEFAULT_FUNCTIONS } from '../../support/default-functions.ts';
import { synthesizedStack } from '../../support/synthesized-stack.ts';

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

const template = synthesizedStack();
/** The CDK's own, which puts the dashboard's files into their bucket while the stack is deployed. */
const withoutCustom = <T>(resources: Readonly<Record<string, T>>) =>
  Object.fromEntries(
    Object.entries(resources).filter(([id]) => !/^Custom(?:CDKBucketDeployment|S3AutoDelete)/.test(id)),
  );
const policies = withoutCustom(template.findResources('AWS::IAM::Policy'));
const listed = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);

/** Each permission as `action on resource`, the resource by its logical id without the hash. */
function permissionsOf(start: string, among = policies): string[] {
  const [, policy] = Object.entries(among).find(([id]) => id.startsWith(start)) ?? [];
  const statements: readonly Statement[] = policy?.['Properties'].PolicyDocument.Statement ?? [];
  return statements
    .flatMap(({ Action, Resource }) =>
      listed(Action).flatMap((action) =>
        listed(Resource).map((resource) => `${action} on ${shortened(resource)}`),
      ),
    )
    .sort();
}

function shortened(resource: unknown): string {
  if (typeof resource === 'string') return resource;
  if (typeof resource !== 'object' || resource === null) return String(resource);
  if ('Fn::GetAtt' in resource) {
    return listed(resource['Fn::GetAtt'] as string[])
      .join('.')
      .replace(/[0-9A-F]{8}\./, '.');
  }
  if ('Fn::Join' in resource) {
    const [, parts] = resource['Fn::Join'] as [string, unknown[]];
    return parts.map(shortened).join('');
  }
  return JSON.stringify(resource);
}

const WRITES_ITS_LOG = (log: string) => [`logs:CreateLogStream on ${log}`, `logs:PutLogEvents on ${log}`];
const GIVES_UP_RECORDS = ['s3:ListBucket on FailuresBucket.Arn', 's3:PutObject on FailuresBucket.Arn/*'];

describe('permissions', () => {
  it('let aggregate read the stream, keep states and put away dead letters', () => {
    expect(permissionsOf('Aggregate')).toEqual(
      [
        ...WRITES_ITS_LOG('AggregateConsumerLogs.Arn'),
        ...GIVES_UP_RECORDS,
        'dynamodb:BatchGetItem on SourcesTable.Arn',
        'dynamodb:PartiQLInsert on SourcesTable.Arn',
        'dynamodb:PartiQLUpdate on SourcesTable.Arn',
        'dynamodb:PutItem on SourcesTable.Arn',
        'dynamodb:UpdateItem on SourcesTable.Arn',
        'dynamodb:DeleteItem on SourcesTable.Arn',
        'dynamodb:BatchGetItem on DeadLettersTable.Arn',
        'dynamodb:BatchWriteItem on DeadLettersTable.Arn',
        'dynamodb:BatchGetItem on ReadersTable.Arn',
        'dynamodb:PartiQLInsert on ReadersTable.Arn',
        'dynamodb:PartiQLUpdate on ReadersTable.Arn',
        'kinesis:DescribeStream on TelemetryStream.Arn',
        'kinesis:DescribeStreamSummary on TelemetryStream.Arn',
        'kinesis:GetRecords on TelemetryStream.Arn',
        'kinesis:GetShardIterator on TelemetryStream.Arn',
        'kinesis:ListShards on TelemetryStream.Arn',
      ].sort(),
    );
  });

  it('let rollup read the changelog, keep windows and put away dead letters', () => {
    expect(permissionsOf('Rollup')).toEqual(
      [
        ...WRITES_ITS_LOG('RollupConsumerLogs.Arn'),
        ...GIVES_UP_RECORDS,
        'dynamodb:BatchGetItem on WindowsTable.Arn',
        'dynamodb:PartiQLInsert on WindowsTable.Arn',
        'dynamodb:PartiQLUpdate on WindowsTable.Arn',
        'dynamodb:Query on WindowsTable.Arn/index/latest',
        'dynamodb:BatchGetItem on DeadLettersTable.Arn',
        'dynamodb:BatchWriteItem on DeadLettersTable.Arn',
        'dynamodb:BatchGetItem on ReadersTable.Arn',
        'dynamodb:PartiQLInsert on ReadersTable.Arn',
        'dynamodb:PartiQLUpdate on ReadersTable.Arn',
        'dynamodb:BatchWriteItem on LiveStateTable.Arn',
        'dynamodb:Query on LiveStateTable.Arn',
        'dynamodb:DescribeStream on SourcesTable.StreamArn',
        'dynamodb:GetRecords on SourcesTable.StreamArn',
        'dynamodb:GetShardIterator on SourcesTable.StreamArn',
        'dynamodb:ListStreams on *',
      ].sort(),
    );
  });

  it('let close find what is due and update it', () => {
    expect(permissionsOf('Close')).toEqual(
      [
        ...WRITES_ITS_LOG('CloseConsumerLogs.Arn'),
        'dynamodb:Query on SourcesTable.Arn/index/closing',
        'dynamodb:BatchGetItem on SourcesTable.Arn',
        'dynamodb:PartiQLUpdate on SourcesTable.Arn',
        'dynamodb:Query on ReadersTable.Arn',
        'dynamodb:BatchGetItem on ReadersTable.Arn',
        'dynamodb:BatchWriteItem on ReadersTable.Arn',
        'kinesis:ListShards on TelemetryStream.Arn',
        'kinesis:PutRecords on TelemetryStream.Arn',
      ].sort(),
    );
  });

  it('let alert read both changelogs and whole rollup windows, and keep its alerts', () => {
    expect(permissionsOf('AlertConsumer')).toEqual(
      [
        ...WRITES_ITS_LOG('AlertConsumerLogs.Arn'),
        ...GIVES_UP_RECORDS,
        'dynamodb:BatchGetItem on AlertsTable.Arn',
        'dynamodb:PartiQLInsert on AlertsTable.Arn',
        'dynamodb:PartiQLUpdate on AlertsTable.Arn',
        'dynamodb:Query on WindowsTable.Arn',
        ...['SourcesTable', 'WindowsTable'].flatMap((table) => [
          `dynamodb:DescribeStream on ${table}.StreamArn`,
          `dynamodb:GetRecords on ${table}.StreamArn`,
          `dynamodb:GetShardIterator on ${table}.StreamArn`,
        ]),
        'dynamodb:ListStreams on *',
      ].sort(),
    );
  });

  it('let the clock of alerts find what is due, look at its source, update it and take up others', () => {
    expect(permissionsOf('AlertClock')).toEqual(
      [
        ...WRITES_ITS_LOG('AlertClockConsumerLogs.Arn'),
        'dynamodb:Query on AlertsTable.Arn/index/checking',
        'dynamodb:Scan on SourcesTable.Arn',
        'dynamodb:BatchGetItem on AlertsTable.Arn',
        'dynamodb:PartiQLInsert on AlertsTable.Arn',
        'dynamodb:PartiQLUpdate on AlertsTable.Arn',
        'dynamodb:BatchGetItem on SourcesTable.Arn',
        'dynamodb:BatchGetItem on ReadersTable.Arn',
        'dynamodb:Query on ReadersTable.Arn',
        'dynamodb:Query on WindowsTable.Arn',
      ].sort(),
    );
  });

  it('let the audit read states, windows and letters, put up fences, and note how far it has come', () => {
    expect(permissionsOf('Audit')).toEqual(
      [
        ...WRITES_ITS_LOG('AuditConsumerLogs.Arn'),
        'dynamodb:Scan on SourcesTable.Arn',
        'dynamodb:BatchGetItem on SourcesTable.Arn',
        'dynamodb:PartiQLUpdate on SourcesTable.Arn',
        'dynamodb:BatchGetItem on WindowsTable.Arn',
        'dynamodb:Query on WindowsTable.Arn',
        'dynamodb:Query on WindowsTable.Arn/index/latest',
        'dynamodb:Query on DeadLettersTable.Arn/index/letters',
        'dynamodb:BatchGetItem on ReadersTable.Arn',
        'dynamodb:PartiQLInsert on ReadersTable.Arn',
        'dynamodb:PartiQLUpdate on ReadersTable.Arn',
      ].sort(),
    );
  });

  it('let the audit read the archive, and which shards there are, where there is an archive', () => {
    const withArchive = withoutCustom(synthesizedStack({ archive: true }).findResources('AWS::IAM::Policy'));
    const added = permissionsOf('Audit', withArchive).filter(
      (each) => !permissionsOf('Audit').includes(each),
    );
    expect(added).toEqual([
      'dynamodb:Query on ReadersTable.Arn',
      'kinesis:ListShards on TelemetryStream.Arn',
      's3:GetObject on ArchiveBucket.Arn/records/*',
      's3:ListBucket on ArchiveBucket.Arn',
    ]);
  });

  it('let publish read what became of alerts and put it on the default bus, and nothing else', () => {
    expect(permissionsOf('Publish')).toEqual(
      [
        ...WRITES_ITS_LOG('PublishConsumerLogs.Arn'),
        ...GIVES_UP_RECORDS,
        'events:PutEvents on arn:{"Ref":"AWS::Partition"}:events:{"Ref":"AWS::Region"}:{"Ref":"AWS::AccountId"}:event-bus/default',
        'dynamodb:DescribeStream on AlertsTable.StreamArn',
        'dynamodb:GetRecords on AlertsTable.StreamArn',
        'dynamodb:GetShardIterator on AlertsTable.StreamArn',
        'dynamodb:ListStreams on *',
      ].sort(),
    );
  });

  it('let record read the stream and keep its records, where there is an archive', () => {
    const withArchive = withoutCustom(synthesizedStack({ archive: true }).findResources('AWS::IAM::Policy'));
    expect(permissionsOf('Archive', withArchive)).toEqual(
      [
        ...WRITES_ITS_LOG('ArchiveConsumerLogs.Arn'),
        ...GIVES_UP_RECORDS,
        's3:ListBucket on ArchiveBucket.Arn',
        's3:GetObject on ArchiveBucket.Arn/records/*',
        's3:PutObject on ArchiveBucket.Arn/records/*',
        'kinesis:DescribeStream on TelemetryStream.Arn',
        'kinesis:DescribeStreamSummary on TelemetryStream.Arn',
        'kinesis:GetRecords on TelemetryStream.Arn',
        'kinesis:GetShardIterator on TelemetryStream.Arn',
        'kinesis:ListShards on TelemetryStream.Arn',
      ].sort(),
    );
  });

  it('let incoming read what is dropped, write beside it, and put records, where there is a bucket for files', () => {
    const withFiles = withoutCustom(synthesizedStack({ incoming: true }).findResources('AWS::IAM::Policy'));
    expect(permissionsOf('Incoming', withFiles)).toEqual(
      [
        ...WRITES_ITS_LOG('IncomingConsumerLogs.Arn'),
        's3:ListBucket on IncomingBucket.Arn',
        ...['incoming', 'contents', 'under-way'].map(
          (each) => `s3:GetObject on IncomingBucket.Arn/${each}/*`,
        ),
        ...['contents', 'under-way', 'reports', 'quarantine'].map(
          (each) => `s3:PutObject on IncomingBucket.Arn/${each}/*`,
        ),
        's3:DeleteObject on IncomingBucket.Arn/under-way/*',
        'kinesis:PutRecords on TelemetryStream.Arn',
      ].sort(),
    );
  });

  it('hold no wildcard but for the bucket’s keys and the one action that knows no resource', () => {
    const all = ['Aggregate', 'Rollup', 'Close', 'AlertConsumer', 'AlertClock', 'Publish'].flatMap((start) =>
      permissionsOf(start),
    );
    expect(new Set(all.filter((permission) => permission.includes('*')))).toEqual(
      new Set(['s3:PutObject on FailuresBucket.Arn/*', 'dynamodb:ListStreams on *']),
    );
  });

  it('come from the roles’ own policies alone', () => {
    // One for each function, and the door's own, to put records.
    expect(Object.keys(policies)).toHaveLength(DEFAULT_FUNCTIONS.length + 1);
    const roles = Object.entries(withoutCustom(template.findResources('AWS::IAM::Role')));
    const own = roles.filter(([, role]) => JSON.stringify(role).includes('lambda.amazonaws.com'));
    expect(own).toHaveLength(DEFAULT_FUNCTIONS.length);
    for (const [, role] of own) expect(Object.keys(role['Properties'])).toEqual(['AssumeRolePolicyDocument']);
    const others = roles.filter((role) => !own.includes(role)).map(([id]) => id.slice(0, -8));
    expect(others.sort()).toEqual(['DoorRole']);
  });
});
