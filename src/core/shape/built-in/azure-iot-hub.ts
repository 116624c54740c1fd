import type { ShapeDefinition } from '../shape-definition.ts';

const OLD = 'SystemProperties';
const NEW = 'systemProperties';

/** Messages of devices as Azure IoT Hub routes them to storage, and as Event Grid tells of them. */
export const AZURE_IOT_HUB: ShapeDefinition = {
  name: 'azure-iot-hub',
  inside: ['data', '.'],
  when: [
    { has: [`${OLD}["iothub-connection-device-id"]`] },
    { has: [`${OLD}.connectionDeviceId`] },
    { has: [`${NEW}["iothub-connection-device-id"]`] },
  ],
  // Changes of twins, connections and life cycles of devices.
  ignore: [OLD, NEW].flatMap((properties) =>
    [
      'twinChangeEvents',
      'deviceLifecycleEvents',
      'deviceConnectionStateEvents',
      'digitalTwinChangeEvents',
    ].map((kind) => ({ equals: { [`${properties}["iothub-message-source"]`]: kind } })),
  ),
  // Base64 where the message does not say that it is JSON in UTF-8.
  open: { Body: ['base64', 'json'], body: ['base64', 'json'] },
  source: [
    `${OLD}["iothub-connection-device-id"]`,
    `${OLD}.connectionDeviceId`,
    `${NEW}["iothub-connection-device-id"]`,
  ],
  id: [`${OLD}["message-id"]`, `${OLD}.messageId`, `${NEW}["message-id"]`],
  time: {
    path: [
      `${OLD}["iothub-creation-time-utc"]`,
      `${NEW}["iothub-creation-time-utc"]`,
      `${OLD}["iothub-enqueuedtime"]`,
      `${OLD}.enqueuedTime`,
      'EnqueuedTimeUtc',
      `${NEW}["iothub-enqueuedtime"]`,
    ],
    as: 'iso',
    zone: 'UTC',
  },
  values: [
    { path: 'Body', text: 'skip' },
    { path: 'body', text: 'skip' },
  ],
};
