import type { ShapeDefinition } from '../shape-definition.ts';

/** Lines of logs in CloudWatch's embedded metric format: by the service or function, if one of their members names it. */
export const CLOUDWATCH_EMF: ShapeDefinition = {
  name: 'cloudwatch-emf',
  when: { has: ['_aws.Timestamp', '_aws.CloudWatchMetrics'] },
  source: [
    ...['service', 'ServiceName', 'service_name', 'FunctionName', 'function_name', 'LogGroup'],
    '@partitionKey',
  ],
  time: { path: '_aws.Timestamp', as: 'ms' },
  values: [{ path: '.', text: 'skip', drop: ['_aws.*'] }],
};

/** What CloudWatch answers to GetMetricStatistics and GetMetricData. */
export const CLOUDWATCH_STATISTICS: ShapeDefinition = {
  name: 'cloudwatch-statistics',
  when: [
    { has: ['Label', 'Datapoints[0].Timestamp'] },
    { has: ['MetricDataResults[*].Timestamps[0]', 'MetricDataResults[*].Values[0]'] },
  ],
  source: '^.Label',
  parts: [
    { each: 'Datapoints[*]', time: { path: 'Timestamp', as: 'auto' }, tags: { unit: 'Unit' } },
    {
      each: ['MetricDataResults[*]', { transpose: '.' }],
      time: { path: 'Timestamps', as: 'auto' },
      values: { value: 'Values' },
    },
  ],
};

/** Records as Timestream takes them, of one measure or several. */
export const TIMESTREAM: ShapeDefinition = {
  name: 'timestream',
  when: { has: ['Dimensions', 'Time', 'MeasureName'] },
  open: { Dimensions: ['pairs'], MeasureValues: ['pairs'] },
  source: [
    ...['host', 'hostname', 'device_id', 'deviceId', 'DeviceId', 'device', '*'].map(
      (name) => `Dimensions.${name}`,
    ),
    '@partitionKey',
  ],
  // Its size says the unit, which stands beside it.
  time: { path: 'Time', as: 'auto' },
  tags: 'Dimensions',
  parts: [
    { when: { lacks: ['MeasureValues'] }, values: { '{MeasureName}': 'MeasureValue' } },
    { when: { has: ['MeasureValues'] }, values: ['MeasureValues'] },
  ],
};
