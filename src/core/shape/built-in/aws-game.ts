import type { ShapeDefinition } from '../shape-definition.ts';

/** Events of the AWS Game Analytics Pipeline: the numbers of their data, its short texts as tags. */
export const AWS_GAME: ShapeDefinition = {
  name: 'aws-game',
  when: { has: ['application_id', 'event.event_id', 'event.event_type', 'event.event_timestamp'] },
  source: 'application_id',
  id: 'event.event_id',
  type: 'event.event_type',
  time: { path: 'event.event_timestamp', as: 'auto' },
  values: [{ path: 'event.event_data', text: 'skip' }],
  tags: [
    { path: 'event.app_version', name: 'app_version' },
    { path: 'event.event_data.match_id', name: 'match' },
    { path: 'event.event_data.map_id', name: 'map' },
    { path: 'event.event_data.platform', name: 'platform' },
  ],
};
