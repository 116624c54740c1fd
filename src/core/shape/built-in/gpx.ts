import type { ShapeDefinition } from '../shape-definition.ts';

/** Points of GPX tracks, routes and way points that have a time. */
export const GPX: ShapeDefinition = {
  name: 'gpx',
  format: 'gpx',
  source: ['track', '@partitionKey'],
  type: { text: 'point' },
  time: { path: 'time', as: 'iso', zone: 'UTC' },
  values: ['lat', 'lon', 'ele', 'extensions'],
};
