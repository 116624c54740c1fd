import type { ShapeDefinition } from '../shape-definition.ts';

const ENTITY_TIMES = [
  'observedAt',
  'metadata.TimeInstant.value',
  '^.TimeInstant.value',
  '^.dateObserved.value["@value"]',
  '^.dateObserved.value',
  '@arrival',
];

/** Entities of FIWARE's context brokers (NGSI-LD, and notifications of NGSI v2): an event for each attribute, at its own time. */
export const NGSI: ShapeDefinition = {
  name: 'ngsi',
  when: [
    { has: ['subscriptionId', 'data[0].id', 'data[0].type'] },
    { has: ['data[0].id', 'data[0].type', 'notifiedAt'] },
    { has: ['id', 'type', '@context'].map((name) => `["${name}"]`) },
    { has: ['id', 'type', '*.observedAt'] },
    { has: ['id', 'type', 'TimeInstant.value'] },
  ],
  ignore: [
    { lacks: ['value'] },
    { has: ['value["@value"]'] },
    { equals: { type: ['DateTime', 'Relationship', 'ISO8601'] } },
  ],
  source: '^.id',
  type: '^.type',
  time: { path: ENTITY_TIMES, as: 'iso', zone: 'UTC' },
  values: { '{@key}': 'value' },
  parts: [{ each: 'data[*].*' }, { each: '*', when: { lacks: ['^.data[0]'] } }],
};

/** Changes of things as Eclipse Ditto tells of them: of a feature where the path leads to one. */
export const DITTO: ShapeDefinition = {
  name: 'ditto',
  when: { has: ['topic#2', 'path', 'value', 'headers', 'timestamp'] },
  source: '{topic#0}:{topic#1}',
  time: { path: 'timestamp', as: 'iso' },
  parts: [
    { when: { has: ['path#2'] }, values: [{ path: 'value', name: '{path#2}' }] },
    { when: { lacks: ['path#2'] }, values: ['value'] },
  ],
};

/** OPC UA's messages as JSON (part 14): an event for each field of each data set. */
export const OPC_UA: ShapeDefinition = {
  name: 'opc-ua',
  when: { has: ['PublisherId', 'Messages[0].Payload'] },
  each: 'Messages[*].Payload.*',
  source: '^^PublisherId',
  time: { path: ['SourceTimestamp', '^.Timestamp', '@arrival'], as: 'iso' },
  values: { '{@key}': ['Body', 'Value.Body', 'Value', '.'] },
  tags: { writer: '^.DataSetWriterId' },
};

/** Samples of the OPC Publisher: of the application, under the name that is shown. */
export const OPC_PUBLISHER: ShapeDefinition = {
  name: 'opc-publisher',
  when: [{ has: ['NodeId', 'Value.SourceTimestamp'] }, { has: ['NodeId', 'Timestamp', 'Value'] }],
  source: ['ApplicationUri', 'EndpointUrl', '@partitionKey'],
  time: { path: ['Value.SourceTimestamp', 'SourceTimestamp', 'Timestamp'], as: 'iso' },
  parts: [
    { when: { has: ['DisplayName'] }, values: { '{DisplayName}': ['Value.Value', 'Value.Body', 'Value'] } },
    { when: { lacks: ['DisplayName'] }, values: { '{NodeId}': ['Value.Value', 'Value.Body', 'Value'] } },
  ],
};
