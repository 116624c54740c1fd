// Metrics in a line of log, in CloudWatch's embedded metric format: what the line says of namespace, dimensions and names counts.
import { isObject } from '../property.ts';
import type { MetricDatum } from './metric-store.ts';

/** Empty for a line without metrics. */
export function embeddedMetrics(line: string): readonly MetricDatum[] {
  if (!line.includes('"CloudWatchMetrics"')) return [];
  const record = parse(line);
  const directives = isObject(record?.['_aws']) ? record['_aws']['CloudWatchMetrics'] : undefined;
  if (record === undefined || !Array.isArray(directives)) return [];
  return directives.flatMap((directive: unknown) => (isObject(directive) ? dataOf(directive, record) : []));
}

type Json = Readonly<Record<string, unknown>>;

function dataOf({ Namespace, Dimensions, Metrics }: Json, record: Json): readonly MetricDatum[] {
  if (typeof Namespace !== 'string' || !Array.isArray(Dimensions) || !Array.isArray(Metrics)) return [];
  const sets = Dimensions.filter((set: unknown) => Array.isArray(set)).map((set: readonly unknown[]) =>
    Object.fromEntries(set.map((key) => [String(key), String(record[String(key)] ?? '')])),
  );
  return Metrics.flatMap((metric: unknown) => {
    const name = isObject(metric) ? String(metric['Name'] ?? '') : '';
    const noted = record[name];
    const values = (Array.isArray(noted) ? noted : [noted]).filter((value) => typeof value === 'number');
    return sets.flatMap((dimensions) =>
      values.map((value) => ({ namespace: Namespace, name, dimensions, value })),
    );
  });
}

function parse(line: string): Json | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined; // A line that only looks like one: functions may print what they like.
  }
}
