// AWS::CloudWatch::Alarm: of one metric, or of an expression over several.
import { asArray, asNumber, asObject, asText, ifPresent } from '../property.ts';
import type { ResourceToRead } from '../resource-to-read.ts';
import { metricMath } from './metric-math.ts';
import type { MetricId, Statistic } from './metric-store.ts';

export interface WatchedMetric extends MetricId {
  readonly statistic: Statistic;
  readonly periodMs: number;
}

export interface AlarmSpec {
  readonly logicalId: string;
  readonly description: string;
  /** By id; of a plain alarm one, `m`. */
  readonly metrics: ReadonlyMap<string, WatchedMetric>;
  readonly value: (values: ReadonlyMap<string, number | undefined>) => number | undefined;
  readonly periodMs: number;
  readonly threshold: number;
  readonly comparison: 'GreaterThanThreshold' | 'LessThanThreshold';
  /** Among so many periods, */
  readonly periods: number;
  /** so many must be beyond the threshold. */
  readonly datapoints: number;
  readonly missing: 'breaching' | 'notBreaching' | 'ignore' | 'missing';
}

export function readAlarm({ logicalId, property }: ResourceToRead): AlarmSpec {
  const at = (key: string) => `${logicalId}.${key}`;
  const periods = asNumber(property('EvaluationPeriods'), at('EvaluationPeriods'));
  const watched = readWatched(logicalId, property);
  return {
    logicalId,
    description: ifPresent(property('AlarmDescription'), asText, at('AlarmDescription')) ?? '',
    ...watched,
    threshold: asNumber(property('Threshold'), at('Threshold')),
    comparison: oneOf(COMPARISONS, property('ComparisonOperator'), at('ComparisonOperator')),
    periods,
    datapoints: ifPresent(property('DatapointsToAlarm'), asNumber, at('DatapointsToAlarm')) ?? periods,
    missing: oneOf(MISSING, property('TreatMissingData') ?? 'missing', at('TreatMissingData')),
  };
}

const COMPARISONS = ['GreaterThanThreshold', 'LessThanThreshold'] as const;
const MISSING = ['breaching', 'notBreaching', 'ignore', 'missing'] as const;
const STATISTICS = ['Sum', 'Maximum', 'Minimum', 'Average', 'SampleCount'] as const;

type Watched = Pick<AlarmSpec, 'metrics' | 'value' | 'periodMs'>;

function readWatched(logicalId: string, property: ResourceToRead['property']): Watched {
  const listed = ifPresent(property('Metrics'), asArray, `${logicalId}.Metrics`);
  if (listed === undefined) {
    const metric = readMetric(
      {
        Namespace: property('Namespace'),
        MetricName: property('MetricName'),
        Dimensions: property('Dimensions'),
      },
      { statistic: property('Statistic'), period: property('Period') },
      logicalId,
    );
    return {
      metrics: new Map([['m', metric]]),
      value: (values) => values.get('m'),
      periodMs: metric.periodMs,
    };
  }
  const metrics = new Map<string, WatchedMetric>();
  let value: Watched['value'] | undefined;
  for (const entry of listed) {
    const query = asObject(entry, `${logicalId}.Metrics`);
    const id = asText(query['Id'], `${logicalId}.Metrics.Id`);
    if (query['Expression'] !== undefined) value = metricMath(asText(query['Expression'], logicalId));
    else {
      const stat = asObject(query['MetricStat'], `${logicalId}.MetricStat`);
      const how = { statistic: stat['Stat'], period: stat['Period'] };
      metrics.set(id, readMetric(asObject(stat['Metric'], logicalId), how, logicalId));
    }
  }
  const [first] = metrics.values();
  if (value === undefined || first === undefined)
    throw new Error(`template, ${logicalId}.Metrics: found no expression over metrics, expected one`);
  return { metrics, value, periodMs: first.periodMs };
}

function readMetric(
  metric: Readonly<Record<string, unknown>>,
  { statistic, period }: { readonly statistic: unknown; readonly period: unknown },
  where: string,
): WatchedMetric {
  const dimensions = ifPresent(metric['Dimensions'], asArray, `${where}.Dimensions`) ?? [];
  return {
    namespace: asText(metric['Namespace'], `${where}.Namespace`),
    name: asText(metric['MetricName'], `${where}.MetricName`),
    dimensions: Object.fromEntries(
      dimensions.map((entry) => {
        const { Name, Value } = asObject(entry, `${where}.Dimensions`);
        return [asText(Name, where), asText(Value, where)];
      }),
    ),
    statistic: oneOf(STATISTICS, statistic, `${where}.Statistic`),
    periodMs: asNumber(period, `${where}.Period`) * 1_000,
  };
}

function oneOf<T extends string>(allowed: readonly T[], value: unknown, where: string): T {
  const found = allowed.find((one) => one === value);
  if (found !== undefined) return found;
  throw new Error(
    `template, ${where}: found ${JSON.stringify(value)}, expected one of ${allowed.join(', ')}`,
  );
}
