import type { ShapeDefinition } from '../shape-definition.ts';

/** Uplinks of The Things Stack (and The Things Network): webhooks, MQTT, and the storage integration's export. */
export const THE_THINGS_STACK: ShapeDefinition = {
  name: 'the-things-stack',
  inside: ['result', 'data', '.'],
  when: [
    'uplink_message',
    'uplink_normalized',
    'join_accept',
    'location_solved',
    'service_data',
    'downlink_ack',
    'downlink_nack',
    'downlink_sent',
    'downlink_failed',
    'downlink_queued',
    'downlink_queue_invalidated',
  ].map((kind) => ({ has: ['end_device_ids.device_id', kind] })),
  // What the network says of itself: joins, and what became of downlinks; and an uplink again, in normalized form.
  ignore: { lacks: ['uplink_message'] },
  source: 'end_device_ids.device_id',
  // The frame counter starts again when a device joins; the time of reception has nine digits.
  id: ['uplink_message.received_at', 'received_at'],
  time: { path: ['uplink_message.received_at', 'received_at'], as: 'rfc3339' },
  values: [
    { path: 'uplink_message.decoded_payload', text: 'units' },
    { path: 'uplink_message.rx_metadata[0].rssi', name: 'rssi' },
    { path: 'uplink_message.rx_metadata[0].snr', name: 'snr' },
  ],
  tags: {
    application: 'end_device_ids.application_ids.application_id',
    gateway: 'uplink_message.rx_metadata[0].gateway_ids.gateway_id',
  },
};
