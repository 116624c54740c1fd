// What the built-in shapes of platforms make of their documented forms: each value, and nothing that is none.
import { describe, expect, test } from 'vitest';
import { shaped, shapesOf } from '../../../support/shaped.ts';

const AT = '2021-03-01T10:00:00.123Z';
const AT_MS = Date.parse(AT);

function made(name: string, data: unknown) {
  const { events, refused, skipped } = shaped(data, shapesOf(name));
  return {
    events: events.map(({ source, time, values, tags, id, type }) => ({
      source,
      afterMs: time - AT_MS,
      values,
      ...(Object.keys(tags).length === 0 ? {} : { tags }),
      ...(id === undefined ? {} : { id }),
      ...(type === 'reading' ? {} : { type }),
    })),
    refused: refused.map(({ reason }) => reason),
    skipped: skipped.map(({ path, reason }) => `${path}: ${reason}`),
  };
}

describe('Azure IoT Hub', () => {
  const event = { source: 'd1', afterMs: 0, values: { t: 21.5, on: 1 } };
  const body = { t: 21.5, on: true, note: 'x' };
  const base64 = Buffer.from(JSON.stringify(body)).toString('base64');
  const named = { 'iothub-connection-device-id': 'd1', 'iothub-enqueuedtime': AT };

  test.each([
    ['routed', { Body: body, SystemProperties: { ...named, 'iothub-message-source': 'Telemetry' } }],
    ['as base64', { Body: base64, SystemProperties: named }],
    [
      'in storage',
      {
        EnqueuedTimeUtc: '2021-03-01T10:00:00.1230000Z',
        Properties: {},
        SystemProperties: { connectionDeviceId: 'd1' },
        Body: body,
      },
    ],
    ['by Event Grid', { id: '1', eventType: 'x', data: { properties: {}, systemProperties: named, body } }],
  ])('%s', (_, data) => {
    expect(made('azure-iot-hub', data)).toMatchObject({ events: [event], refused: [] });
  });

  test('what it tells of twins is no event', () => {
    const data = { Body: {}, SystemProperties: { ...named, 'iothub-message-source': 'twinChangeEvents' } };
    expect(made('azure-iot-hub', data)).toEqual({
      events: [],
      refused: [],
      skipped: [': ignored'],
    });
  });
});

describe('ThingsBoard', () => {
  test('a device’s own telemetry', () => {
    expect(made('thingsboard', { ts: AT_MS, values: { t: 42, mode: 'x' } }).events).toMatchObject([
      { afterMs: 0, values: { t: 42 } },
    ]);
  });

  test('a gateway’s, by device', () => {
    const data = {
      A: [
        { ts: AT_MS, values: { t: 42 } },
        { ts: AT_MS + 1, values: { t: 43 } },
      ],
      B: [{ ts: AT_MS, values: { h: 80 } }],
    };
    expect(made('thingsboard', data)).toMatchObject({
      events: [
        { source: 'A', afterMs: 0, values: { t: 42 } },
        { source: 'A', afterMs: 1, values: { t: 43 } },
        { source: 'B', afterMs: 0, values: { h: 80 } },
      ],
      refused: [],
    });
  });

  test('what the API answers, by key', () => {
    const data = { t: [{ ts: AT_MS, value: '21.5' }], h: [{ ts: AT_MS + 5, value: '45' }] };
    expect(made('thingsboard', data)).toMatchObject({
      events: [
        { afterMs: 0, values: { t: 21.5 } },
        { afterMs: 5, values: { h: 45 } },
      ],
      refused: [],
    });
  });
});

test.each([
  [
    'helium',
    {
      dev_eui: '60',
      decoded: { payload: { t: 21.5 }, status: 'success' },
      fcnt: 5,
      hotspots: [{ name: 'h', rssi: -50, snr: 9 }],
      name: 'dev',
      payload: 'AA==',
      reported_at: AT_MS,
      uuid: 'u',
    },
    {
      source: '60',
      afterMs: 0,
      values: { t: 21.5, rssi: -50, snr: 9 },
      tags: { device: 'dev', gateway: 'h' },
      id: 'u',
    },
  ],
  [
    'ttn-v2',
    {
      app_id: 'a',
      dev_id: 'd1',
      hardware_serial: 'X',
      counter: 5,
      payload_raw: 'AA==',
      payload_fields: { t: 21.5 },
      metadata: { time: AT, gateways: [{ gtw_id: 'g', rssi: -50, snr: 4 }] },
    },
    {
      source: 'd1',
      afterMs: 0,
      values: { t: 21.5, rssi: -50, snr: 4 },
      tags: { application: 'a', gateway: 'g' },
      id: AT,
    },
  ],
  [
    'sigfox',
    {
      device: '1D',
      time: '1614592800',
      data: '0102',
      seqNumber: '12',
      rssi: '-120.5',
      snr: '9.1',
      station: '0A',
    },
    {
      source: '1D',
      afterMs: -123,
      values: { rssi: -120.5, snr: 9.1 },
      tags: { station: '0A' },
      id: '1614592800:12',
    },
  ],
  [
    'shelly',
    {
      src: 'shelly-1',
      dst: 'u',
      method: 'NotifyStatus',
      params: { ts: AT_MS / 1_000, 'switch:0': { id: 0, output: true, apower: 8.9, source: 'button' } },
    },
    { source: 'shelly-1', afterMs: 0, values: { 'switch:0.output': 1, 'switch:0.apower': 8.9 } },
  ],
  [
    'home-assistant',
    {
      entity_id: 'sensor.t',
      state: '21.5',
      attributes: { unit_of_measurement: '°C' },
      last_changed: '2021-03-01T09:00:00+00:00',
      last_updated: '2021-03-01T10:00:00.123456+00:00',
    },
    { source: 'sensor.t', afterMs: 0, values: { state: 21.5 }, tags: { unit: '°C' } },
  ],
  [
    'openhab',
    { name: 'T', datapoints: '1', data: [{ time: AT_MS, state: '21.5 °C' }] },
    { source: 'T', afterMs: 0, values: { state: 21.5 } },
  ],
  [
    'particle',
    { event: 'env', data: '{"t":21.5}', published_at: AT, coreid: 'e0', ttl: 60 },
    { source: 'e0', afterMs: 0, values: { t: 21.5 }, type: 'env' },
  ],
  [
    'losant',
    {
      applicationId: 'a',
      deviceId: '57',
      deviceName: 'x',
      triggerType: 'deviceIdsTags',
      time: AT,
      data: { t: 5 },
    },
    { source: '57', afterMs: 0, values: { t: 5 }, tags: { device: 'x' } },
  ],
  [
    'lwm2m',
    { bn: '/3303/0/', e: [{ n: '5700', v: 21.5, t: -1 }], bt: 1_614_592_800 },
    { source: '/3303/0/', afterMs: -1_123, values: { '5700': 21.5 } },
  ],
])('%s', (name, data, event) => {
  expect(made(name, data)).toMatchObject({ events: [event], refused: [] });
});

test('Sparkplug: each metric at its own time, texts left out', () => {
  const data = {
    timestamp: AT_MS,
    seq: 2,
    metrics: [
      { name: 'in/a', timestamp: AT_MS + 1, dataType: 'Boolean', value: true },
      { name: 'out/e', dataType: 'Float', value: 12.5 },
      { name: 'count', intValue: 3 },
      { name: 'hw', dataType: 'String', value: 'x' },
    ],
  };
  const { events, skipped } = made('sparkplug', data);
  expect(events.map(({ afterMs, values }) => [afterMs, values])).toEqual([
    [1, { 'in/a': 1 }],
    [0, { 'out/e': 12.5 }],
    [0, { count: 3 }],
    [0, {}],
  ]);
  expect(skipped).toEqual(['hw: not a number']);
});
