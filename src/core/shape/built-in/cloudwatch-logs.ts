import type { ShapeDefinition } from '../shape-definition.ts';

/** What CloudWatch Logs puts into a stream for a subscription filter: an event for each line, with its numbers where it is JSON. */
export const CLOUDWATCH_LOGS: ShapeDefinition = {
  name: 'cloudwatch-logs',
  when: { has: ['messageType', 'logGroup', 'logStream', 'logEvents'] },
  each: 'logEvents[*]',
  // Whether the subscription can be written to is tried with a message of its own.
  ignore: [{ lacks: ['timestamp'] }, { equals: { '^.messageType': 'CONTROL_MESSAGE' } }],
  open: { message: ['json'] },
  source: '^.logGroup',
  id: 'id',
  type: { text: 'log' },
  time: { path: 'timestamp', as: 'ms' },
  values: [{ path: 'message', drop: ['_aws.*'] }, 'extractedFields'],
  tags: { stream: '^.logStream' },
};
