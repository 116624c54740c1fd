import type { ShapeDefinition } from '../shape-definition.ts';

const DATASTREAM = 'datastream-{^.Datastream["@iot.id"]}';
const MULTI_DATASTREAM = 'multi-datastream-{^.MultiDatastream["@iot.id"]}';

/** OGC SensorThings data arrays, sent or answered: an event for each row, of its datastream. */
export const SENSORTHINGS: ShapeDefinition = {
  name: 'sensorthings',
  when: [{ has: ['dataArray', 'components'] }, { has: ['value[0].dataArray', 'value[0].components'] }],
  source: [DATASTREAM, MULTI_DATASTREAM, '^["Datastream@iot.navigationLink"]', '@partitionKey'],
  id: ['id', '["@iot.id"]'],
  time: { path: ['phenomenonTime#0', 'resultTime'], as: 'rfc3339' },
  values: { result: 'result' },
  parts: [
    { each: [{ rows: 'dataArray', columns: 'components' }] },
    { each: ['value[*]', { rows: 'dataArray', columns: 'components' }] },
  ],
};

/** OGC SensorThings observations, one or a page of them: MQTT, and answers of the API. */
export const SENSORTHINGS_OBSERVATION: ShapeDefinition = {
  name: 'sensorthings-observation',
  when: [
    { has: ['phenomenonTime', 'result'] },
    { has: ['value[0].phenomenonTime', 'value[0].result'] },
    { has: ['Observations[0].phenomenonTime', 'Observations[0].result'] },
  ],
  // Links lead from each observation to its datastream: they would make every observation a source.
  source: [
    'datastream-{Datastream["@iot.id"]}',
    'multi-datastream-{MultiDatastream["@iot.id"]}',
    'datastream-{^["@iot.id"]}',
    '@partitionKey',
  ],
  id: '["@iot.id"]',
  time: { path: ['phenomenonTime#0', 'resultTime'], as: 'rfc3339' },
  values: { result: 'result' },
  parts: [{ each: 'value[*]' }, { each: 'Observations[*]' }, { when: { has: ['result'] } }],
};
