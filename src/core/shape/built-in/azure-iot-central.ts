import type { ShapeDefinition } from '../shape-definition.ts';

/** Telemetry that Azure IoT Central exports. */
export const AZURE_IOT_CENTRAL: ShapeDefinition = {
  name: 'azure-iot-central',
  when: { has: ['deviceId', 'enqueuedTime', 'messageSource'] },
  // Changes of properties, connections and life cycles of devices.
  ignore: { lacks: ['telemetry'] },
  source: 'deviceId',
  time: { path: ['messageProperties["iothub-creation-time-utc"]', 'enqueuedTime'], as: 'rfc3339' },
  values: [{ path: 'telemetry', text: 'skip' }],
  tags: { template: 'templateId', component: 'component', module: 'module' },
};
