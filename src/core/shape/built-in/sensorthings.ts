import type { ShapeDefinition } from '../shape-definition.ts';

/** An interval counts from its beginning. ISO 8601, as the standard has it: its own examples write offsets without a colon. */
const TIME = { path: ['phenomenonTime#0', 'resultTime'], as: 'iso' } as const;
const DATASTREAM = 'datastream-{^.Datastream["@iot.id"]}';
const MULTI_DATASTREAM = 'multi-datastream-{^.MultiDatastream["@iot.id"]}';

/** OGC SensorThings data arrays, sent or answered: an event for each row, of its datastream. */
export const SENSORTHINGS: ShapeDefinition = {
  name: 'sensorthings',
  when: [{ has: ['dataArray', 'components'] }, { has: ['value[0].dataArray', 'value[0].components'] }],
  source: [DATASTREAM, MULTI_DATASTREAM, '^["Datastream@iot.navigationLink"]', '@partitionKey'],
  id: ['id', '["@iot.id"]'],
  time: TIME,
  values: { result: 'result' },
  parts: [
    { each: [{ rows: 'dataArray', columns: 'components' }] },
    { each: ['value[*]', { rows: 'dataArray', columns: 'components' }] },
  ],
};

/** OGC SensorThings observations, one or a page of them, or within what they belong to: MQTT, and answers of the API. */
export const SENSORTHINGS_OBSERVATION: ShapeDefinition = {
  name: 'sensorthings-observation',
  when: [
    { has: ['phenomenonTime', 'result'] },
    { has: ['value[0].phenomenonTime', 'value[0].result'] },
    { has: ['Observations[0].phenomenonTime', 'Observations[0].result'] },
    { has: ['value[*].Observations[0].phenomenonTime'] },
    { has: ['Datastreams[*].Observations[0].phenomenonTime'] },
    { has: ['value[*].Datastreams[*].Observations[0].phenomenonTime'] },
  ],
  // Links lead from each observation to its datastream: they would make every observation a source.
  source: [
    'datastream-{Datastream["@iot.id"]}',
    'multi-datastream-{MultiDatastream["@iot.id"]}',
    'datastream-{^["@iot.id"]}',
    '@partitionKey',
  ],
  id: '["@iot.id"]',
  time: TIME,
  values: { result: 'result' },
  parts: [
    { each: 'value[*]', when: { has: ['result'] } },
    { each: 'Observations[*]' },
    { when: { has: ['result'] } },
    { each: 'value[*].Observations[*]' },
    { each: 'Datastreams[*].Observations[*]' },
    { each: 'value[*].Datastreams[*].Observations[*]' },
  ],
};
