import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../../../cdk/settings/read-settings.ts';
import { DEFAULT_FUNCTIONS } from '../../support/default-functions.ts';
import { synthesizedStack, unsynthesizedStack } from '../../support/synthesized-stack.ts';
import { annotationsOf, templateOf } from '../../support/template-of.ts';

/** What CloudFormation knows of where a template is deployed. */
interface Place {
  readonly stackName: string;
  readonly region: string;
  readonly stackId: string;
}

const stackOf = (stage: string | undefined, definition: object = {}) =>
  synthesizedStack(readSettings(definition, stage));

/** The stack itself; what came of it is gone again. */
function made(stage: string | undefined, definition: object = {}) {
  const stack = unsynthesizedStack(readSettings(definition, stage));
  templateOf(stack);
  return stack;
}

/** Properties that name a thing within another alone, or that need not be unique. */
const WITHIN = new Set([
  'AWS::ApiGateway::Authorizer.Name',

  'AWS::ApiGateway::Method.OperationName',
  'AWS::ApiGateway::Model.Name',
  'AWS::ApiGateway::RequestValidator.Name',
  'AWS::ApiGateway::RestApi.Name',
  'AWS::ApiGateway::Stage.StageName',
  'AWS::ApiGatewayV2::Api.Name',
  'AWS::ApiGatewayV2::Authorizer.Name',
  'AWS::ApiGatewayV2::Stage.StageName',
  'AWS::CloudWatch::Alarm.MetricName',
  'AWS::EC2::VPCEndpoint.ServiceName',
  'AWS::IAM::Policy.PolicyName',
  'AWS::Lambda::EventInvokeConfig.FunctionName',
  'AWS::Lambda::EventSourceMapping.FunctionName',
  'AWS::Lambda::Permission.FunctionName',
]);

/** Every name that the template gives, as it comes out where the stack is deployed: `type.property = name`. */
function namesOf(template: Template, place: Place): string[] {
  const names: string[] = [];
  const note = (path: string, value: unknown) => {
    // What refers to another resource has the name of that.
    const refers = typeof value === 'object' && value !== null && ('Ref' in value || 'Fn::GetAtt' in value);
    if (!WITHIN.has(path) && !refers) names.push(`${path} = ${resolved(value, place)}`);
  };
  for (const { Type, Properties = {} } of Object.values(resourcesOf(template))) {
    for (const [key, value] of Object.entries(Properties)) {
      if (/Name$|^Name$/.test(key)) note(`${Type}.${key}`, value);
      if (Type === 'AWS::ApiGateway::ApiKey' && key === 'Value') note(`${Type}.${key}`, value);
      if (key !== 'Name' && /Config$|^Budget$/.test(key) && typeof value === 'object' && value !== null)
        for (const [inner, name] of Object.entries(value))
          if (/^(Name|BudgetName)$/.test(inner)) note(`${Type}.${key}.${inner}`, name);
    }
  }
  for (const output of Object.values(template.toJSON()['Outputs'] ?? {}))
    if (typeof output === 'object' && output !== null && 'Export' in output)
      names.push(`export ${resolved(output.Export, place)}`);
  return names;
}

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

const resourcesOf = (template: Template): Readonly<Record<string, Resource>> =>
  template.toJSON()['Resources'];

function resolved(value: unknown, place: Place): string {
  return JSON.stringify(value)
    .replaceAll('{"Ref":"AWS::StackId"}', JSON.stringify(place.stackId))
    .replaceAll('{"Ref":"AWS::StackName"}', JSON.stringify(place.stackName))
    .replaceAll('{"Ref":"AWS::Region"}', JSON.stringify(place.region));
}

const place = (stackName: string, region: string, stackId: string): Place => ({ stackName, region, stackId });

describe('several stacks of one account', () => {
  const everything = {
    archive: true,
    rebuild: true,
    mqtt: true,
    incoming: true,
    incidents: true,
    load: true,
    apiLogRole: true,
    outlet: { to: 'kinesis' },
    budget: { monthlyUsd: 500, email: 'ops@example.com' },
    domain: {
      api: {
        name: 'telemetry.example.com',
        certificate: 'arn:aws:acm:eu-central-1:123456789012:certificate/1',
      },
    },
  };
  const own = (stage: string) => ({
    stages: { [stage]: { domain: { api: { ...everything.domain.api, name: `${stage}.example.com` } } } },
  });

  it('of two stages in one region have no name in common', () => {
    const dev = namesOf(
      stackOf('dev', { ...everything, ...own('dev') }),
      place('Tidemill-dev', 'eu-central-1', 'a/b/1'),
    );
    const production = namesOf(
      stackOf('production', { ...everything, ...own('production') }),
      place('Tidemill-production', 'eu-central-1', 'a/b/2'),
    );
    expect(dev.filter((name) => production.includes(name))).toEqual([]);
    // Or the test compares nothing.
    expect(dev.some((name) => name.includes('DashboardName'))).toBe(true);
    expect(dev.some((name) => name.includes('BudgetName'))).toBe(true);
    expect(dev.some((name) => name.startsWith('AWS::ApiGateway::ApiKey.Value'))).toBe(true);
    expect(dev.some((name) => name.includes('ResponseHeadersPolicyConfig.Name'))).toBe(true);
    expect(dev.some((name) => name.includes('StateMachineName'))).toBe(true);
  });

  it('of one stage in two regions have none either, but for the domain, which is one’s own, and what is a region’s alone', () => {
    const template = stackOf('production', everything);
    const here = namesOf(template, place('Tidemill-production', 'eu-central-1', 'a/b/1'));
    const there = namesOf(template, place('Tidemill-production', 'eu-west-1', 'a/b/2'));
    const common = here.filter((name) => there.includes(name));
    const mayBeCommon = /^AWS::(ApiGateway::DomainName|StepFunctions::StateMachine\.StateMachineName =)/;
    expect(common.filter((name) => !mayBeCommon.test(name))).toEqual([]);
  });

  it('publish their metrics apart, and watch their own', () => {
    const template = stackOf('production');
    const functions = template.findResources('AWS::Lambda::Function', {
      Properties: {
        Environment: { Variables: { POWERTOOLS_METRICS_NAMESPACE: 'Tidemill-production' } },
      },
    });
    expect(Object.keys(functions)).toHaveLength(DEFAULT_FUNCTIONS.length);
    const namespaces = Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(
      ({ Properties }) => Properties.Namespace,
    );
    expect(namespaces).toContain('Tidemill-production');
    expect(namespaces).not.toContain('Tidemill');
  });
});

describe('the settings reach the stack', () => {
  it('with a region: it is deployed there alone', () => {
    expect(made(undefined, { region: 'eu-central-1' }).region).toBe('eu-central-1');
    expect(made(undefined).region).toContain('Token');
  });

  it('with what protects it', () => {
    expect(made('production').terminationProtection).toBe(true);
    expect(made('dev').terminationProtection).toBe(false);
    stackOf('dev').allResourcesProperties('AWS::DynamoDB::Table', { DeletionProtectionEnabled: false });
  });

  it('with how long logs and records are kept', () => {
    const template = stackOf('production', { stream: { retention: '14d' } });
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 90 });
    template.hasResourceProperties('AWS::Kinesis::Stream', { RetentionPeriodHours: 336 });
  });

  it('with traces of functions and of the API', () => {
    const template = stackOf(undefined, { tracing: true });
    template.resourcePropertiesCountIs(
      'AWS::Lambda::Function',
      { TracingConfig: { Mode: 'Active' } },
      DEFAULT_FUNCTIONS.length,
    );
    template.hasResourceProperties('AWS::ApiGateway::Stage', { TracingEnabled: true });
    for (const [id, { Properties }] of Object.entries(template.findResources('AWS::IAM::Policy'))) {
      if (!/Consumer|Subscribe/.test(id)) continue;
      expect(JSON.stringify(Properties.PolicyDocument), id).toContain('xray:PutTraceSegments');
    }
  });

  it('with a key of one’s own: for all that holds data, and for whoever opens it', () => {
    const kmsKey = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd';
    const template = stackOf(undefined, { kmsKey });
    template.allResourcesProperties('AWS::DynamoDB::Table', {
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: kmsKey },
    });
    template.hasResourceProperties('AWS::Kinesis::Stream', {
      StreamEncryption: { EncryptionType: 'KMS', KeyId: kmsKey },
    });
    template.allResourcesProperties('AWS::SecretsManager::Secret', { KmsKeyId: kmsKey });
    template.hasResourceProperties('AWS::S3::Bucket', {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          Match.objectLike({
            ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: kmsKey },
          }),
        ],
      },
    });
    for (const [id, { Properties }] of Object.entries(template.findResources('AWS::IAM::Policy'))) {
      if (/^Custom/.test(id)) continue;
      expect(JSON.stringify(Properties.PolicyDocument), id).toContain(kmsKey);
    }
  });

  it('with domains, web ACLs, tags and a budget', () => {
    const regional = 'arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/mine/1';
    const global = 'arn:aws:wafv2:us-east-1:123456789012:global/webacl/mine/1';
    const certificate = 'arn:aws:acm:us-east-1:123456789012:certificate/1';
    const template = stackOf('production', {
      domain: {
        api: { name: 'telemetry.example.com', certificate },
        dashboard: { name: 'mill.example.com', certificate },
      },
      webAcl: { api: regional, dashboard: global },
      tags: { team: 'iot' },
      budget: { monthlyUsd: 500, email: 'ops@example.com' },
    });
    template.hasResourceProperties('AWS::ApiGateway::DomainName', {
      DomainName: 'telemetry.example.com',
      RegionalCertificateArn: certificate,
      SecurityPolicy: 'TLS_1_2',
    });
    template.hasOutput('ApiUrl', { Value: 'https://telemetry.example.com/' });
    template.hasOutput('DashboardUrl', { Value: 'https://mill.example.com/' });
    template.hasResourceProperties('AWS::WAFv2::WebACLAssociation', { WebACLArn: regional });
    template.hasResourceProperties('AWS::CloudFront::Distribution', {
      DistributionConfig: Match.objectLike({ Aliases: ['mill.example.com'], WebACLId: global }),
    });
    template.hasResourceProperties('AWS::Kinesis::Stream', {
      Tags: Match.arrayWith([{ Key: 'team', Value: 'iot' }]),
    });
    template.hasResourceProperties('AWS::CloudWatch::Dashboard', { Tags: Match.absent() });
    template.hasResourceProperties('AWS::Budgets::Budget', {
      Budget: Match.objectLike({
        BudgetLimit: { Amount: 500, Unit: 'USD' },
        CostFilters: { TagKeyValue: ['user:tidemill-stack$Tidemill-production'] },
      }),
    });
  });

  it('with reserved concurrency and the authorizer’s cache', () => {
    const template = stackOf(undefined, {
      concurrency: { aggregate: 100 },
      door: { authorizerCache: '5m' },
    });
    const reserved = Object.values(template.findResources('AWS::Lambda::Function')).filter(
      ({ Properties }) => Properties.ReservedConcurrentExecutions !== undefined,
    );
    expect(reserved.map(({ Properties }) => Properties.Handler)).toEqual([
      'consumers/aggregate/handler.handler',
    ]);
    template.allResourcesProperties('AWS::ApiGateway::Authorizer', { AuthorizerResultTtlInSeconds: 300 });
  });

  it('with a warning where the alarms of production reach nobody', () => {
    const warnings = (definition: object) =>
      annotationsOf(unsynthesizedStack(readSettings(definition, 'production')))
        .findWarning('*', Match.stringLikeRegexp('reach nobody'))
        .map(({ id }) => id);
    expect(warnings({})).toEqual(['/Tidemill-production']);
    const topic = 'arn:aws:sns:eu-central-1:123456789012:ops';
    expect(warnings({ alarms: { topic } })).toEqual([]);
  });

  it.each([
    ['low', 0, 1_000, 0],
    ['balanced', 1, 1_000, 1],
    ['cheap', 60, 10_000, 10],
  ])('with the batches of profile %s', (profile, window, size, changes) => {
    const template = stackOf(undefined, { profile });
    const mappings = Object.entries(template.findResources('AWS::Lambda::EventSourceMapping'));
    const of = (start: string) => mappings.find(([id]) => id.startsWith(start))?.[1]['Properties'];
    expect(of('Aggregate')).toMatchObject({ MaximumBatchingWindowInSeconds: window, BatchSize: size });
    expect(of('Rollup')).toMatchObject({ MaximumBatchingWindowInSeconds: changes });
    expect(of('LiveWindows')).toMatchObject({ BatchSize: 200 });
    // However long a batch is filled, its events reach the function with time to spare.
    for (const [, { Properties }] of mappings)
      expect(Properties.MaximumBatchingWindowInSeconds).toBeLessThanOrEqual(60);
  });
});
