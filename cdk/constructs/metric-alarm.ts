// An alarm on a metric, or on what an expression makes of several: goes off when the value is beyond the threshold in so many of the
// latest periods. Each has an entry in docs/runbook.md, which its description names.
import { Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  MathExpression,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';

export interface MetricAlarmOptions {
  /** Heading of its entry in docs/runbook.md. */
  readonly entry: string;
  /** For who reads it at night: what is wrong. */
  readonly description: string;
  readonly watched: WatchedMetric | WatchedExpression;
  /** Beyond is more than this; */
  readonly over?: number;
  /** or less than this. */
  readonly under?: number;
  /** So many of the latest periods; default 3 of 5: one bad minute wakes nobody, and trouble that comes and goes does. */
  readonly points?: { readonly beyond: number; readonly of: number };
  readonly periodMinutes?: number;
  /** Nothing published: nothing happened, or just that is the trouble. Default `fine`. */
  readonly silence?: 'fine' | 'trouble';
}

export interface WatchedMetric {
  /** A service's, or `OWN`: what the stack's functions publish. */
  readonly namespace: 'AWS/ApiGateway' | 'AWS/IoT' | 'AWS/Kinesis' | 'AWS/Lambda' | typeof OWN;
  readonly metric: string;
  /** All that the service publishes the metric with: with one too few the alarm never fires. */
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: 'Sum' | 'Maximum';
}

export interface WatchedExpression {
  readonly expression: string;
  /** By the names that the expression has for them. */
  readonly of: Readonly<Record<string, WatchedMetric>>;
}

/** Stands for the stack's own namespace. */
export const OWN = 'own';

export function addMetricAlarm(scope: Construct, id: string, options: MetricAlarmOptions): Alarm {
  const { entry, description, watched, over, under, points = THREE_OF_FIVE, periodMinutes = 1 } = options;
  const period = Duration.minutes(periodMinutes);
  const metricOf = ({ namespace, metric, dimensions, statistic }: WatchedMetric) =>
    new Metric({
      namespace: namespace === OWN ? Stack.of(scope).stackName : namespace,
      metricName: metric,
      dimensionsMap: { ...dimensions },
      statistic,
      period,
    });
  const metric =
    'expression' in watched
      ? new MathExpression({
          expression: watched.expression,
          usingMetrics: Object.fromEntries(
            Object.entries(watched.of).map(([name, one]) => [name, metricOf(one)]),
          ),
          period,
          label: entry,
        })
      : metricOf(watched);
  return new Alarm(scope, id, {
    alarmDescription: `${description}. Runbook: docs/runbook.md#${entry}`,
    metric,
    threshold: over ?? under ?? 0,
    comparisonOperator:
      under === undefined
        ? ComparisonOperator.GREATER_THAN_THRESHOLD
        : ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods: points.of,
    datapointsToAlarm: points.beyond,
    treatMissingData:
      options.silence === 'trouble' ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
  });
}

const THREE_OF_FIVE = { beyond: 3, of: 5 };
/** What happens once and is not to be overlooked: records given up, say. */
export const AT_ONCE = { beyond: 1, of: 1 };
