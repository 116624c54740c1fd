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
import { AT_ONCE, addMetricAlarm, type MetricAlarmOptions, OWN, type WatchedMetric } from './metric-alarm.ts';

export interface ConsumerFunctionOptions {
  readonly name: FunctionName;
  /** The function's bundle. */
  readonly codeFolder: string;
  readonly memoryMb: number;
  readonly timeout: Duration;
  readonly environment: Readonly<Record<string, string>>;
  /** Errors are among what the function answers: no alarm looks at them. */
  readonly errorsAreAnswers?: boolean;
  /** Counts of its own that are to stay at zero. */
  readonly alarms?: readonly OwnAlarm[];
}

export interface OwnAlarm {
  /** Heading of its entry in docs/runbook.md. */
  readonly entry: string;
  /** As the function publishes it. */
  readonly metric: string;
  readonly description: string;
  readonly points?: MetricAlarmOptions['points'];
}

const ENTRIES = { Errors: 'errors', Throttles: 'throttled' } as const;

/** What a reader of a stream could not do: it answers so, and to Lambda nothing has failed. */
export const FAILING: OwnAlarm = {
  entry: 'failing',
  metric: 'failures',
  description: 'some work fails and is delivered again',
};

/** What a reader passed over, and will not see again: it has to be computed again. */
export function missing(metric: string, description: string): OwnAlarm {
  return { entry: 'missing', metric, description, points: AT_ONCE };
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
        entry: ENTRIES[metric],
        description: `${options.name}: ${metric.toLowerCase()}`,
        watched: {
          namespace: 'AWS/Lambda',
          metric,
          dimensions: { FunctionName: this.fn.functionName },
          statistic: 'Sum',
        },
        over: 0,
      });
    }
    for (const { entry, metric, description, points } of options.alarms ?? [])
      addMetricAlarm(this, `Own-${metric}`, {
        entry,
        description: `${options.name}: ${description}`,
        watched: this.published(metric),
        over: 0,
        ...(points === undefined ? {} : { points }),
      });
  }

  /** Goes off when what the function is handed is older: one alarm, however many streams it reads, for Lambda tells one age of it. */
  watchAge(overMs: number): void {
    if (this.node.tryFindChild('Behind') !== undefined) return;
    addMetricAlarm(this, 'Behind', {
      entry: 'behind',
      description: `${this.name} is behind its stream`,
      watched: {
        namespace: 'AWS/Lambda',
        metric: 'IteratorAge',
        dimensions: { FunctionName: this.fn.functionName },
        statistic: 'Maximum',
      },
      over: overMs,
    });
  }

  /** A metric that the function itself publishes. */
  published(metric: string, dimensions: Readonly<Record<string, string>> = {}): WatchedMetric {
    return {
      namespace: OWN,
      metric,
      dimensions: { service: this.name, ...dimensions },
      statistic: 'Sum',
    };
  }

  /** Returns what must be deployed before the permission holds. */
  allow(actions: readonly string[], ...resources: readonly string[]): IDependable {
    const statement = new PolicyStatement({ actions: [...actions], resources: [...resources] });
    return this.#role.addToPrincipalPolicy(statement).policyDependable ?? this.#role;
  }
}
