// What AWS itself says of a deployed stack: its resources and template, alarms, metrics, how its tables are kept, and what its roles may
// do. Reads only.
import {
  CloudFormationClient,
  GetTemplateCommand,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricStatisticsCommand,
} from '@aws-sdk/client-cloudwatch';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetRoleCommand, IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { handlerOf, type TimeLimits } from '../platform/time-limits.ts';

export interface AwsResource {
  readonly type: string;
  readonly logicalId: string;
  readonly physicalId: string;
}

export interface AwsAccount {
  /** The stack's. */
  resources(): Promise<readonly AwsResource[]>;
  /** Logical ids of the stack's resources that stay when it goes. */
  kept(): Promise<ReadonlySet<string>>;
  /** By name, the state of each that there is: `OK`, `ALARM`, `INSUFFICIENT_DATA`. */
  alarms(names: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** The sum over the last quarter of an hour; undefined: no figure yet. */
  metric(of: MetricOf): Promise<number | undefined>;
  /** Whether the table is protected from deletion. */
  isProtected(table: string): Promise<boolean>;
  /** Whether IAM would let the role do it. */
  mayDo(of: { readonly role: string; readonly action: string; readonly resource: string }): Promise<boolean>;
}

export interface MetricOf {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

export interface AwsClients {
  readonly cloudFormation: CloudFormationClient;
  readonly cloudWatch: CloudWatchClient;
  readonly dynamodb: DynamoDBClient;
  readonly iam: IAMClient;
}

/** A figure of the last minutes may be on its way for as long again. */
const SPAN_MS = 15 * 60_000;
/** Limit of the API. */
const NAMES_A_CALL = 100;

/** `nowMs`: for the span of metrics. Default clients: region and credentials as the environment has them. */
export function awsAccount(
  stackName: string,
  nowMs: () => number,
  { cloudFormation, cloudWatch, dynamodb, iam }: AwsClients = awsClients(),
): AwsAccount {
  return {
    async resources() {
      const found: AwsResource[] = [];
      const pages = paginateListStackResources({ client: cloudFormation }, { StackName: stackName });
      for await (const { StackResourceSummaries: some = [] } of pages)
        for (const {
          ResourceType: type,
          LogicalResourceId: logicalId,
          PhysicalResourceId: physicalId,
        } of some)
          if (type !== undefined && logicalId !== undefined && physicalId !== undefined)
            found.push({ type, logicalId, physicalId });
      return found;
    },
    async kept() {
      const { TemplateBody: body = '{}' } = await cloudFormation.send(
        new GetTemplateCommand({ StackName: stackName, TemplateStage: 'Original' }),
      );
      return keptIn(JSON.parse(body));
    },
    async alarms(names) {
      const found = new Map<string, string>();
      for (let at = 0; at < names.length; at += NAMES_A_CALL) {
        const AlarmNames = names.slice(at, at + NAMES_A_CALL);
        const answer = await cloudWatch.send(
          new DescribeAlarmsCommand({ AlarmNames, MaxRecords: NAMES_A_CALL }),
        );
        for (const { AlarmName: name = '', StateValue: state = '' } of answer.MetricAlarms ?? [])
          found.set(name, state);
      }
      return found;
    },
    async metric({ namespace, name, dimensions }) {
      const { Datapoints: points = [] } = await cloudWatch.send(
        new GetMetricStatisticsCommand({
          Namespace: namespace,
          MetricName: name,
          Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
          StartTime: new Date(nowMs() - SPAN_MS),
          EndTime: new Date(nowMs() + 60_000),
          Period: 60,
          Statistics: ['Sum'],
        }),
      );
      return points.length === 0 ? undefined : points.reduce((sum, { Sum = 0 }) => sum + Sum, 0);
    },
    async isProtected(table) {
      const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: table }));
      return Table?.DeletionProtectionEnabled === true;
    },
    async mayDo({ role, action, resource }) {
      const { Role } = await iam.send(new GetRoleCommand({ RoleName: role }));
      const { EvaluationResults: results = [] } = await iam.send(
        new SimulatePrincipalPolicyCommand({
          PolicySourceArn: Role?.Arn,
          ActionNames: [action],
          ResourceArns: [resource],
        }),
      );
      return results.some(({ EvalDecision: decision }) => decision === 'allowed');
    },
  };
}

const LIMITS: TimeLimits = { connectMs: 5_000, answerMs: 30_000 };

function awsClients(): AwsClients {
  const limits = { requestHandler: handlerOf(LIMITS) };
  return {
    cloudFormation: new CloudFormationClient(limits),
    cloudWatch: new CloudWatchClient(limits),
    dynamodb: new DynamoDBClient(limits),
    iam: new IAMClient(limits),
  };
}

/** `Retain` and `RetainExceptOnCreate`. */
function keptIn(template: unknown): ReadonlySet<string> {
  const resources: unknown = Object(template)['Resources'];
  return new Set(
    Object.entries(Object(resources)).flatMap(([id, resource]) =>
      String(Object(resource)['DeletionPolicy']).startsWith('Retain') ? [id] : [],
    ),
  );
}
