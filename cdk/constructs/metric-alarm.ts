// An alarm on a metric of an AWS service: goes off when the value is over the threshold in so many minutes running.
import { Duration, Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';

export interface MetricAlarmOptions {
  /** For who reads it at night: what is wrong, and where to look. */
  readonly description: string;
  /** A service's, or `OWN`: what the stack's functions publish. */
  readonly namespace: 'AWS/ApiGateway' | 'AWS/Kinesis' | 'AWS/Lambda' | typeof OWN;
  readonly metric: string;
  /** All that the service publishes the metric with: with one too few the alarm never fires. */
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: 'Sum' | 'Maximum';
  readonly over: number;
  readonly minutes: number;
}

/** Stands for the stack's own namespace. */
export const OWN = 'own';

export function addMetricAlarm(scope: Construct, id: string, options: MetricAlarmOptions): Alarm {
  return new Alarm(scope, id, {
    alarmDescription: options.description,
    metric: new Metric({
      namespace: options.namespace === OWN ? Stack.of(scope).stackName : options.namespace,
      metricName: options.metric,
      dimensionsMap: { ...options.dimensions },
      statistic: options.statistic,
      period: Duration.minutes(1),
    }),
    threshold: options.over,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: options.minutes,
    // Nothing published: nothing happened.
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
}
