import type { ShapeDefinition } from '../shape-definition.ts';

/** OGC SensorThings data arrays: an event for each row, of its datastream. */
export const SENSORTHINGS: ShapeDefinition = {
  name: 'sensorthings',
  when: { has: ['dataArray', 'components'] },
  each: [{ rows: 'dataArray', columns: 'components' }],
  source: ['datastream-{^.Datastream["@iot.id"]}', '^["Datastream@iot.navigationLink"]'],
  id: ['id', '["@iot.id"]'],
  time: { path: ['phenomenonTime#0', 'resultTime'], as: 'rfc3339' },
  values: { result: 'result' },
};

/** OGC SensorThings observations, one or a page of them: MQTT, and answers of the API. */
export const SENSORTHINGS_OBSERVATION: ShapeDefinition = {
  name: 'sensorthings-observation',
  when: [{ has: ['phenomenonTime', 'result'] }, { has: ['value[0].phenomenonTime', 'value[0].result'] }],
  source: ['datastream-{Datastream["@iot.id"]}', '["Datastream@iot.navigationLink"]'],
  id: '["@iot.id"]',
  time: { path: ['phenomenonTime#0', 'resultTime'], as: 'rfc3339' },
  values: { result: 'result' },
  parts: [{ each: 'value[*]' }, { when: { has: ['result'] } }],
};
