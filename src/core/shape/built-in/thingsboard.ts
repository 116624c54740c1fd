import type { ShapeDefinition } from '../shape-definition.ts';

/** Telemetry of ThingsBoard: of a device, of a gateway by device, and what its API answers by key. */
export const THINGSBOARD: ShapeDefinition = {
  name: 'thingsboard',
  when: [{ has: ['ts', 'values'] }, { has: ['*[0].ts', '*[0].values'] }, { has: ['*[0].ts', '*[0].value'] }],
  time: { path: 'ts', as: 'ms' },
  parts: [
    { when: { has: ['ts', 'values'] }, source: '@partitionKey', values: [{ path: 'values', text: 'skip' }] },
    {
      each: '*[*]',
      when: { has: ['ts', 'values'] },
      source: '^@key',
      values: [{ path: 'values', text: 'skip' }],
    },
    {
      each: '*[*]',
      when: { has: ['ts', 'value'] },
      source: '@partitionKey',
      values: { '{^@key}': 'value' },
    },
  ],
};
