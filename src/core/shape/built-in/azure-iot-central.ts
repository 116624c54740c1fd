import type { ShapeDefinition } from '../shape-definition.ts';

/** Telemetry that Azure IoT Central exports. */
export const AZURE_IOT_CENTRAL: ShapeDefinition = {
  name: 'azure-iot-central',
  when: { has: ['deviceId', 'enqueuedTime', 'messageSource'] },
  // Changes of properties, connections and life cycles of devices.
  ignore: { lacks: ['telemetry'] },
  // A list of `{"name", "id", "value"}` where the export is transformed.
  open: { telemetry: ['pairs'] },
  source: 'deviceId',
  time: { path: ['messageProperties["iothub-creation-time-utc"]', 'enqueuedTime'], as: 'rfc3339' },
  values: [{ path: 'telemetry', text: 'skip' }],
  tags: [
    { path: 'templateId', name: 'template' },
    { path: 'component', name: 'component' },
    { path: 'module', name: 'module' },
    'enrichments',
  ],
};
