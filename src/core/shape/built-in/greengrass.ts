import type { ShapeDefinition } from '../shape-definition.ts';

/**
 * Health telemetry of AWS IoT Greengrass, as EventBridge hands it on or a core publishes it: an event for each metric of each moment,
 * so that what is told twice counts once.
 */
export const GREENGRASS: ShapeDefinition = {
  name: 'greengrass',
  inside: ['detail', '.'],
  when: { has: ['ThingName', 'ADP[0].TS', 'ADP[0].M[0].N'] },
  each: 'ADP[*].M[*]',
  source: '^^.ThingName',
  id: '{^.TS}/{^.NS}/{N}',
  type: '^.NS',
  time: { path: '^.TS', as: 'ms' },
  values: { '{N}': ['Sum', 'Average', 'Latest', 'Max', 'Min'] },
  tags: { unit: 'U' },
};
