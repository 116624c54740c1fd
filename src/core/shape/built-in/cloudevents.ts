import type { PartDefinition, ShapeDefinition } from '../shape-definition.ts';

const capital = (name: string) => `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;

/** Where attributes stand: beside the data, in an object of their own, or as headers and properties of a protocol's message. */
const PLACES: readonly ((name: string) => string)[] = [
  (name) => name,
  (name) => `attributes.${name}`,
  (name) => `attributes["ce-${name}"]`,
  (name) => `headers["ce-${name}"]`,
  (name) => `headers["Ce-${capital(name)}"]`,
  (name) => `headers.ce_${name}`,
  (name) => `userProperties.${name}`,
  (name) => `properties["cloudEvents:${name}"]`,
  (name) => `applicationProperties["cloudEvents:${name}"]`,
];

function everywhere(name: string): readonly string[] {
  return PLACES.map((at) => at(name));
}

const IN_BASE64: PartDefinition['open'] = { data: ['base64', 'json'], body: ['base64', 'json'] };

/**
 * CloudEvents of any version, one or a batch: in structured mode, with their attributes in an object of their own, or in binary
 * mode where whatever received them has kept the headers. Their data is JSON, also in a text or in base64.
 */
export const CLOUDEVENTS: ShapeDefinition = {
  name: 'cloudevents',
  // A push of Google's Pub/Sub.
  inside: ['message', '.'],
  when: [
    ...PLACES.map((at) => ({ has: ['specversion', 'id', 'source', 'type'].map(at) })),
    { has: ['cloudEventsVersion', 'eventID', 'source', 'eventType'] },
  ],
  open: {
    data: ['json'],
    data_base64: ['base64', 'json'],
    body: ['json'],
    value: ['json'],
    payload: ['json'],
  },
  source: everywhere('source'),
  id: [...everywhere('id'), 'eventID'],
  type: [...everywhere('type'), 'eventType'],
  time: [...everywhere('time'), 'eventTime', '@arrival'],
  values: ['data', 'data_base64', 'body', 'value', 'payload'],
  tags: { subject: everywhere('subject') },
  parts: [
    { when: { equals: { datacontentencoding: 'base64' } }, open: IN_BASE64, values: ['data'] },
    {
      when: [
        { has: ['specversion'], lacks: ['datacontentencoding'] },
        { has: ['cloudEventsVersion'], lacks: ['specversion'] },
      ],
      values: ['data', 'data_base64'],
    },
    { when: [{ has: ['attributes["ce-id"]'] }, { equals: { isBase64Encoded: true } }], open: IN_BASE64 },
    {
      when: {
        lacks: ['specversion', 'cloudEventsVersion', 'attributes["ce-id"]', 'isBase64Encoded'],
      },
    },
    { when: { lacks: ['specversion'], equals: { isBase64Encoded: false } } },
  ],
};
