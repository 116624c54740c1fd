import type { ShapeDefinition } from '../shape-definition.ts';

/** Webhooks of Particle: what a device published, a number or JSON. */
export const PARTICLE: ShapeDefinition = {
  name: 'particle',
  when: { has: ['coreid', 'published_at', 'event'] },
  open: { data: ['json'] },
  source: 'coreid',
  type: 'event',
  time: { path: 'published_at', as: 'rfc3339' },
  values: ['data'],
};

/** What Losant's webhooks and data tables hand on of a device's state. */
export const LOSANT: ShapeDefinition = {
  name: 'losant',
  when: { has: ['applicationId', 'deviceId', 'data', 'time'] },
  source: 'deviceId',
  time: { path: 'time', as: 'auto' },
  values: [{ path: 'data', text: 'skip' }],
  tags: { device: 'deviceName' },
};
