// What stores of time series, brokers and platforms of many devices write, as documented, through the built-in shapes.
import { expect, test } from 'vitest';
import { BUILT_IN_SHAPES } from '../../../../src/core/shape/built-in-shapes.ts';
import { ARRIVAL_MS, shaped, shapesOf } from '../../../support/shaped.ts';

// Each by all shapes, as a file of unknown form: that another shape takes it first is a mistake too.
const all = shapesOf(...BUILT_IN_SHAPES.keys());

const AT = '2021-03-01T10:00:00.500Z';
const MS = Date.parse(AT);
const S = Math.floor(MS / 1_000);
const beat = { '@timestamp': AT, host: { name: 'h' }, event: { duration: 9 }, system: { cpu: { pct: 0.4 } } };
const HALF = 500_000_000;
const entity = { id: 'urn:1', type: 'Air' };

type Expected = readonly [source: string, ms: number, values: object];
const FORMS: readonly (readonly [string, unknown, ...Expected[]])[] = [
  ['Beats', beat, ['h', MS, { 'system.cpu.pct': 0.4 }]],
  [
    'Elasticsearch, found',
    { hits: { total: { value: 1 }, hits: [{ _index: 'm', _id: 'a', _score: 1, _source: beat }] } },
    ['h', MS, { 'system.cpu.pct': 0.4 }],
  ],
  [
    'Elasticsearch, in bulk',
    `{"index":{"_index":"m","_id":"1"}}\n${JSON.stringify(beat)}\n{"create":{"_index":"m"}}\n${JSON.stringify(beat)}`,
    ['h', MS, { 'system.cpu.pct': 0.4 }],
    ['h', MS, { 'system.cpu.pct': 0.4 }],
  ],
  [
    'Datadog',
    { series: [{ metric: 'load', host: 'h', points: [[S, 0.5]], tags: ['a:b'], type: 'gauge' }] },
    ['h', S * 1_000, { load: 0.5 }],
  ],
  [
    'Datadog 2',
    {
      series: [
        {
          metric: 'load',
          type: 0,
          points: [{ timestamp: S, value: 0.5 }],
          resources: [{ name: 'h', type: 'host' }],
        },
      ],
    },
    ['h', S * 1_000, { load: 0.5 }],
  ],
  [
    'Zabbix, history',
    { jsonrpc: '2.0', result: [{ itemid: '7', clock: String(S), value: '0.08', ns: String(HALF) }], id: 1 },
    ['item-7', MS, { value: 0.08 }],
  ],
  [
    'Zabbix, sent',
    {
      request: 'sender data',
      data: [
        { host: 'h', key: 'load', value: '1' },
        { host: 'h', key: 'up', value: '2', clock: S, ns: HALF },
      ],
      clock: S + 1,
    },
    ['h', S * 1_000 + 1_000, { load: 1 }],
    ['h', MS, { up: 2 }],
  ],
  [
    'Zabbix, exported',
    {
      host: { host: 'h', name: 'H' },
      groups: [],
      itemid: 4,
      name: 'foo',
      clock: S,
      ns: HALF,
      value: 0.1,
      type: 0,
    },
    ['h', MS, { foo: 0.1 }],
  ],
  [
    'CloudWatch’s embedded metrics',
    {
      _aws: { Timestamp: MS, CloudWatchMetrics: [{ Namespace: 'n', Metrics: [] }] },
      service: 's',
      time: 100,
    },
    ['s', MS, { time: 100 }],
  ],
  [
    'GetMetricStatistics',
    { Label: 'CPUUtilization', Datapoints: [{ Timestamp: AT, Average: 9.5, Unit: 'Percent' }] },
    ['CPUUtilization', MS, { Average: 9.5 }],
  ],
  [
    'GetMetricData',
    {
      MetricDataResults: [
        { Id: 'm', Label: 'CPU', Timestamps: [AT, AT], Values: [1, 2], StatusCode: 'Complete' },
      ],
    },
    ['CPU', MS, { value: 1 }],
    ['CPU', MS, { value: 2 }],
  ],
  [
    'Timestream',
    {
      Dimensions: [
        { Name: 'region', Value: 'r' },
        { Name: 'host', Value: 'h' },
      ],
      MeasureName: 'cpu',
      MeasureValue: '13.5',
      MeasureValueType: 'DOUBLE',
      Time: String(MS),
    },
    ['h', MS, { cpu: 13.5 }],
  ],
  [
    'Timestream, several',
    {
      Dimensions: [{ Name: 'host', Value: 'h' }],
      MeasureName: 'metrics',
      MeasureValueType: 'MULTI',
      MeasureValues: [
        { Name: 'cpu', Value: '13.5', Type: 'DOUBLE' },
        { Name: 'up', Value: '1', Type: 'BIGINT' },
      ],
      Time: String(MS),
    },
    ['h', MS, { cpu: 13.5, up: 1 }],
  ],
  [
    'NGSI-LD',
    {
      ...entity,
      dateObserved: { type: 'Property', value: { '@type': 'DateTime', '@value': AT } },
      no2: { type: 'Property', value: 22, observedAt: AT },
      t: { type: 'Property', value: 12.2 },
      refDevice: { type: 'Relationship', object: 'x' },
      '@context': ['x'],
    },
    ['urn:1', MS, { no2: 22 }],
    ['urn:1', MS, { t: 12.2 }],
  ],
  [
    'NGSI v2',
    {
      subscriptionId: 's',
      data: [{ ...entity, t: { type: 'Number', value: 1 }, TimeInstant: { type: 'DateTime', value: AT } }],
    },
    ['urn:1', MS, { t: 1 }],
  ],
  [
    'Ditto',
    {
      topic: 'org.x/thing/things/twin/events/modified',
      headers: {},
      path: '/features/t/properties/value',
      value: 23.5,
      revision: 4,
      timestamp: AT,
    },
    ['org.x:thing', MS, { t: 23.5 }],
  ],
  [
    'OPC UA',
    {
      MessageType: 'ua-data',
      PublisherId: 'p',
      Messages: [
        {
          DataSetWriterId: 1,
          Timestamp: AT,
          Payload: { t: { Type: 10, Body: 21.5 }, v: 44, w: { Value: 3 } },
        },
      ],
    },
    ['p', MS, { t: 21.5 }],
    ['p', MS, { v: 44 }],
    ['p', MS, { w: 3 }],
  ],
  [
    'OPC Publisher',
    [
      {
        NodeId: 'ns=2;s=T',
        ApplicationUri: 'u',
        DisplayName: 'T',
        Value: { Value: 21.5, SourceTimestamp: AT },
      },
    ],
    ['u', MS, { T: 21.5 }],
  ],
  [
    'ThingSpeak',
    {
      channel: { id: 9, field1: 'Light', latitude: '40', created_at: AT },
      feeds: [{ created_at: AT, entry_id: 1, field1: '97', field2: null }],
    },
    ['channel-9', MS, { field1: 97 }],
  ],
  [
    'Adafruit IO',
    [{ id: 'A', value: '67.1', feed_id: 2, feed_key: 'temp', created_at: AT, created_epoch: S }],
    ['temp', MS, { value: 67.1 }],
  ],
  [
    'Sensor.Community, pushed',
    { esp8266id: '12', software_version: 'x', sensordatavalues: [{ value_type: 'SDS_P1', value: '66.04' }] },
    ['esp8266-12', ARRIVAL_MS, { SDS_P1: 66.04 }],
  ],
  [
    'Sensor.Community, answered',
    [
      {
        id: 5,
        timestamp: '2021-03-01 10:00:00',
        sensor: { id: 140, sensor_type: { name: 'SDS011' } },
        location: { id: 65, latitude: '48' },
        sensordatavalues: [{ id: 6, value: '7.85', value_type: 'P1' }],
      },
    ],
    ['sensor-140', S * 1_000, { P1: 7.85 }],
  ],
  [
    'Meshtastic',
    {
      channel: 0,
      from: 21,
      id: 4,
      payload: { voltage: 4.03 },
      sender: '!7e',
      timestamp: S,
      to: -1,
      type: 'telemetry',
    },
    ['21', S * 1_000, { voltage: 4.03 }],
  ],
  [
    'Ubidots',
    { t: { value: 10, timestamp: MS, context: { lat: 1 } }, h: { value: 40, timestamp: MS } },
    ['key', MS, { t: 10 }],
    ['key', MS, { h: 40 }],
  ],
];

test.each(FORMS)('%s', (_, data, ...expected) => {
  const { events, refused } = shaped(data, all);
  expect(refused).toEqual([]);
  expect(events.map(({ source, time, values }) => [source, time, values])).toEqual(expected);
});
