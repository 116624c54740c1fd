import type { ShapeDefinition } from '../shape-definition.ts';

/** Sentences of NMEA 0183: an event for each moment, with all that they say of it. The date stands in RMC or ZDA alone. */
export const NMEA: ShapeDefinition = {
  name: 'nmea',
  format: 'nmea',
  source: '@partitionKey',
  time: { path: 'time', as: 'iso', zone: 'UTC' },
};
