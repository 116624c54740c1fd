import type { ShapeDefinition } from '../shape-definition.ts';

/** CloudEvents 1.0 in structured mode, one or a batch; their data is JSON, or JSON in base64. */
export const CLOUDEVENTS: ShapeDefinition = {
  name: 'cloudevents',
  when: { has: ['specversion', 'id', 'source', 'type'] },
  open: { data: ['json'], data_base64: ['base64', 'json'] },
  source: 'source',
  id: 'id',
  type: 'type',
  time: ['time', '@arrival'],
  values: ['data', 'data_base64'],
  tags: { subject: 'subject' },
};
