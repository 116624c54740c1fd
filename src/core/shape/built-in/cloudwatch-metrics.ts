import type { ShapeDefinition } from '../shape-definition.ts';

/** CloudWatch metric streams as JSON: count, sum, least and greatest of each metric and minute, and its percentiles. */
export const CLOUDWATCH_METRICS: ShapeDefinition = {
  name: 'cloudwatch-metrics',
  when: { has: ['metric_stream_name', 'namespace', 'metric_name', 'value.count'] },
  source: ['{namespace}/{dimensions.*}', 'namespace'],
  type: { text: 'metric' },
  time: { path: 'timestamp', as: 'ms' },
  values: [{ path: 'value', name: '{metric_name}' }],
  tags: ['dimensions', 'region', { path: 'account_id', name: 'account' }],
};
