import type { ShapeDefinition } from '../shape-definition.ts';

const SHELLY_VALUES = {
  text: 'skip',
  // What says when, and what the device says of its networks and itself.
  drop: [
    'ts',
    '*.id',
    '*.ts',
    '*minute_ts',
    '*unixtime',
    '*timestamp',
    'serial',
    'wifi*',
    'cloud.*',
    'mqtt.*',
    'sys.*',
  ],
} as const;

/**
 * Shelly devices: notifications and answers of the second generation on, what they answer to `/status` in either generation, and
 * what the cloud tells of them.
 */
export const SHELLY: ShapeDefinition = {
  name: 'shelly',
  when: [
    { has: ['src', 'method', 'params.ts'] },
    { has: ['src', 'result.sys.unixtime'] },
    { has: ['sys.mac', 'sys.unixtime'] },
    { has: ['mac', 'unixtime'] },
    { has: ['device.id', 'status.ts'] },
  ],
  // Buttons that were pressed, and the like.
  ignore: { equals: { method: 'NotifyEvent' } },
  source: ['src', 'sys.mac', 'mac', 'device.id'],
  time: { path: ['params.ts', 'result.sys.unixtime', 'sys.unixtime', 'unixtime', 'status.ts'], as: 's' },
  parts: [
    { when: { has: ['params.ts'] }, values: [{ path: 'params', ...SHELLY_VALUES }] },
    { when: { has: ['result.sys'] }, values: [{ path: 'result', ...SHELLY_VALUES }] },
    { when: { has: ['status.ts'] }, values: [{ path: 'status', ...SHELLY_VALUES }] },
    {
      when: { lacks: ['params.ts', 'result.sys', 'status.ts'] },
      values: [{ path: '.', ...SHELLY_VALUES }],
    },
  ],
};

const STATE_VALUES: ShapeDefinition['values'] = [
  {
    path: 'state',
    name: 'state',
    enums: { on: 1, off: 0, open: 1, closed: 0 },
    missing: ['unavailable', 'unknown', ''],
  },
];

/** States of Home Assistant, as its API and its event stream give them, one or a list. */
export const HOME_ASSISTANT: ShapeDefinition = {
  name: 'home-assistant',
  inside: ['event.data.new_state', 'event_data.new_state', 'data.new_state', '.'],
  when: { has: ['entity_id', 'state', 'last_changed'] },
  source: 'entity_id',
  time: { path: ['last_updated', 'last_changed'], as: 'iso', zone: 'UTC' },
  values: STATE_VALUES,
  tags: { unit: 'attributes.unit_of_measurement', class: 'attributes.device_class' },
};

/** What Home Assistant's history answers: lists of states, of which only the first need to say whose they are. */
export const HOME_ASSISTANT_HISTORY: ShapeDefinition = {
  name: 'home-assistant-history',
  when: { has: ['[0][0].entity_id', '[0][0].state', '[0][0].last_changed'] },
  each: '[*][*]',
  source: ['entity_id', '^[0].entity_id'],
  time: { path: ['last_updated', 'last_changed'], as: 'iso', zone: 'UTC' },
  values: STATE_VALUES,
  tags: { unit: '^[0].attributes.unit_of_measurement' },
};

const STATISTICS = ['mean', 'sum', 'state', 'change', 'min', 'max'];

/** Statistics of Home Assistant: lists of them by id, of a period each, which is known by its start. */
export const HOME_ASSISTANT_STATISTICS: ShapeDefinition = {
  name: 'home-assistant-statistics',
  inside: ['result', 'service_response.statistics', 'statistics', '.'],
  when: STATISTICS.map((member) => ({ has: ['*[0].start', `*[0].${member}`] })),
  each: '*[*]',
  source: '^@key',
  time: { path: 'start', as: 'auto' },
  values: STATISTICS,
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
