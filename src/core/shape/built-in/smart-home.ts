import type { ShapeDefinition } from '../shape-definition.ts';

/** Notifications of Shelly devices of the second generation on. */
export const SHELLY: ShapeDefinition = {
  name: 'shelly',
  when: { has: ['src', 'method', 'params.ts'] },
  // Buttons that were pressed, and the like.
  ignore: { equals: { method: 'NotifyEvent' } },
  source: 'src',
  time: { path: 'params.ts', as: 's' },
  values: [{ path: 'params', text: 'skip', drop: ['ts', '*.id'] }],
};

/** States of Home Assistant, as its API and its event stream give them, one or a list. */
export const HOME_ASSISTANT: ShapeDefinition = {
  name: 'home-assistant',
  inside: ['event.data.new_state', 'data.new_state', '.'],
  when: { has: ['entity_id', 'state', 'last_changed'] },
  source: 'entity_id',
  time: { path: ['last_updated', 'last_changed'], as: 'iso', zone: 'UTC' },
  values: [
    {
      path: 'state',
      name: 'state',
      enums: { on: 1, off: 0, open: 1, closed: 0 },
      missing: ['unavailable', 'unknown', ''],
    },
  ],
  tags: { unit: 'attributes.unit_of_measurement', class: 'attributes.device_class' },
};

/** What openHAB's persistence answers of an item. */
export const OPENHAB: ShapeDefinition = {
  name: 'openhab',
  when: { has: ['name', 'data[0].time', 'data[0].state'] },
  each: 'data[*]',
  source: '^name',
  time: { path: 'time', as: 'ms' },
  values: [
    {
      path: 'state',
      name: 'state',
      text: 'units',
      enums: { ON: 1, OFF: 0, OPEN: 1, CLOSED: 0 },
      missing: ['NULL', 'UNDEF'],
    },
  ],
};
