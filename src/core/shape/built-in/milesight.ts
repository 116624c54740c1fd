import type { ShapeDefinition } from '../shape-definition.ts';

/** Devices of Milesight: by a gateway of theirs with decoded members, and by the webhooks of their platform. */
export const MILESIGHT: ShapeDefinition = {
  name: 'milesight',
  when: [
    { has: ['devEUI', 'gatewayTime'] },
    { has: ['eventType', 'data.deviceProfile.devEUI', 'data.payload'] },
  ],
  parts: [
    {
      when: { has: ['gatewayTime'] },
      source: 'devEUI',
      time: { path: 'gatewayTime', as: 'auto', zone: 'UTC' },
      values: [{ path: '.', text: 'skip', drop: ['fPort', 'fCnt', 'applicationID', 'gateway*'] }],
      tags: { device: 'deviceName' },
    },
    {
      when: { has: ['data.payload'] },
      // Whether a device is online, and that it was added or removed.
      ignore: { lacks: ['data.payload.*'] },
      source: 'data.deviceProfile.devEUI',
      id: 'eventId',
      time: { path: 'eventCreatedTime', as: 'auto' },
      values: [{ path: 'data.payload', text: 'skip' }],
      tags: { device: 'data.deviceProfile.name', model: 'data.deviceProfile.model' },
    },
  ],
};
