import type { ShapeDefinition } from '../shape-definition.ts';

/** The text a Prometheus exporter answers with: an event for each sample. One without a timestamp is of the arrival. */
export const PROMETHEUS: ShapeDefinition = {
  name: 'prometheus',
  format: 'prometheus',
  source: ['labels.instance', 'labels.job', '@partitionKey'],
  type: { text: 'sample' },
  time: { path: ['timestamp', '@arrival'], as: 'ms' },
  values: { '{name}': 'value' },
  tags: 'labels',
};
