import type { PartDefinition, ShapeDefinition, ValuesDefinition } from '../shape-definition.ts';

// `resourceMetrics` and `resource_metrics`, `scopeMetrics` and `instrumentationLibraryMetrics`, in either spelling.
const METRIC = '*[*].*[*].metrics[*]';

/** The metric, and the resource, from a data point: its list, the kind of metric, and the lists around are on the way. */
const NAME = '{^^name}';
const RESOURCE = '^^^^^resource.attributes';

/** Count, sum, least and greatest; the buckets are not taken. */
const DISTRIBUTION: ValuesDefinition = {
  [`${NAME}.count`]: 'count',
  [`${NAME}.sum`]: 'sum',
  [`${NAME}.min`]: 'min',
  [`${NAME}.max`]: 'max',
};
const NUMBER: ValuesDefinition = { [NAME]: ['asDouble', 'asInt', 'as_double', 'as_int', 'value'] };

function partsOf(type: string, kinds: readonly string[], values: ValuesDefinition): PartDefinition[] {
  return kinds.map((kind) => ({ each: `${METRIC}.${kind}.*[*]`, type: { text: type }, values }));
}

/**
 * OpenTelemetry metrics as JSON: an event for each data point, of the service's instance, under the metric's name. Also with names
 * in snake case, as some exporters write them, and with those from before version 1.0.
 */
export const OTLP_METRICS: ShapeDefinition = {
  name: 'otlp-metrics',
  when: [{ has: ['resourceMetrics'] }, { has: ['resource_metrics'] }],
  open: {
    '$.*[*].resource.attributes': ['pairs'],
    attributes: ['pairs'],
    labels: ['pairs'],
  },
  source: [
    `${RESOURCE}["service.instance.id"]`,
    `${RESOURCE}["host.name"]`,
    `${RESOURCE}["k8s.pod.name"]`,
    `${RESOURCE}["service.name"]`,
    '@partitionKey',
  ],
  time: { path: ['timeUnixNano', 'time_unix_nano'], as: 'ns' },
  tags: [{ path: `${RESOURCE}["service.name"]`, name: 'service' }, 'attributes', 'labels'],
  parts: [
    ...partsOf('gauge', ['gauge', 'doubleGauge', 'intGauge'], NUMBER),
    ...partsOf('sum', ['sum', 'doubleSum', 'intSum'], NUMBER),
    ...partsOf('histogram', ['histogram', 'doubleHistogram', 'intHistogram'], DISTRIBUTION),
    ...partsOf('histogram', ['exponentialHistogram', 'exponential_histogram'], DISTRIBUTION),
    ...partsOf('summary', ['summary', 'doubleSummary'], DISTRIBUTION),
  ],
};
