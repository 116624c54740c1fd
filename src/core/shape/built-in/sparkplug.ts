import type { ShapeDefinition } from '../shape-definition.ts';

/** Sparkplug B decoded to JSON: each metric at its own time. Who sent it stands in the topic, which is the partition key. */
export const SPARKPLUG: ShapeDefinition = {
  name: 'sparkplug',
  when: { has: ['timestamp', 'metrics[0].name'] },
  each: 'metrics[*]',
  source: '@partitionKey',
  time: { path: ['timestamp', '^timestamp'], as: 'ms' },
  values: {
    '{name}': [
      'value',
      'intValue',
      'longValue',
      'floatValue',
      'doubleValue',
      'booleanValue',
      'int_value',
      'long_value',
      'float_value',
      'double_value',
      'boolean_value',
    ],
  },
};

/** JSON of LwM2M, and the form of SenML before it was a standard: entries below a base name and a base time. */
export const LWM2M: ShapeDefinition = {
  name: 'lwm2m',
  when: { has: ['e[0].n'] },
  each: 'e[*]',
  source: ['^bn', '@partitionKey'],
  time: { path: ['^bt', '@arrival'], as: 'auto', plus: { path: 't', as: 's' } },
  values: { '{n}': ['v', 'bv'] },
};
