import type { ShapeDefinition } from '../shape-definition.ts';

const KINDS = ['int', 'long', 'float', 'double', 'boolean'];

/** The value, whatever its kind is called and however it is packed. */
const VALUE = [
  ...KINDS.map((kind) => `value.${kind}Value`),
  'value',
  ...KINDS.map((kind) => `${kind}Value`),
  ...KINDS.map((kind) => `${kind}_value`),
];

/**
 * Sparkplug B decoded to JSON: each metric at its own time. Who sent it stands in the topic, which is beside the payload or the
 * partition key. After a node's birth its metrics may have a number for a name.
 */
export const SPARKPLUG: ShapeDefinition = {
  name: 'sparkplug',
  inside: ['payload', '.'],
  when: [{ has: ['timestamp', 'metrics[0].name'] }, { has: ['timestamp', 'metrics[0].alias'] }],
  each: 'metrics[*]',
  source: [
    '{$.topic.groupId}/{$.topic.edgeNodeId}/{$.topic.deviceId}',
    '{$.topic.groupId}/{$.topic.edgeNodeId}',
    '{$.topic#1}/{$.topic#3}/{$.topic#4}',
    '{$.topic#1}/{$.topic#3}',
    '@partitionKey',
  ],
  time: { path: ['timestamp', '^timestamp'], as: 'ms' },
  parts: [
    { when: { has: ['name'] }, values: { '{name}': VALUE } },
    { when: { lacks: ['name'] }, values: { 'alias-{alias}': VALUE } },
  ],
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
