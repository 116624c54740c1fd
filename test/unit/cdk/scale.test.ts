import { Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { AttributeType, CfnGlobalTable, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, EventSourceMapping, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../../../cdk/settings/read-settings.ts';
import { parseTemplate } from '../../../src/local-stack/cloudformation-template.ts';
import { readTemplate } from '../../../src/local-stack/template.ts';
import { bareApp, synthesizedStack, unsynthesizedStack } from '../../support/synthesized-stack.ts';
import { templateOf } from '../../support/template-of.ts';

const settings = (definition: object) => readSettings(definition, undefined);
const capacity = { read: { least: 5, most: 400 }, write: { least: 10, most: 4_000, target: 60 } };
const REPLICATED = { region: 'eu-central-1', tables: { replicas: ['eu-west-1', 'us-east-1'] } };

describe('tables with units', () => {
  const template = synthesizedStack(settings({ tables: { capacity } }));

  it('follow the load, and so does each of their indexes', () => {
    const tables = Object.values(template.findResources('AWS::DynamoDB::Table')).filter(
      ({ Properties }) => Properties.BillingMode !== 'PAY_PER_REQUEST',
    );
    // What is live is of the moment, and stays on demand.
    expect(tables).toHaveLength(6);
    const indexes = tables.flatMap(({ Properties }) => Properties.GlobalSecondaryIndexes ?? []);
    for (const { ProvisionedThroughput } of [...tables.map(({ Properties }) => Properties), ...indexes])
      expect(ProvisionedThroughput).toEqual({ ReadCapacityUnits: 5, WriteCapacityUnits: 10 });
    const things = tables.length + indexes.length;
    template.resourceCountIs('AWS::ApplicationAutoScaling::ScalableTarget', 2 * things);
    template.resourcePropertiesCountIs(
      'AWS::ApplicationAutoScaling::ScalableTarget',
      {
        MinCapacity: 10,
        MaxCapacity: 4_000,
        ScalableDimension: Match.stringLikeRegexp('WriteCapacityUnits'),
      },
      things,
    );
    template.resourcePropertiesCountIs(
      'AWS::ApplicationAutoScaling::ScalingPolicy',
      { TargetTrackingScalingPolicyConfiguration: Match.objectLike({ TargetValue: 60 }) },
      things,
    );
  });
});

describe('tables that are warm', () => {
  it('are so with their indexes', () => {
    const template = synthesizedStack(settings({ tables: { warm: { read: 12_000, write: 40_000 } } }));
    const warm = { ReadUnitsPerSecond: 12_000, WriteUnitsPerSecond: 40_000 };
    template.resourcePropertiesCountIs('AWS::DynamoDB::Table', { WarmThroughput: warm }, 6);
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      GlobalSecondaryIndexes: [Match.objectLike({ IndexName: 'closing', WarmThroughput: warm })],
    });
  });
});

describe('tables with replicas', () => {
  it('have a copy in each region, which is protected and can be restored as they are', () => {
    const template = synthesizedStack(settings(REPLICATED));
    template.resourceCountIs('AWS::DynamoDB::GlobalTable', 6);
    template.resourceCountIs('AWS::DynamoDB::Table', 1);
    const replica = (Region: string) =>
      Match.objectLike({
        Region,
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      });
    template.allResourcesProperties('AWS::DynamoDB::GlobalTable', {
      Replicas: Match.arrayWith(['eu-west-1', 'us-east-1', 'eu-central-1'].map(replica)),
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      MultiRegionConsistency: Match.absent(),
    });
    template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      GlobalSecondaryIndexes: [Match.objectLike({ IndexName: 'closing' })],
      StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
    });
  });

  it('follow the load, and are encrypted by each region’s copy of a key', () => {
    const kmsKey = 'arn:aws:kms:eu-central-1:123456789012:key/mrk-12ab';
    const template = synthesizedStack(
      settings({ region: 'eu-central-1', kmsKey, tables: { capacity, replicas: ['eu-west-1'] } }),
    );
    template.allResourcesProperties('AWS::DynamoDB::GlobalTable', {
      BillingMode: 'PROVISIONED',
      Replicas: Match.arrayWith([
        Match.objectLike({
          Region: 'eu-west-1',
          SSESpecification: { KMSMasterKeyId: 'arn:aws:kms:eu-west-1:123456789012:key/mrk-12ab' },
        }),
      ]),
    });
  });

  it('are run locally as the region that writes', () => {
    const local = (definition: object) => {
      const template = parseTemplate(synthesizedStack(settings(definition)).toJSON());
      const system = readTemplate(
        { stackName: 'Tidemill', template, codeFolders: everyFolder },
        'eu-central-1',
      );
      return {
        tables: system.tables
          // A table with copies has a change stream whether anybody reads it or not.
          .map(({ keySchema, globalIndexes, ttlAttribute }) => ({ keySchema, globalIndexes, ttlAttribute }))
          .map((shape) => JSON.stringify(shape))
          .sort(),
        mappings: system.mappings.map(({ source }) => source.kind).sort(),
        notRun: system.notRun,
      };
    };
    const everyFolder = { get: () => '/' } as unknown as ReadonlyMap<string, string>; // whatever the key
    expect(local(REPLICATED)).toEqual(local({ region: 'eu-central-1' }));
    expect(local({ tables: { capacity, warm: { read: 12_000, write: 4_000 } } })).toEqual(local({}));
  });
});

describe('what would break the single writer of tables with replicas', () => {
  const problems = (
    change: (stacks: { home: ReturnType<typeof unsynthesizedStack>; away: Stack }) => void,
  ) => {
    const app = bareApp();
    const home = unsynthesizedStack(settings(REPLICATED), app);
    const away = new Stack(app, 'Away', { env: { region: 'eu-west-1' } });
    change({ home, away });
    try {
      templateOf(home);
      return '';
    } catch (error) {
      return String(error);
    }
  };
  const roleIn = (stack: Stack) =>
    new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  const tableOf = (home: Stack) => {
    const [table] = home.node.findAll().filter((node) => node instanceof CfnGlobalTable);
    if (table === undefined) throw new Error('found no global table');
    return table;
  };

  it('is nothing of its own, nor readers in other regions', () => {
    expect(problems(() => {})).toBe('');
    expect(
      problems(({ away }) => {
        Table.fromTableName(away, 'Copy', 'sources').grantReadData(roleIn(away));
        new Table(away, 'Own', { partitionKey: { name: 'a', type: AttributeType.STRING } }).grantWriteData(
          new Role(away, 'Other', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }),
        );
      }),
    ).toBe('');
  });

  it('is strong consistency between regions', () => {
    expect(
      problems(({ home }) => {
        tableOf(home).multiRegionConsistency = 'STRONG';
      }),
    ).toContain('has multi-Region strong consistency, expected eventual');
  });

  it('is a function in another region that may write them', () => {
    expect(
      problems(({ away }) => Table.fromTableName(away, 'Copy', 'sources').grantWriteData(roleIn(away))),
    ).toMatch(/Away\/Role\/DefaultPolicy\/Resource may write .* expected writers .* in eu-central-1 alone/);
  });

  it('is a function here that may write another region’s copy', () => {
    const arn = 'arn:aws:dynamodb:eu-west-1:123456789012:table/sources';
    expect(
      problems(({ home }) => Table.fromTableArn(home, 'Copy', arn).grantReadWriteData(roleIn(home))),
    ).toContain('in a second region, expected writers of tables with replicas in eu-central-1 alone');
  });

  it('is a reader of a copy’s change stream', () => {
    expect(
      problems(({ away }) => {
        const fn = new LambdaFunction(away, 'Function', {
          code: Code.fromInline('-'),
          handler: 'index.handler',
          runtime: Runtime.NODEJS_24_X,
        });
        new EventSourceMapping(away, 'Mapping', {
          target: fn,
          eventSourceArn: 'arn:aws:dynamodb:eu-west-1:123456789012:table/sources/stream/x',
        });
      }),
    ).toMatch(/Away\/Mapping\/Resource reads .* expected readers of change streams in eu-central-1 alone/);
  });
});
