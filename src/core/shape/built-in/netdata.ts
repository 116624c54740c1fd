import type { ShapeDefinition } from '../shape-definition.ts';

/** Netdata: what its exporter sends as JSON, what `allmetrics` answers, and rows of its API's data, which name no host. */
export const NETDATA: ShapeDefinition = {
  name: 'netdata',
  when: [
    { has: ['hostname', 'chart_id', 'timestamp', 'value'] },
    { has: ['*.last_updated', '*.dimensions'] },
    { has: ['data[0][0]'], equals: { 'labels[0]': 'time' } },
  ],
  parts: [
    {
      when: { has: ['chart_id', 'value'] },
      source: 'hostname',
      type: 'chart_type',
      values: { '{chart_id}.{id}': 'value' },
      tags: [{ path: 'labels' }],
    },
    {
      each: '*',
      when: { has: ['last_updated', 'dimensions'] },
      time: { path: 'last_updated', as: 's' },
      values: { '{@key}': 'dimensions.*.value' },
    },
    { each: { rows: 'data', columns: 'labels' }, time: { path: 'time', as: 's' } },
  ],
  source: '@partitionKey',
  time: { path: 'timestamp', as: 's' },
};
