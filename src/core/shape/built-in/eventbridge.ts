import type { ShapeDefinition } from '../shape-definition.ts';

/** Events of EventBridge: the numbers of their detail. Without a shape they would pass for events without values. */
export const EVENTBRIDGE: ShapeDefinition = {
  name: 'eventbridge',
  when: { has: ['detail-type', 'detail', 'source', 'id', 'time'] },
  source: 'source',
  id: 'id',
  type: 'detail-type',
  time: { path: 'time', as: 'rfc3339' },
  values: [{ path: 'detail', text: 'skip' }],
  tags: { account: 'account', region: 'region', resource: 'resources[0]' },
};
