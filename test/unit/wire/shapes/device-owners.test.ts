// What owners of devices send as they are, through the built-in shapes: forms beside those that a project's first page shows.
import { describe, expect, test } from 'vitest';
import { BUILT_IN_SHAPES } from '../../../../src/core/shape/built-in-shapes.ts';
import { ARRIVAL_MS, shaped, shapesOf } from '../../../support/shaped.ts';

const AT = '2026-03-01T08:00:00Z';
const MS = Date.parse(AT);
const S = MS / 1_000;
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');

// Each by all shapes, as a file of unknown form: that another shape takes it first is a mistake too.
const all = shapesOf(...BUILT_IN_SHAPES.keys());

function made(data: unknown, partitionKey = 'key') {
  const { events, refused } = shaped(data, all, { partitionKey });
  expect(refused).toEqual([]);
  return events;
}

describe('CloudEvents', () => {
  const attributes = { specversion: '1.0', type: 'com.example.t', source: '/s/1', id: 'A1', time: AT };
  const named = (prefix: string, spell = (name: string) => name) =>
    Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`${prefix}${spell(name)}`, value]));
  const capital = (name: string) => `${name[0]?.toUpperCase()}${name.slice(1)}`;
  const data = { t: 21.5 };

  test.each([
    ['data', { ...attributes, data }],
    ['data_base64', { ...attributes, data_base64: base64(data) }],
    ['attributes in an object', { attributes, data }],
    ['attributes in an object, the data a text', { attributes, data: JSON.stringify(data) }],
    ['HTTP in binary mode', { headers: named('ce-'), body: data }],
    ['HTTP as Go spells it', { headers: named('Ce-', capital), body: JSON.stringify(data) }],
    ['HTTP as Lambda has it', { headers: named('ce-'), body: base64(data), isBase64Encoded: true }],
    [
      'HTTP as Lambda has text',
      { headers: named('ce-'), body: JSON.stringify(data), isBase64Encoded: false },
    ],
    ['Kafka in binary mode', { headers: named('ce_'), value: data }],
    ['MQTT 5 in binary mode', { userProperties: attributes, payload: data }],
    ['AMQP in binary mode', { applicationProperties: named('cloudEvents:'), body: data }],
    ['a push of Pub/Sub', { message: { attributes: named('ce-'), data: base64(data) }, subscription: 's' }],
    [
      '0.3 with base64',
      { ...attributes, specversion: '0.3', datacontentencoding: 'base64', data: base64(data) },
    ],
    [
      '0.1',
      {
        cloudEventsVersion: '0.1',
        eventType: 'com.example.t',
        source: '/s/1',
        eventID: 'A1',
        eventTime: AT,
        data,
      },
    ],
  ])('%s', (_, event) => {
    const one = { source: '/s/1', id: 'A1', type: 'com.example.t', time: MS, values: { t: 21.5 } };
    expect(made(event)).toMatchObject([one]);
    expect(made([event, event])).toMatchObject([one, one]);
  });

  test('members of other names beside an event are no data of it', () => {
    expect(made({ ...attributes, data, value: 7, payload: { x: 1 } })[0]?.values).toEqual({ t: 21.5 });
  });
});

describe('OTLP/JSON', () => {
  const ns = `${MS}000000`;
  const attribute = { key: 'k', value: { stringValue: 'v' } };
  const service = [{ key: 'service.name', value: { stringValue: 'svc' } }];
  const snake = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(snake);
    if (typeof value !== 'object' || value === null) return value;
    const spelled = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [spelled(name), snake(member)]));
  };
  const points = (...fields: object[]) => ({
    dataPoints: fields.map((each) => ({ attributes: [attribute], timeUnixNano: ns, ...each })),
  });
  const metrics = [
    { name: 'temp', gauge: points({ asDouble: 21.5 }) },
    { name: 'reqs', sum: { ...points({ asInt: '3' }), aggregationTemporality: 2, isMonotonic: true } },
    { name: 'lat', histogram: points({ count: '2', sum: 3.5, min: 1, max: 2.5, bucketCounts: ['1', '1'] }) },
    { name: 'exp', exponentialHistogram: points({ count: '2', sum: 3.5 }) },
    { name: 'old', summary: points({ count: '4', sum: 7 }) },
  ];
  const documentOf = (list: string) => ({
    resourceMetrics: [{ resource: { attributes: service }, [list]: [{ scope: { name: 'x' }, metrics }] }],
  });
  const tags = { service: 'svc', k: 'v' };
  const events = [
    { source: 'svc', type: 'gauge', time: MS, values: { temp: 21.5 }, tags },
    { source: 'svc', type: 'sum', time: MS, values: { reqs: 3 }, tags },
    { type: 'histogram', values: { 'lat.count': 2, 'lat.sum': 3.5, 'lat.min': 1, 'lat.max': 2.5 } },
    { type: 'histogram', values: { 'exp.count': 2, 'exp.sum': 3.5 } },
    { type: 'summary', values: { 'old.count': 4, 'old.sum': 7 } },
  ];

  test.each(['scopeMetrics', 'instrumentationLibraryMetrics'])('%s, in either spelling', (list) => {
    expect(made(documentOf(list))).toMatchObject(events);
    expect(made(snake(documentOf(list)))).toMatchObject(events);
  });

  test('before version 0.9: kinds by the kind of number, and labels', () => {
    const old = (value: unknown) => ({
      dataPoints: [{ labels: [{ key: 'k', value: 'v' }], timeUnixNano: ns, value }],
    });
    const list = [
      { name: 'temp', doubleGauge: old(21.5) },
      { name: 'reqs', intSum: { ...old('3'), isMonotonic: true } },
    ];
    const resourceMetrics = [
      { resource: { attributes: service }, instrumentationLibraryMetrics: [{ metrics: list }] },
    ];
    expect(made({ resourceMetrics })).toMatchObject(events.slice(0, 2));
  });
});

const DHT = { Temperature: 23.5, Humidity: 45.2 };
const METRIC = { name: 'Temp', timestamp: MS, dataType: 'Float', value: 21.5 };
const HT = { mac: 'A4', unixtime: S, tmp: { tC: 21.5 }, hum: { value: 45 } };
const SWITCH = { id: 0, output: true, apower: 8.9, aenergy: { total: 6.5, minute_ts: S } };
const STATE = { entity_id: 'sensor.t', state: '21.5', attributes: {}, last_changed: AT, last_updated: AT };
const EM300 = { applicationID: 1, devEUI: '24e1', deviceName: 'EM300', fCnt: 5, fPort: 85, time: AT };
const PROFILE = { devEUI: '24E124', name: 'EM300', model: 'EM300-TH' };

test.each([
  [
    'Tasmota SENSOR',
    { Time: '2026-03-01T08:00:00', DHT22: DHT, TempUnit: 'C' },
    'key',
    MS,
    { 'DHT22.Temperature': 23.5 },
  ],
  [
    'Tasmota STATE',
    { Time: '2026-03-01T08:00:00', POWER: 'ON', Wifi: { RSSI: 76 } },
    'key',
    MS,
    { POWER: 1 },
  ],
  [
    'Tasmota ENERGY',
    { Time: '2026-03-01T08:00:00', ENERGY: { TotalStartTime: '2020-01-01T00:00:00', Power: 98 } },
    'key',
    MS,
    { 'ENERGY.Power': 98 },
  ],
  [
    'Tasmota Status 10',
    { StatusSNS: { Time: '2026-03-01T08:00:00', DHT22: DHT } },
    'key',
    MS,
    { 'DHT22.Humidity': 45.2 },
  ],
  [
    'Zigbee2MQTT',
    { linkquality: 120, temperature: 21.5 },
    'key',
    ARRIVAL_MS,
    { linkquality: 120, temperature: 21.5 },
  ],
  [
    'Zigbee2MQTT, when and by whom',
    { state: 'ON', linkquality: 3, last_seen: '2026-03-01T09:00:00+01:00', device: { friendlyName: 'plug' } },
    'plug',
    MS,
    { state: 1, linkquality: 3 },
  ],
  [
    'ESPHome',
    { id: 'sensor-t', name: 'T', value: 21.5, state: '21.5 °C' },
    'key',
    ARRIVAL_MS,
    { 'sensor-t': 21.5 },
  ],
  [
    'ESPHome, a binary sensor',
    { id: 'binary_sensor-door', state: 'ON', value: true },
    'key',
    ARRIVAL_MS,
    { 'binary_sensor-door': 1 },
  ],
  [
    'Milesight, decoded flat',
    { ...EM300, battery: 92, temperature: 30.8 },
    '24e1',
    MS,
    { battery: 92, temperature: 30.8 },
  ],
  ['Milesight, decoded apart', { ...EM300, object: { battery: 92 } }, '24e1', MS, { battery: 92 }],
  [
    'Milesight, by gateway time',
    { devEUI: '24e1', deviceName: 'AM', gatewayTime: AT, co2: 411 },
    '24e1',
    MS,
    { co2: 411 },
  ],
  [
    'Milesight, by its platform',
    {
      eventId: 'e',
      eventCreatedTime: S,
      eventType: 'DEVICE_DATA',
      data: { deviceProfile: PROFILE, payload: { t: 1.5 } },
    },
    '24E124',
    MS,
    { t: 1.5 },
  ],
  [
    'Shelly 1, status',
    { ...HT, relays: [{ ison: true }], meters: [{ power: 12.5, timestamp: S }] },
    'A4',
    MS,
    { 'meters.0.power': 12.5, 'relays.0.ison': 1 },
  ],
  ['Shelly 1, climate', HT, 'A4', MS, { 'tmp.tC': 21.5, 'hum.value': 45 }],
  [
    'Shelly 2, notified',
    { src: 's', method: 'NotifyStatus', params: { ts: S, 'switch:0': SWITCH } },
    's',
    MS,
    { 'switch:0.output': 1, 'switch:0.apower': 8.9, 'switch:0.aenergy.total': 6.5 },
  ],
  [
    'Shelly 2, answered',
    { id: 1, src: 's', result: { sys: { unixtime: S }, 'switch:0': SWITCH } },
    's',
    MS,
    { 'switch:0.output': 1, 'switch:0.apower': 8.9, 'switch:0.aenergy.total': 6.5 },
  ],
  [
    'Shelly 2, by HTTP',
    { sys: { mac: 'A8', unixtime: S, uptime: 11 }, wifi: { rssi: -42 }, 'switch:0': SWITCH },
    'A8',
    MS,
    { 'switch:0.output': 1, 'switch:0.apower': 8.9, 'switch:0.aenergy.total': 6.5 },
  ],
  [
    'Shelly, by its cloud',
    { event: 'Shelly:StatusOnChange', device: { id: 'a' }, status: { ts: S, 'switch:0': { apower: 3.5 } } },
    'a',
    MS,
    { 'switch:0.apower': 3.5 },
  ],
  [
    'Sparkplug with its topic',
    { topic: 'spBv1.0/g/DDATA/e/d', payload: { timestamp: MS, metrics: [METRIC], seq: 1 } },
    'g/e/d',
    MS,
    { Temp: 21.5 },
  ],
  [
    'Sparkplug with its topic in pieces',
    {
      topic: { namespace: 'spBv1.0', groupId: 'g', messageType: 'NDATA', edgeNodeId: 'e' },
      payload: { timestamp: MS, metrics: [METRIC] },
    },
    'g/e',
    MS,
    { Temp: 21.5 },
  ],
  [
    'Sparkplug, values by kind',
    { timestamp: MS, metrics: [{ name: 'T', value: { intValue: 5 } }] },
    'key',
    MS,
    { T: 5 },
  ],
  [
    'Sparkplug, aliases',
    { timestamp: `${MS}`, metrics: [{ alias: '3', doubleValue: 5.5 }] },
    'key',
    MS,
    { 'alias-3': 5.5 },
  ],
  [
    'Sparkplug, numbers in halves',
    {
      timestamp: { low: (MS % 2 ** 32) | 0, high: Math.floor(MS / 2 ** 32), unsigned: true },
      metrics: [{ name: 'T', value: 1 }],
    },
    'key',
    MS,
    { T: 1 },
  ],
  [
    'Home Assistant’s event bus',
    { event_type: 'state_changed', event_data: { entity_id: 'sensor.t', new_state: STATE } },
    'sensor.t',
    MS,
    { state: 21.5 },
  ],
  [
    'OwnTracks',
    { _type: 'location', tid: 'ph', lat: 48.1, lon: 11.5, tst: S, topic: 'owntracks/u/ph' },
    'owntracks/u/ph',
    MS,
    { lat: 48.1, lon: 11.5 },
  ],
  [
    'rtl_433',
    { time: '2026-03-01 08:00:00', model: 'Acurite', id: 12, battery_ok: 1, temperature_C: 21.5 },
    'Acurite/12',
    MS,
    { battery_ok: 1, temperature_C: 21.5 },
  ],
  [
    'Ecowitt as JSON',
    { PASSKEY: 'K', stationtype: 'GW1000', dateutc: '2026-03-01 08:00:00', tempf: '50.2', freq: '868M' },
    'K',
    MS,
    { tempf: 50.2 },
  ],
  [
    'Ecowitt as it posts',
    'PASSKEY=K&stationtype=GW1000_V1.6.8&dateutc=2026-03-01+08:00:00&tempf=50.2&freq=868M',
    'K',
    MS,
    { tempf: 50.2 },
  ],
  [
    'Weather Underground',
    '/weatherstation/updateweatherstation.php?ID=KCA1&PASSWORD=x&dateutc=2026-03-01%2008%3A00%3A00&tempf=50.2',
    'KCA1',
    MS,
    { tempf: 50.2 },
  ],
])('%s', (_, data, source, time, values) => {
  const events = made(data);
  expect(events).toHaveLength(1);
  expect(events[0]).toMatchObject({ source, time });
  // Some hold more than is asked for here; nothing of it is a time.
  expect(events[0]?.values).toMatchObject(values);
  for (const value of Object.values(events[0]?.values ?? {})) expect(value).toBeLessThan(1e9);
});

test('Home Assistant’s history: only the first of a list says whose it is', () => {
  const next = { state: '22.5', last_changed: '2026-03-01T08:01:00Z' };
  expect(made([[STATE, next], [{ ...STATE, entity_id: 'switch.k', state: 'on' }]])).toMatchObject([
    { source: 'sensor.t', time: MS, values: { state: 21.5 } },
    { source: 'sensor.t', time: MS + 60_000, values: { state: 22.5 } },
    { source: 'switch.k', values: { state: 1 } },
  ]);
});

test('logs of topics know the times that payloads state', () => {
  const log = [
    'tele/plug/SENSOR {"Time":"2026-03-01T08:00:00","ENERGY":{"Power":98}}',
    `a/b {"timestamp":${S},"t":1}`,
    `a/b {"ts":${MS},"t":2}`,
  ].join('\n');
  expect(made(log)).toMatchObject([
    { source: 'tele/plug/SENSOR', time: MS, values: { 'ENERGY.Power': 98 } },
    { source: 'a/b', time: MS, values: { t: 1 } },
    { source: 'a/b', time: MS, values: { t: 2 } },
  ]);
});
