import type { ShapeDefinition } from '../shape-definition.ts';

const STATES = { ON: 1, OFF: 0, on: 1, off: 0, OPEN: 1, CLOSE: 0, CLOSED: 0, LOCK: 1, UNLOCK: 0 };

/** Tasmota's `tele/…/SENSOR` and `STATE`, and its answer to `Status 10`. Who sent it stands in the topic alone. */
export const TASMOTA: ShapeDefinition = {
  name: 'tasmota',
  inside: ['StatusSNS', '.'],
  when: { has: ['Time', '*.*'] },
  source: '@partitionKey',
  // As the clock of the device is set, without a zone.
  time: { path: 'Time', as: 'iso', zone: 'UTC' },
  values: [{ path: '.', text: 'skip', enums: STATES }],
};

/** Payloads of Zigbee2MQTT. They name their device only where it is told to; else the topic does. */
export const ZIGBEE2MQTT: ShapeDefinition = {
  name: 'zigbee2mqtt',
  when: { has: ['linkquality'] },
  source: ['device.friendlyName', 'device.friendly_name', '@partitionKey'],
  time: { path: ['last_seen', '@arrival'], as: 'auto' },
  values: [{ path: '.', text: 'skip', enums: STATES, drop: ['device.*', 'update.*', 'elapsed'] }],
};

/** What ESPHome's web server tells of a component: its value under the component's name. */
export const ESPHOME: ShapeDefinition = {
  name: 'esphome',
  when: [{ has: ['id', 'state', 'value'], lacks: ['time', 'timestamp'] }],
  source: '@partitionKey',
  time: '@arrival',
  values: [{ path: 'value', name: '{id}', text: 'number', enums: STATES }],
};

/** Locations of OwnTracks. */
export const OWNTRACKS: ShapeDefinition = {
  name: 'owntracks',
  when: { has: ['_type', 'tst'] },
  // Ways in and out of regions, and what the app says of itself.
  ignore: { lacks: ['lat'] },
  source: ['topic', 'tid', '@partitionKey'],
  type: '_type',
  time: { path: 'tst', as: 's' },
  values: [{ path: '.', text: 'skip', drop: ['created_at'] }],
};

/** What rtl_433 hears of sensors nearby, by model and id. */
export const RTL_433: ShapeDefinition = {
  name: 'rtl-433',
  when: ['mic', 'battery_ok', 'mod', 'rssi'].map((member) => ({ has: ['time', 'model', 'id', member] })),
  source: '{model}/{id}',
  time: { path: 'time', as: 'auto', zone: 'UTC' },
  values: [{ path: '.', text: 'skip' }],
  tags: { channel: 'channel' },
};
