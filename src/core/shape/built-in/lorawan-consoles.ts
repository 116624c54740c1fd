import type { ShapeDefinition } from '../shape-definition.ts';

/** Uplinks of the Helium Console and its successors with the same form. */
export const HELIUM: ShapeDefinition = {
  name: 'helium',
  when: { has: ['dev_eui', 'reported_at', 'hotspots'] },
  ignore: { lacks: ['fcnt'] },
  source: 'dev_eui',
  id: ['uuid', 'reported_at'],
  time: { path: 'reported_at', as: 'ms' },
  values: [
    { path: 'decoded.payload', text: 'units' },
    { path: 'hotspots[0].rssi', name: 'rssi' },
    { path: 'hotspots[0].snr', name: 'snr' },
  ],
  tags: { device: 'name', gateway: 'hotspots[0].name' },
};

/** Uplinks of The Things Network's second version, of which archives remain. */
export const TTN_V2: ShapeDefinition = {
  name: 'ttn-v2',
  when: { has: ['dev_id', 'hardware_serial', 'metadata.time'] },
  source: 'dev_id',
  id: 'metadata.time',
  time: { path: 'metadata.time', as: 'rfc3339' },
  values: [
    { path: 'payload_fields', text: 'units' },
    { path: 'metadata.gateways[0].rssi', name: 'rssi' },
    { path: 'metadata.gateways[0].snr', name: 'snr' },
  ],
  tags: { application: 'app_id', gateway: 'metadata.gateways[0].gtw_id' },
};

/** Callbacks of Sigfox with the usual names. The payload is bytes in hex and is left out: a custom payload's values stand beside it. */
export const SIGFOX: ShapeDefinition = {
  name: 'sigfox',
  when: { has: ['device', 'time', 'seqNumber'] },
  source: 'device',
  // A number of 12 bits: with the time it is one message's.
  id: '{time}:{seqNumber}',
  time: { path: 'time', as: 's' },
  values: [{ path: '.', drop: ['data', 'station', 'ack', 'longPolling'] }],
  tags: { station: 'station' },
};
