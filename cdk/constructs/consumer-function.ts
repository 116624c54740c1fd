// A Lambda function with a role, a log group and alarms of its own. The role may write that log, and what `allow` adds.
import { type Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct, type IDependable } from 'constructs';
import {
  type FunctionName,
  handlerPath,
  PIPELINE_FILE,
  PIPELINE_FILE_VARIABLE,
} from '../../src/platform/names.ts';
import { addMetricAlarm } from './metric-alarm.ts';

export interface ConsumerFunctionOptions {
  readonly name: FunctionName;
  /** The function's bundle. */
  readonly codeFolder: string;
  readonly memoryMb: number;
  readonly timeout: Duration;
  readonly environment: Readonly<Record<string, string>>;
  /** Errors are among what the function answers: no alarm looks at them. */
  readonly errorsAreAnswers?: boolean;
}

export class ConsumerFunction extends Construct {
  readonly name: FunctionName;
  readonly fn: LambdaFunction;
  readonly #role: Role;

  constructor(scope: Construct, id: string, options: ConsumerFunctionOptions) {
    super(scope, id);
    this.name = options.name;
    const logGroup = new LogGroup(this, 'Logs', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.#role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.fn = new LambdaFunction(this, 'Function', {
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(options.codeFolder),
      handler: `${handlerPath(options.name)}.handler`,
      memorySize: options.memoryMb,
      timeout: options.timeout,
      role: this.#role,
      logGroup,
      environment: {
        [PIPELINE_FILE_VARIABLE]: PIPELINE_FILE,
        POWERTOOLS_SERVICE_NAME: options.name,
        // Two stacks in one region must not add up.
        POWERTOOLS_METRICS_NAMESPACE: Stack.of(this).stackName,
        POWERTOOLS_LOG_LEVEL: 'INFO',
        ...options.environment,
      },
    });
    this.allow(['logs:CreateLogStream', 'logs:PutLogEvents'], logGroup.logGroupArn);
    const watched =
      options.errorsAreAnswers === true ? (['Throttles'] as const) : (['Errors', 'Throttles'] as const);
    for (const metric of watched) {
      addMetricAlarm(this, metric, {
        description: `${options.name}: ${metric.toLowerCase()} in each of five minutes: look at its log and the account's concurrency`,
        namespace: 'AWS/Lambda',
        metric,
        dimensions: { FunctionName: this.fn.functionName },
        statistic: 'Sum',
        over: 0,
        minutes: 5,
      });
    }
  }

  /** Returns what must be deployed before the permission holds. */
  allow(actions: readonly string[], ...resources: readonly string[]): IDependable {
    const statement = new PolicyStatement({ actions: [...actions], resources: [...resources] });
    return this.#role.addToPrincipalPolicy(statement).policyDependable ?? this.#role;
  }
}
