import type { ShapeDefinition } from '../shape-definition.ts';

/**
 * What a rule of AWS IoT Core puts into a stream: a flat payload with what the rule's SQL adds, such as `clientid() AS clientid`,
 * `topic() AS topic` and `timestamp() AS timestamp`. Times without a zone are UTC, as the AWS IoT Device Simulator's are.
 */
export const AWS_IOT: ShapeDefinition = {
  name: 'aws-iot',
  when: [
    { has: ['timestamp', 'clientid'] },
    { has: ['timestamp', 'clientId'] },
    { has: ['timestamp', 'thingName'] },
    { has: ['timestamp', 'topic'] },
    { has: ['timestamp', '_id_'] },
  ],
  source: ['clientid', 'clientId', 'thingName', '_id_', 'topic'],
  // What the broker says of its clients: connected, disconnected, subscribed.
  type: 'eventType',
  id: ['traceid', 'traceId', 'messageId'],
  time: { path: 'timestamp', as: 'auto', zone: 'UTC' },
  values: [{ path: '.', text: 'skip' }],
  tags: { topic: 'topic' },
};
