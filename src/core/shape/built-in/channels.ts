import type { ShapeDefinition } from '../shape-definition.ts';

/** A feed of ThingSpeak: its fields by their numbers, of its channel. */
export const THINGSPEAK: ShapeDefinition = {
  name: 'thingspeak',
  when: { has: ['channel.id', 'feeds[0].created_at'] },
  each: 'feeds[*]',
  source: 'channel-{^.channel.id}',
  id: 'entry_id',
  time: { path: 'created_at', as: 'iso' },
  values: [{ path: '.', only: ['field*'] }],
};

/** Data of Adafruit IO, by feed. */
export const ADAFRUIT_IO: ShapeDefinition = {
  name: 'adafruit-io',
  when: [{ has: ['feed_key', 'created_at', 'value'] }, { has: ['feed_id', 'created_at', 'value'] }],
  source: ['feed_key', 'feed-{feed_id}'],
  id: 'id',
  time: { path: 'created_at', as: 'iso' },
  values: { value: 'value' },
};

/** Sensor.Community: what its sensors push, which states no time, and what its API answers. */
export const SENSOR_COMMUNITY: ShapeDefinition = {
  name: 'sensor-community',
  when: { has: ['sensordatavalues[0].value_type'] },
  open: { sensordatavalues: ['pairs'] },
  source: ['sensor-{sensor.id}', 'esp8266-{esp8266id}', '@partitionKey'],
  id: 'id',
  time: { path: ['timestamp', '@arrival'], as: 'iso', zone: 'UTC' },
  values: ['sensordatavalues'],
  tags: { sensor: 'sensor.sensor_type.name' },
};

/** Packets of Meshtastic, as its gateways publish them in JSON. */
export const MESHTASTIC: ShapeDefinition = {
  name: 'meshtastic',
  when: { has: ['from', 'sender', 'type', 'payload', 'timestamp'] },
  source: 'from',
  id: 'id',
  type: 'type',
  time: { path: 'timestamp', as: 's' },
  values: [{ path: 'payload', text: 'skip' }],
  tags: { gateway: 'sender' },
};

/** Variables of Ubidots, each with its time. They do not say whose they are: the topic does. */
export const UBIDOTS: ShapeDefinition = {
  name: 'ubidots',
  when: { has: ['*.value', '*.timestamp'], lacks: ['timestamp', 'value', 'ts', 'time'] },
  each: '*',
  ignore: { lacks: ['value', 'timestamp'] },
  source: '@partitionKey',
  time: { path: 'timestamp', as: 'auto' },
  values: { '{@key}': 'value' },
};
