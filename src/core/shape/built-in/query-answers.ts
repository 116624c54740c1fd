import type { PartDefinition, ShapeDefinition } from '../shape-definition.ts';

const LABELS = ['instance', 'host', 'hostname', 'job'];
const OF_METRIC: PartDefinition = {
  source: [...LABELS.map((label) => `^.metric.${label}`), '@partitionKey'],
  time: { path: '[0]', as: 's' },
  tags: [{ path: '^.metric', drop: ['__name__'] }],
};
const OF_LABELS: PartDefinition = {
  source: [...LABELS.map((label) => `^.labels.${label}`), '@partitionKey'],
  time: { path: ['timestamp', 'timestampMs'], as: 'auto' },
  tags: [{ path: '^.labels', drop: ['__name__'] }],
};

/**
 * What Prometheus and all that speak its API answer to queries: vectors and matrices. Also samples as they are written to remote
 * stores, in JSON. What a query computed has no name: it is `value`.
 */
export const PROMETHEUS_API: ShapeDefinition = {
  name: 'prometheus-api',
  when: [
    { has: ['data.resultType', 'data.result'] },
    { has: ['timeseries[0].labels', 'timeseries[0].samples'] },
    { has: ['labels.__name__', 'timestamp', 'value'] },
  ],
  // Lines of logs are no samples.
  ignore: { equals: { '$.data.resultType': 'streams' } },
  open: { '$.timeseries[*].labels': ['pairs'] },
  parts: [
    ...[{ each: ['data.result[*]', 'values[*]'] }, { each: ['data.result[*]', 'value'] }].flatMap((each) => [
      {
        ...each,
        ...OF_METRIC,
        when: { has: ['^.metric.__name__'] },
        values: { '{^.metric.__name__}': '[1]' },
      },
      { ...each, ...OF_METRIC, when: { lacks: ['^.metric.__name__'] }, values: { value: '[1]' } },
    ]),
    { each: 'timeseries[*].samples[*]', ...OF_LABELS, values: { '{^.labels.__name__}': 'value' } },
    {
      when: { has: ['labels.__name__'] },
      source: [...LABELS.map((label) => `labels.${label}`), '@partitionKey'],
      time: { path: 'timestamp', as: 'auto' },
      values: { '{labels.__name__}': 'value' },
      tags: [{ path: 'labels', drop: ['__name__'] }],
    },
  ],
};

/** Series as Graphite renders them and as Grafana's JSON sources answer: points of `[value, time]` under a target. */
export const GRAFANA: ShapeDefinition = {
  name: 'grafana',
  when: [
    { has: ['target', 'datapoints'] },
    { has: ['results.*.frames[0].schema.fields', 'results.*.frames[0].data.values'] },
  ],
  parts: [
    {
      each: 'datapoints[*]',
      source: '^.target',
      time: { path: '[1]', as: 'auto' },
      values: { value: '[0]' },
      tags: '^.tags',
    },
    // Frames: the first of their fields is the time.
    {
      each: ['results.*.frames[*]', { transpose: 'data.values' }],
      source: [
        ...LABELS.map((label) => `^.schema.fields[1].labels.${label}`),
        '^.schema.name',
        '@partitionKey',
      ],
      time: { path: '["0"]', as: 'ms' },
      values: { '{^.schema.fields[1].name}': '["1"]' },
      tags: '^.schema.fields[1].labels',
    },
  ],
};

/** What InfluxDB answers to InfluxQL: series of rows under columns. */
export const INFLUXDB_QUERY: ShapeDefinition = {
  name: 'influxdb-query',
  when: [
    { has: ['results[*].series[0].columns', 'results[*].series[0].values'] },
    { has: ['series[0].columns', 'series[0].values'] },
  ],
  source: ['^.tags.host', '^.tags.server', '^.tags.source', 'host', '^.name', '@partitionKey'],
  type: '^.name',
  time: { path: 'time', as: 'auto' },
  values: [{ path: '.', name: '{^.name}', text: 'skip' }],
  tags: '^.tags',
  parts: [
    { each: ['results[*].series[*]', { rows: 'values', columns: 'columns' }] },
    { each: ['series[*]', { rows: 'values', columns: 'columns' }] },
  ],
};
