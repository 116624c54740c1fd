import type { ShapeDefinition } from '../shape-definition.ts';

/**
 * Shadows of AWS IoT: what a thing reports, from `…/shadow/update/accepted` and `…/documents`. The thing is in the topic, so
 * that the rule's SQL has to add it: `topic(3) AS thingName`; else the partition key is the source.
 */
export const AWS_IOT_SHADOW: ShapeDefinition = {
  name: 'aws-iot-shadow',
  when: [{ has: ['state.reported', 'timestamp'] }, { has: ['current.state.reported', 'timestamp'] }],
  source: ['thingName', 'clientid', 'topic#2', '@partitionKey'],
  type: { text: 'shadow' },
  time: { path: 'timestamp', as: 'auto' },
  values: [{ path: ['state.reported', 'current.state.reported'], text: 'skip' }],
};
