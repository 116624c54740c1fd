// Starts the stack's load tasks, waits for their end, and asks CloudWatch what the stack made of that time.
import { CloudWatchClient, GetMetricStatisticsCommand, type Statistic } from '@aws-sdk/client-cloudwatch';
import { DescribeTasksCommand, ECSClient, RunTaskCommand, type Task } from '@aws-sdk/client-ecs';
import { type Clock, systemClock } from '../platform/clock.ts';
import { LOAD_CONTAINER } from '../platform/names.ts';
import { handlerOf, type TimeLimits } from '../platform/time-limits.ts';

export interface AwsLoad {
  readonly stackName: string;
  readonly cluster: string;
  readonly task: string;
  readonly subnets: readonly string[];
  readonly stream: string;
  readonly tables: readonly string[];
  readonly count: number;
  /** Environment of each task; the seed in it has the task's number appended. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface AwsLoadReport {
  /** Events that `aggregate` received in that time, whoever sent them; what came again counts again. */
  readonly accepted: number;
  /** That the stream took. */
  readonly acceptedBytes: number;
  /** The oldest record that a reader of the stream was handed, ms. */
  readonly lagMs: number;
  /** Writes that the tables were asked for, and USD for them, for reads and for the stream (on demand, us-east-1). */
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly costUsd: number;
  readonly costUsdPerMillionEvents: number | undefined;
  /** Why, where a task failed. */
  readonly failedTasks: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
}

export interface AwsLoadDeps {
  readonly ecs: Pick<ECSClient, 'send'>;
  readonly cloudWatch: Pick<CloudWatchClient, 'send'>;
  readonly clock: Clock;
  /** What it is waiting for, in a few words. Default: nobody is told. */
  readonly onProgress?: (waitingFor: string) => void;
}

const POLL_MS = 5_000;
const LIMITS: TimeLimits = { connectMs: 5_000, answerMs: 30_000 };
/** Figures of a minute are there some minutes later. */
const FIGURES_AFTER_MS = 3 * 60_000;
const MINUTE_MS = 60_000;
/** USD, on demand, us-east-1, November 2026: docs/limits.md. */
const PRICES = { millionWriteUnits: 0.625, millionReadUnits: 0.125, gigabyteStreamed: 0.08 };

export async function loadOnAws(load: AwsLoad, given: Partial<AwsLoadDeps> = {}): Promise<AwsLoadReport> {
  const limits = { requestHandler: handlerOf(LIMITS) };
  const ecs = given.ecs ?? new ECSClient(limits);
  const cloudWatch = given.cloudWatch ?? new CloudWatchClient(limits);
  const deps = { clock: systemClock, ...given, ecs, cloudWatch };
  const { clock } = deps;
  const fromMs = clock.nowMs();
  const started = await startTasks(load, deps);
  const failedTasks = await untilStopped(load, started, deps);
  const toMs = clock.nowMs();
  deps.onProgress?.(
    `all tasks have stopped; CloudWatch has their figures after ${FIGURES_AFTER_MS / MINUTE_MS} minutes`,
  );
  await clock.sleep(FIGURES_AFTER_MS);
  return { ...(await figures(load, { fromMs, toMs }, deps)), failedTasks, fromMs, toMs };
}

async function startTasks(load: AwsLoad, { ecs }: AwsLoadDeps): Promise<readonly string[]> {
  const started: string[] = [];
  for (let number = 0; number < load.count; number += 1) {
    const environment = Object.entries(load.environment).map(([name, value]) => ({
      name,
      value: name.endsWith('_SEED') ? `${value}-${number}` : value,
    }));
    const { tasks = [], failures = [] } = await ecs.send(
      new RunTaskCommand({
        cluster: load.cluster,
        taskDefinition: load.task,
        launchType: 'FARGATE',
        networkConfiguration: {
          awsvpcConfiguration: { subnets: [...load.subnets], assignPublicIp: 'ENABLED' },
        },
        overrides: { containerOverrides: [{ name: LOAD_CONTAINER, environment }] },
      }),
    );
    const [failure] = failures;
    const arn = tasks[0]?.taskArn;
    if (arn === undefined) throw new Error(`ECS started no task: ${failure?.reason ?? 'it gave no reason'}`);
    started.push(arn);
  }
  return started;
}

async function untilStopped(
  { cluster }: AwsLoad,
  arns: readonly string[],
  { ecs, clock, onProgress }: AwsLoadDeps,
): Promise<readonly string[]> {
  for (;;) {
    const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: [...arns] }));
    if (tasks.length === arns.length && tasks.every(({ lastStatus }) => lastStatus === 'STOPPED'))
      return tasks.flatMap(failureOf);
    const statuses = Map.groupBy(tasks, ({ lastStatus }) => lastStatus?.toLowerCase() ?? 'unknown');
    onProgress?.(`tasks: ${[...statuses].map(([status, { length }]) => `${length} ${status}`).join(', ')}`);
    await clock.sleep(POLL_MS);
  }
}

function failureOf({ containers = [], stoppedReason = 'no reason given' }: Task): readonly string[] {
  const [container] = containers;
  return container?.exitCode === 0
    ? []
    : [`${container?.reason ?? stoppedReason} (exit code ${container?.exitCode})`];
}

async function figures(
  { stackName, stream, tables }: AwsLoad,
  span: { readonly fromMs: number; readonly toMs: number },
  { cloudWatch }: AwsLoadDeps,
) {
  const ask = async (
    Namespace: string,
    MetricName: string,
    dimension: readonly [string, string],
    statistic: Statistic,
  ) => {
    const { Datapoints: points = [] } = await cloudWatch.send(
      new GetMetricStatisticsCommand({
        ...{ Namespace, MetricName, Period: 60, Statistics: [statistic] },
        Dimensions: [{ Name: dimension[0], Value: dimension[1] }],
        StartTime: new Date(span.fromMs - (span.fromMs % MINUTE_MS)),
        EndTime: new Date(span.toMs + MINUTE_MS),
      }),
    );
    return points.map(({ Sum = 0, Maximum = 0 }) => (statistic === 'Sum' ? Sum : Maximum));
  };
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const ofStream = (name: string, statistic: Statistic) =>
    ask('AWS/Kinesis', name, ['StreamName', stream], statistic);
  const ofTables = async (name: string) =>
    sum(
      (
        await Promise.all(tables.map((table) => ask('AWS/DynamoDB', name, ['TableName', table], 'Sum')))
      ).flat(),
    );
  const accepted = sum(await ask(stackName, 'received', ['service', 'aggregate'], 'Sum'));
  const acceptedBytes = sum(await ofStream('IncomingBytes', 'Sum'));
  const lagMs = Math.max(0, ...(await ofStream('GetRecords.IteratorAgeMilliseconds', 'Maximum')));
  const writeUnits = await ofTables('ConsumedWriteCapacityUnits');
  const readUnits = await ofTables('ConsumedReadCapacityUnits');
  const costUsd =
    (writeUnits * PRICES.millionWriteUnits) / 1e6 +
    (readUnits * PRICES.millionReadUnits) / 1e6 +
    (acceptedBytes * PRICES.gigabyteStreamed) / 1e9;
  const costUsdPerMillionEvents = accepted === 0 ? undefined : (costUsd * 1e6) / accepted;
  return { accepted, acceptedBytes, lagMs, writeUnits, readUnits, costUsd, costUsdPerMillionEvents };
}
