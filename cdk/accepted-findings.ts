// What rules of cdk-nag find in the stack and is meant to be so, with the reason. It goes into the resources' metadata, where the rules
// read it, and whoever reads the template; cdk-nag itself is a tool of the checks alone.
import { AspectPriority, Aspects, CfnResource, type Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

interface AcceptedFinding {
  readonly rules: readonly string[];
  /** CloudFormation's, e.g. `AWS::S3::Bucket`. */
  readonly type: string;
  /** Beginnings of the constructs' paths within the stack; default: anywhere. */
  readonly at?: readonly string[];
  /** Where findings say what they found: what that may be; default: anything. */
  readonly found?: RegExp;
  readonly why: string;
}

const PAID_BY_REQUEST = 'A setting, off by default: it costs by the request';
const PAID_BY_MONTH = 'A setting, off by default: it costs by the month';
const OF_CDK = ['Custom::CDKBucketDeployment'];
const BY_CDK = 'Made by the CDK, to put the page’s files into their bucket while the stack is deployed';
const NEXT_RUN =
  'What a run misses the next one finds, a minute later; an alarm tells of a schedule that fails';

export const ACCEPTED_FINDINGS: readonly AcceptedFinding[] = [
  {
    rules: ['Serverless-LambdaDLQ'],
    type: 'AWS::Lambda::Function',
    why: 'What a mapping gives up has a destination of its own; a request has its answer; what a schedule misses the next run finds',
  },
  { rules: ['Serverless-LambdaTracing'], type: 'AWS::Lambda::Function', why: PAID_BY_REQUEST },
  {
    rules: ['AwsSolutions-IAM5'],
    type: 'AWS::IAM::Policy',
    found: /^Resource::\*$/,
    why: 'dynamodb:ListStreams, ecr:GetAuthorizationToken, ecs:StopTask and the log deliveries of Step Functions know no resource',
  },
  {
    rules: ['AwsSolutions-IAM5'],
    type: 'AWS::IAM::Policy',
    found: /^Resource::<(?:Failures|Archive)Bucket\w+\.Arn>\/(?:(?:records|iot)\/)?\*$/,
    why: 'Objects of one bucket, whose keys say when and what',
  },
  {
    rules: ['AwsSolutions-IAM5'],
    type: 'AWS::IAM::Policy',
    at: ['Incoming/'],
    found: /^Resource::<IncomingBucket\w+\.Arn>\/(?:incoming|contents|under-way|reports|quarantine)\/\*$/,
    why: 'Objects of one bucket, whose names are those of the files that are dropped',
  },
  {
    rules: ['AwsSolutions-IAM5'],
    type: 'AWS::IAM::Policy',
    at: ['Live/'],
    found: /^Resource::arn:<AWS::Partition>:execute-api:.*\/live\/(?:POST|DELETE)\/@connections\/\*$/,
    why: 'Connections of one API, whose ids API Gateway makes',
  },
  {
    rules: ['AwsSolutions-IAM5'],
    type: 'AWS::IAM::Policy',
    at: ['Rebuild/', 'Query/', 'Live/Subscribe/'],
    found: /^Resource::<\w+Table\w+\.Arn>(?:-\*)?(?:\/index\/(?:\*|\w+))?$/,
    why: 'Tables of generations are made as they are asked for, under names that begin with that of the stack’s own',
  },
  {
    rules: ['AwsSolutions-IAM5'],
    type: 'AWS::IAM::Policy',
    at: ['Rebuild/Machine/'],
    found: /^Resource::(?:<RebuildConsumer|arn:)/,
    why: 'Versions of one function and one task, and executions of one machine: the CDK’s own grants',
  },
  {
    rules: ['AwsSolutions-IAM5'],
    type: 'AWS::IAM::Policy',
    at: OF_CDK,
    why: BY_CDK,
  },
  { rules: ['AwsSolutions-IAM4'], type: 'AWS::IAM::Role', at: OF_CDK, why: BY_CDK },
  {
    rules: ['AwsSolutions-L1', 'Serverless-LambdaLatestVersion'],
    type: 'AWS::Lambda::Function',
    at: OF_CDK,
    why: BY_CDK,
  },
  {
    rules: ['AwsSolutions-IAM4'],
    type: 'AWS::IAM::Role',
    at: ['Door/Api/CloudWatchRole'],
    why: 'What API Gateway needs to write logs, as AWS keeps it',
  },
  { rules: ['Serverless-EventBusDLQ'], type: 'AWS::Events::Rule', why: NEXT_RUN },
  {
    rules: ['Serverless-LambdaAsyncFailureDestination'],
    type: 'AWS::Lambda::EventInvokeConfig',
    why: NEXT_RUN,
  },
  {
    rules: ['AwsSolutions-S1'],
    type: 'AWS::S3::Bucket',
    at: ['Failures/', 'Archive/'],
    why: 'Functions alone write here, and whoever redrives or rebuilds reads: CloudTrail’s data events tell of both where that is wanted',
  },
  {
    rules: ['AwsSolutions-S1'],
    type: 'AWS::S3::Bucket',
    at: ['Incoming/'],
    why: 'Each file that is dropped has a report beside it; CloudTrail’s data events tell who dropped it where that is wanted',
  },
  {
    rules: ['AwsSolutions-S1'],
    type: 'AWS::S3::Bucket',
    at: ['Dashboard/'],
    why: 'It holds the page alone, which anybody may read, and only through the distribution',
  },
  {
    rules: ['AwsSolutions-DDB3'],
    type: 'AWS::DynamoDB::Table',
    at: ['LiveState/', 'Outlet/'],
    why: 'All of it is of the moment: nothing of it is worth restoring',
  },
  {
    rules: ['AwsSolutions-SMG4'],
    type: 'AWS::SecretsManager::Secret',
    why: 'Keys are rotated by `tidemill tokens rotate`: when an old one goes is for people to say',
  },
  {
    rules: ['AwsSolutions-COG4'],
    type: 'AWS::ApiGateway::Method',
    why: 'Devices are no users of a pool: their tokens are checked by an authorizer of ours',
  },
  { rules: ['AwsSolutions-APIG3'], type: 'AWS::ApiGateway::Stage', why: PAID_BY_MONTH },
  {
    rules: ['AwsSolutions-APIG6'],
    type: 'AWS::ApiGateway::Stage',
    why: 'The execution log would hold tokens; the access log has each request',
  },
  { rules: ['Serverless-APIGWXrayEnabled'], type: 'AWS::ApiGateway::Stage', why: PAID_BY_REQUEST },
  {
    rules: ['AwsSolutions-APIG2'],
    type: 'AWS::ApiGateway::RestApi',
    why: 'The methods that take a body validate it; the others are read by their function',
  },
  {
    rules: ['AwsSolutions-APIG4'],
    type: 'AWS::ApiGatewayV2::Route',
    why: 'A WebSocket API authorizes $connect alone, and each message looks its connection’s token up',
  },
  {
    rules: ['AwsSolutions-CFR1'],
    type: 'AWS::CloudFront::Distribution',
    why: 'Who may read is for tokens to say, not for countries',
  },
  { rules: ['AwsSolutions-CFR2'], type: 'AWS::CloudFront::Distribution', why: PAID_BY_MONTH },
  {
    rules: ['AwsSolutions-CFR3'],
    type: 'AWS::CloudFront::Distribution',
    why: 'The APIs behind it log each request; the page itself is the same for everybody',
  },
  {
    rules: ['AwsSolutions-CFR4'],
    type: 'AWS::CloudFront::Distribution',
    why: 'Without a domain of its own CloudFront has its own certificate, and chooses the protocol',
  },
  {
    rules: ['AwsSolutions-ECS2'],
    type: 'AWS::ECS::TaskDefinition',
    why: 'Names of tables and of the stream: nothing secret is among them',
  },
  {
    rules: ['AwsSolutions-ECS4'],
    type: 'AWS::ECS::Cluster',
    why: 'Tasks run for minutes a year; their logs, and of a rebuild the state machine’s history, tell of them',
  },
  {
    rules: ['AwsSolutions-VPC7'],
    type: 'AWS::EC2::VPC',
    why: 'Nothing is reachable in it: tasks that call AWS, while a rebuild or a load runs',
  },
  {
    rules: ['AwsSolutions-SF1', 'AwsSolutions-SF2', 'Serverless-StepFunctionStateMachineXray'],
    type: 'AWS::StepFunctions::StateMachine',
    why: 'A standard workflow keeps the history of each execution for 90 days',
  },
];

/** By cfn-lint: the CDK has a function wait for its role's policies, and names the role beside them. */
const ACCEPTED_BY_LINT = { config: { ignore_checks: ['W3005'] } };

/** Before any rule looks: rules read what is accepted as they visit a resource. */
export function acceptFindings(stack: Stack): void {
  const visit = (node: IConstruct) => {
    if (!CfnResource.isCfnResource(node)) return;
    const path = node.node.path.slice(stack.node.path.length + 1);
    const accepted = ACCEPTED_FINDINGS.filter(
      ({ type, at }) =>
        type === node.cfnResourceType && (at?.some((start) => path.startsWith(start)) ?? true),
    );
    const rules = accepted.flatMap(({ rules, found, why }) =>
      rules.map((id) => ({
        id,
        reason: inMetadata(why),
        ...(found === undefined ? {} : { applies_to: [{ regex: `/${found.source}/` }] }),
      })),
    );
    if (rules.length > 0) node.addMetadata('cdk_nag', { rules_to_suppress: rules });
  };
  stack.templateOptions.metadata = { ...stack.templateOptions.metadata, 'cfn-lint': ACCEPTED_BY_LINT };
  Aspects.of(stack).add({ visit }, { priority: AspectPriority.MUTATING });
}

/** A reason as it is written there: cdk-nag takes Latin-1. */
export function inMetadata(text: string): string {
  return text.replaceAll('’', "'");
}
