import { describe, expect, it } from 'vitest';
import { synthesizedStack } from '../../support/synthesized-stack.ts';

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

const policies = synthesizedStack().findResources('AWS::IAM::Policy');
const listed = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);

/** Each permission as `action on resource`, the resource by its logical id without the hash. */
function permissionsOf(start: string): string[] {
  const [, policy] = Object.entries(policies).find(([id]) => id.startsWith(start)) ?? [];
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
        'dynamodb:BatchWriteItem on DeadLettersTable.Arn',
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
        'dynamodb:BatchWriteItem on WindowsTable.Arn',
        'dynamodb:PartiQLInsert on WindowsTable.Arn',
        'dynamodb:PartiQLUpdate on WindowsTable.Arn',
        'dynamodb:BatchWriteItem on DeadLettersTable.Arn',
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
      ].sort(),
    );
  });

  it('let the authorizer read public keys and revocations, and no private key', () => {
    expect(permissionsOf('DoorAuthorize')).toEqual(
      [
        ...WRITES_ITS_LOG('DoorAuthorizeConsumerLogs.Arn'),
        'dynamodb:BatchGetItem on TokensTable.Arn',
        'secretsmanager:GetSecretValue on {"Ref":"TokenKeysVerifyingE64CA824"}',
      ].sort(),
    );
  });

  it('let the HTTP door put records into the one stream, and nothing else', () => {
    expect(permissionsOf('DoorRole')).toEqual(['kinesis:PutRecord on TelemetryStream.Arn']);
  });

  it('hold no wildcard but for the bucket’s keys and the one action that knows no resource', () => {
    const all = ['Aggregate', 'Rollup', 'Close', 'DoorAuthorize', 'DoorRole'].flatMap(permissionsOf);
    expect(new Set(all.filter((permission) => permission.includes('*')))).toEqual(
      new Set(['s3:PutObject on FailuresBucket.Arn/*', 'dynamodb:ListStreams on *']),
    );
  });

  it('come from the roles’ own policies alone', () => {
    expect(Object.keys(policies)).toHaveLength(5);
    const roles = Object.entries(synthesizedStack().findResources('AWS::IAM::Role'));
    for (const [id, role] of roles) {
      const service = id.startsWith('Door') && !id.includes('Authorize') ? 'apigateway' : 'lambda';
      expect(role['Properties'].AssumeRolePolicyDocument.Statement).toEqual([
        { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: `${service}.amazonaws.com` } },
      ]);
    }
    // The account's right to write API Gateway's access logs is AWS's own policy, and there is none but that.
    const managed = roles.filter(([, role]) => Object.keys(role['Properties']).length > 1);
    expect(managed.map(([id]) => id)).toEqual([expect.stringMatching(/^DoorApiCloudWatchRole/)]);
  });
});
