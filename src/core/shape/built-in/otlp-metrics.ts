import type { PartDefinition, ShapeDefinition } from '../shape-definition.ts';

const METRIC = 'resourceMetrics[*].scopeMetrics[*].metrics[*]';

/** Count, sum, least and greatest; the buckets are not taken. */
const DISTRIBUTION: PartDefinition['values'] = {
  '{^name}.count': 'count',
  '{^name}.sum': 'sum',
  '{^name}.min': 'min',
  '{^name}.max': 'max',
};

/** OpenTelemetry metrics as JSON: an event for each data point, of the service's instance, under the metric's name. */
export const OTLP_METRICS: ShapeDefinition = {
  name: 'otlp-metrics',
  when: { has: ['resourceMetrics'] },
  open: {
    '$.resourceMetrics[*].resource.attributes': ['pairs'],
    attributes: ['pairs'],
  },
  source: [
    '^^^.resource.attributes["service.instance.id"]',
    '^^^.resource.attributes["host.name"]',
    '^^^.resource.attributes["k8s.pod.name"]',
    '^^^.resource.attributes["service.name"]',
    '@partitionKey',
  ],
  time: { path: 'timeUnixNano', as: 'ns' },
  tags: [{ path: '^^^.resource.attributes["service.name"]', name: 'service' }, 'attributes'],
  parts: [
    {
      each: `${METRIC}.gauge.dataPoints[*]`,
      type: { text: 'gauge' },
      values: { '{^name}': ['asDouble', 'asInt'] },
    },
    {
      each: `${METRIC}.sum.dataPoints[*]`,
      type: { text: 'sum' },
      values: { '{^name}': ['asDouble', 'asInt'] },
    },
    { each: `${METRIC}.histogram.dataPoints[*]`, type: { text: 'histogram' }, values: DISTRIBUTION },
    {
      each: `${METRIC}.exponentialHistogram.dataPoints[*]`,
      type: { text: 'histogram' },
      values: DISTRIBUTION,
    },
    { each: `${METRIC}.summary.dataPoints[*]`, type: { text: 'summary' }, values: DISTRIBUTION },
  ],
};
