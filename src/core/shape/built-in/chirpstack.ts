import type { ShapeDefinition, ValueDefinition } from '../shape-definition.ts';

/** Uplinks of ChirpStack 4: HTTP, MQTT and cloud integrations with JSON. */
export const CHIRPSTACK_V4: ShapeDefinition = {
  name: 'chirpstack-v4',
  when: { has: ['deviceInfo.devEui'] },
  // Joins, acknowledgements, status, locations and logs.
  ignore: [{ lacks: ['fCnt', 'txInfo'] }],
  source: 'deviceInfo.devEui',
  id: 'deduplicationId',
  time: { path: 'time', as: 'rfc3339' },
  values: ['object', { path: 'rxInfo[0].rssi', name: 'rssi' }, { path: 'rxInfo[0].snr', name: 'snr' }],
  tags: [
    { path: 'deviceInfo.deviceName', name: 'device' },
    { path: 'deviceInfo.applicationName', name: 'application' },
    { path: 'deviceInfo.deviceProfileName', name: 'profile' },
    { path: 'rxInfo[0].gatewayId', name: 'gateway' },
    'deviceInfo.tags',
  ],
};

const RADIO: readonly ValueDefinition[] = [
  { path: 'rxInfo[0].rssi', name: 'rssi' },
  { path: ['rxInfo[0].loRaSNR', 'rxInfo[0].snr'], name: 'snr' },
];

/** What the network says of a message, by which nothing was measured. */
const NETWORK = [
  'applicationID',
  'fCnt',
  'fPort',
  'dr',
  'adr',
  'confirmed*',
  'rxInfo.*',
  'txInfo.*',
  'tags.*',
  'margin',
  'codeRate',
  'modulation',
];

/** Uplinks of ChirpStack 3, whose decoded object is JSON or JSON in a text. Their time is the first gateway's, if it has one. */
export const CHIRPSTACK_V3: ShapeDefinition = {
  name: 'chirpstack-v3',
  when: { has: ['applicationID', 'devEUI'] },
  ignore: [{ lacks: ['fCnt'] }, { has: ['acknowledged'] }, { has: ['error'] }],
  open: { objectJSON: ['json'] },
  source: 'devEUI',
  id: ['rxInfo[0].uplinkID', '{devAddr}:{fCnt}', 'fCnt'],
  time: { path: ['rxInfo[*].time', 'publishedAt', '@arrival'] },
  values: ['object', 'objectJSON', ...RADIO],
  tags: [
    { path: 'deviceName', name: 'device' },
    { path: 'applicationName', name: 'application' },
    { path: 'rxInfo[0].gatewayID', name: 'gateway' },
    'tags',
  ],
  parts: [
    { when: [{ has: ['object'] }, { has: ['objectJSON'] }] },
    // Gateways of Milesight put what they have decoded beside everything else.
    {
      when: { lacks: ['object', 'objectJSON'] },
      values: [{ path: '.', text: 'skip', drop: NETWORK }, ...RADIO],
    },
  ],
};
