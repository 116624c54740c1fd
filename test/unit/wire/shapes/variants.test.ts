// What each built-in shape makes of the documented variants of its form, and what it leaves out.
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ARRIVAL_MS, shaped, shapesOf } from '../../../support/shaped.ts';

const AT = '2026-03-01T07:59:00.123456789Z';
const AT_MS = Date.parse('2026-03-01T07:59:00.123Z');

/** Events as source, id, time after `AT`, values and tags; reasons of refusals; counts of what was left out. */
function made(name: string, data: unknown) {
  const { events, refused, skipped } = shaped(data, shapesOf(name));
  return {
    events: events.map(({ source, id, type, time, values, tags }) => ({
      source,
      ...(id === undefined ? {} : { id }),
      ...(type === 'reading' ? {} : { type }),
      afterMs: time - AT_MS,
      values,
      tags,
    })),
    refused: refused.map(({ reason }) => reason),
    skipped: skipped.map(({ path, reason, count }) => `${path}: ${reason} ${count}`),
  };
}

describe('The Things Stack', () => {
  const device = { device_id: 'd-1', application_ids: { application_id: 'app' }, dev_eui: '00' };
  const uplink = {
    end_device_ids: device,
    received_at: '2026-03-01T07:59:01Z',
    uplink_message: {
      f_port: 1,
      f_cnt: 7,
      frm_payload: 'AA==',
      decoded_payload: { t: 21.5, door: true, volts: '3.3 V', nested: { a: [1, 2] } },
      rx_metadata: [{ gateway_ids: { gateway_id: 'gw' }, rssi: -80, snr: 7.2 }],
      received_at: AT,
    },
  };
  const event = {
    source: 'd-1',
    id: AT,
    afterMs: 0,
    values: { t: 21.5, door: 1, volts: 3.3, 'nested.a.0': 1, 'nested.a.1': 2, rssi: -80, snr: 7.2 },
    tags: { application: 'app', gateway: 'gw' },
  };

  test.each([
    ['a webhook or MQTT', uplink],
    ['the storage integration', { result: uplink }],
    ['the event stream', { name: 'as.up.data.forward', time: AT, data: { '@type': 'x', ...uplink } }],
    ['a simulated uplink', { ...uplink, simulated: true }],
  ])('%s', (_, data) => {
    expect(made('the-things-stack', data)).toMatchObject({ events: [event], refused: [] });
  });

  test.each([
    ['join_accept', { session_key_id: 'x', received_at: AT }],
    ['uplink_normalized', { normalized_payload: { air: { temperature: 20 } }, received_at: AT }],
    ['downlink_failed', { error: {} }],
    ['downlink_nack', { f_cnt: 3 }],
    ['service_data', { data: { battery: 3 } }],
    ['downlink_queue_invalidated', { downlinks: [] }],
  ])('%s is no event', (kind, body) => {
    expect(made('the-things-stack', { end_device_ids: device, received_at: AT, [kind]: body })).toEqual({
      events: [],
      refused: [],
      skipped: [': ignored 1'],
    });
  });

  test('without metadata and payload it is an event without values', () => {
    const { rx_metadata: _, decoded_payload: __, ...rest } = uplink.uplink_message;
    expect(made('the-things-stack', { ...uplink, uplink_message: rest }).events).toMatchObject([
      { values: {} },
    ]);
  });
});

describe('ChirpStack', () => {
  const v4 = {
    deduplicationId: 'e-1',
    time: AT,
    deviceInfo: {
      devEui: 'eui',
      deviceName: 'n',
      applicationName: 'a',
      deviceProfileName: 'p',
      tags: { k: 'v' },
    },
  };
  const v3 = { applicationID: '1', applicationName: 'a', deviceName: 'n', devEUI: 'eui' };
  const tags = { device: 'n', application: 'a', profile: 'p', gateway: 'gw', k: 'v' };

  test('4: an uplink, also the first one, whose counter may be left out', () => {
    const rxInfo = [{ gatewayId: 'gw', rssi: -80, snr: 7 }];
    for (const fCnt of [{ fCnt: 0 }, {}]) {
      const data = { ...v4, ...fCnt, fPort: 1, data: 'AA==', object: { t: 1.5 }, rxInfo, txInfo: {} };
      expect(made('chirpstack-v4', data)).toEqual({
        events: [{ source: 'eui', id: 'e-1', afterMs: 0, values: { t: 1.5, rssi: -80, snr: 7 }, tags }],
        refused: [],
        skipped: [],
      });
    }
  });

  test.each([
    ['join', { devAddr: 'x' }],
    ['status', { margin: 10, batteryLevel: 90.5 }],
    ['ack', { queueItemId: 'x', acknowledged: true, fCntDown: 3 }],
    ['txack', { downlinkId: 3, gatewayId: 'gw' }],
    ['log', { level: 'ERROR', code: 'UPLINK_CODEC' }],
    ['location', { location: { latitude: 1 } }],
    ['integration', { integrationName: 'x', object: { a: 1 } }],
  ])('4: %s is no event', (_, body) => {
    expect(made('chirpstack-v4', { ...v4, ...body })).toMatchObject({ events: [], refused: [] });
  });

  test('3: an uplink, its object JSON or JSON in a text', () => {
    const rxInfo = [{ gatewayID: 'gw', uplinkID: 'u', time: AT, rssi: -80, loRaSNR: 7 }];
    for (const object of [{ object: { t: 1.5 } }, { objectJSON: '{"t":1.5}' }]) {
      const data = { ...v3, rxInfo, fCnt: 3, fPort: 1, ...object };
      expect(made('chirpstack-v3', data).events).toMatchObject([
        { source: 'eui', id: 'u', afterMs: 0, values: { t: 1.5, rssi: -80, snr: 7 } },
      ]);
    }
  });

  test.each([
    ['ack', { rxInfo: [], acknowledged: true, fCnt: 10 }],
    ['error', { type: 'UPLINK_FCNT_RETRANSMISSION', error: 'x', fCnt: 10 }],
    ['status', { battery: 182, margin: 6 }],
  ])('3: %s is no event', (_, body) => {
    expect(made('chirpstack-v3', { ...v3, ...body })).toMatchObject({ events: [], refused: [] });
  });
});

describe('CloudEvents', () => {
  const event = { specversion: '1.0', id: 'i', source: '/plant/1', type: 'com.example.t', time: AT };
  const base64 = (text: string) => Buffer.from(text).toString('base64');

  test.each([
    ['data', { data: { t: 1 } }, { t: 1 }],
    ['data that is a text of JSON', { data: '{"t":1}' }, { t: 1 }],
    ['data that is a number', { data: 21.5 }, { data: 21.5 }],
    ['binary data of JSON', { data_base64: base64('{"t":1}') }, { t: 1 }],
    ['binary data of something else', { data_base64: base64('\u0000\u00ff') }, {}],
    ['text', { datacontenttype: 'text/xml', data: '<much/>' }, {}],
    ['no data', {}, {}],
  ])('%s', (_, data, values) => {
    const one = { source: '/plant/1', id: 'i', type: 'com.example.t', afterMs: 0, values, tags: {} };
    expect(made('cloudevents', { ...event, ...data })).toMatchObject({ events: [one], refused: [] });
    expect(made('cloudevents', [{ ...event, ...data }, event]).events).toMatchObject([one, { values: {} }]);
  });

  test('without a time it is of the arrival', () => {
    expect(made('cloudevents', { ...event, time: undefined }).events[0]?.afterMs).toBe(ARRIVAL_MS - AT_MS);
  });
});

describe('SenML', () => {
  const seconds = (text: string) => Date.parse(text) / 1000;
  const bt = seconds('2026-03-01T07:59:00.123Z');

  test('base names, times, units, values and sums hold until others come', () => {
    const pack = [
      { bn: 'urn:dev:1:', bt, bu: 'Cel', bv: 20, bver: 10, n: 't', v: 1.5 },
      { n: 'rh', u: '%RH', v: -2, t: 1 },
      { n: 'on', vb: true },
      { bs: 100, n: 'e', s: 5 },
      { n: 'state', vs: 'ON' },
      { n: 'raw', vd: 'AAA' },
    ];
    expect(made('senml', pack)).toMatchObject({
      events: [
        { source: 'urn:dev:1', afterMs: 0, values: { t: 21.5 }, tags: { unit: 'Cel' } },
        { source: 'urn:dev:1', afterMs: 1_000, values: { rh: 18 }, tags: { unit: '%RH' } },
        { values: { on: 1 } },
        { values: { 'e.sum': 105 } },
        { values: {}, tags: { state: 'ON' } },
        { values: {} },
      ],
      refused: [],
    });
  });

  test('what has no name is told apart by its unit, where it states one', () => {
    const pack = [
      { bn: 'd', bt, bu: '%RH', v: 20 },
      { u: 'lon', v: 24.3 },
      { u: 'lat', v: 60 },
      { v: 21, t: 60 },
    ];
    const { events } = made('senml', pack);
    expect(events.map(({ values }) => values)).toEqual([
      { value: 20 },
      { lon: 24.3 },
      { lat: 60 },
      { value: 21 },
    ]);
  });

  test('times below 2^28 are relative to the arrival', () => {
    const { events } = made('senml', [
      { bn: 'd', n: 't', v: 1 },
      { n: 't', v: 2, t: -60 },
    ]);
    expect(events.map(({ afterMs }) => afterMs + AT_MS - ARRIVAL_MS)).toEqual([0, -60_000]);
  });

  test.each([
    ['a later version', { bver: 11 }],
    ['members that must be understood', { extra_: 1 }],
  ])('%s is refused', (_, member) => {
    expect(made('senml', [{ bn: 'd', n: 't', v: 1, bt, ...member }])).toMatchObject({
      events: [],
      refused: ['source'],
    });
  });
});

describe('SensorThings', () => {
  const components = ['phenomenonTime', 'result', 'id'];
  const rows = [[AT, 1.5, 7]];
  const one = { source: 'datastream-3', id: 7, afterMs: 0, values: { result: 1.5 } };

  test('data arrays, sent and answered', () => {
    const sent = [{ Datastream: { '@iot.id': 3 }, components, 'dataArray@iot.count': 1, dataArray: rows }];
    expect(made('sensorthings', sent).events).toMatchObject([one]);
    const answered = {
      '@iot.count': 1,
      value: [{ 'Datastream@iot.navigationLink': 'Datastreams(3)', components, dataArray: rows }],
    };
    expect(made('sensorthings', answered).events).toMatchObject([{ ...one, source: 'Datastreams(3)' }]);
  });

  test('observations of MQTT, of a page, and of an expanded datastream', () => {
    const observation = {
      '@iot.id': 7,
      phenomenonTime: '2026-03-01T07:59:00.123Z/2026-03-01T08:00:00Z',
      resultTime: null,
      result: 1.5,
      'Datastream@iot.navigationLink': 'http://x/v1.1/Observations(7)/Datastream',
    };
    const own = { ...observation, Datastream: { '@iot.id': 3 } };
    expect(made('sensorthings-observation', own).events).toMatchObject([one]);
    expect(made('sensorthings-observation', { value: [own] }).events).toMatchObject([one]);
    // Its link is of this observation: the partition key, a topic, says more.
    expect(made('sensorthings-observation', observation).events).toMatchObject([{ ...one, source: 'key' }]);
    const expanded = { '@iot.id': 3, Observations: [observation] };
    const thing = { '@iot.id': 9, Datastreams: [expanded, { '@iot.id': 4, Observations: [] }] };
    for (const data of [expanded, { value: [expanded] }, thing, { value: [thing] }])
      expect(made('sensorthings-observation', data).events).toMatchObject([one]);
  });
});

test('SensorThings writes offsets as ISO 8601 does', () => {
  const dataArray = [['2026-03-01T00:59:00.123-0700', 20]];
  const data = [{ Datastream: { '@iot.id': 1 }, components: ['phenomenonTime', 'result'], dataArray }];
  expect(made('sensorthings', data).events).toMatchObject([{ afterMs: 0, values: { result: 20 } }]);
});

describe('OTLP', () => {
  const timeUnixNano = `${BigInt(AT_MS) * 1_000_000n + 456_789n}`;
  const point = { timeUnixNano, attributes: [{ key: 'core', value: { intValue: '2' } }] };
  const metrics = (...list: object[]) => ({
    resourceMetrics: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 's' } }] },
        scopeMetrics: [{ scope: {}, metrics: list }],
      },
    ],
  });
  const distribution = { ...point, count: '5', sum: 12.5, min: 1, max: 4 };

  test.each([
    ['a gauge', { gauge: { dataPoints: [{ ...point, asDouble: 1.5 }] } }, 'gauge', { m: 1.5 }],
    ['integers as texts', { sum: { dataPoints: [{ ...point, asInt: '42' }] } }, 'sum', { m: 42 }],
    ['integers', { sum: { dataPoints: [{ ...point, asInt: 42 }] } }, 'sum', { m: 42 }],
    [
      'a histogram',
      { histogram: { dataPoints: [{ ...distribution, bucketCounts: ['1', '4'], explicitBounds: [2] }] } },
      'histogram',
      { 'm.count': 5, 'm.sum': 12.5, 'm.min': 1, 'm.max': 4 },
    ],
    [
      'an exponential histogram',
      { exponentialHistogram: { dataPoints: [{ ...distribution, scale: 1, zeroCount: '0', positive: {} }] } },
      'histogram',
      { 'm.count': 5, 'm.sum': 12.5, 'm.min': 1, 'm.max': 4 },
    ],
    [
      'a summary',
      {
        summary: {
          dataPoints: [{ ...point, count: '5', sum: 12.5, quantileValues: [{ quantile: 0.5, value: 2 }] }],
        },
      },
      'summary',
      { 'm.count': 5, 'm.sum': 12.5 },
    ],
    ['no recorded value', { gauge: { dataPoints: [{ ...point, flags: 1 }] } }, 'gauge', {}],
  ])('%s', (_, metric, type, values) => {
    expect(made('otlp-metrics', metrics({ name: 'm', ...metric }))).toEqual({
      events: [{ source: 's', type, afterMs: 0, values, tags: { service: 's', core: '2' } }],
      refused: [],
      skipped: [],
    });
  });

  test('without a resource the source is the partition key', () => {
    const data = {
      resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm', gauge: { dataPoints: [point] } }] }] }],
    };
    expect(made('otlp-metrics', data).events).toMatchObject([{ source: 'key' }]);
  });
});

describe('Telegraf and line protocol', () => {
  test('a metric, a batch, and units by their size', () => {
    for (const timestamp of [AT_MS / 1000 - 0.123, AT_MS, AT_MS * 1000, AT_MS * 1_000_000]) {
      const metric = {
        name: 'cpu',
        tags: { host: 'h', cpu: '0' },
        fields: { usage: 1.5, up: true, s: 'x' },
        timestamp,
      };
      const one = {
        source: 'h',
        type: 'cpu',
        values: { 'cpu.usage': 1.5, 'cpu.up': 1 },
        tags: { host: 'h', cpu: '0' },
      };
      expect(made('telegraf', metric)).toMatchObject({ events: [one], skipped: ['cpu.s: not a number 1'] });
      expect(made('telegraf', { metrics: [metric, metric] }).events).toMatchObject([one, one]);
      expect(Math.abs(made('telegraf', metric).events[0]?.afterMs ?? 1_000)).toBeLessThanOrEqual(123);
    }
  });

  test('escapes, kinds of numbers, truth values, comments and texts over several lines', () => {
    const text = [
      '# a comment with "',
      String.raw`my\ meas\,ure,ho\=st=a\ b\,c,host=h i=3i,u=4u,f=-1.5e-3,d=1.,t=T,no=false,s="a \"b\", c=d" 1772351940123`,
      'm,host=h note="two',
      'lines",v=2 1772351940123456789',
      'm,host=h v=.5',
      'm,host=h v=1 1772351940',
      'm,host=h v=1 1772351940123456\r',
    ].join('\n');
    const { events, refused } = made('line-protocol', text);
    expect(refused).toEqual([]);
    expect(events).toMatchObject([
      {
        source: 'h',
        type: 'my meas,ure',
        afterMs: 0,
        values: {
          'my meas,ure.i': 3,
          'my meas,ure.u': 4,
          'my meas,ure.f': -0.0015,
          'my meas,ure.t': 1,
          'my meas,ure.no': 0,
        },
        tags: { 'ho=st': 'a b,c', host: 'h' },
      },
      { afterMs: 0, values: { 'm.v': 2 } },
      { values: { 'm.v': 0.5 } },
      { afterMs: -123 },
      { afterMs: 0 },
    ]);
  });

  test('a date and time in place of the number', () => {
    const metric = { name: 'cpu', tags: { host: 'h' }, fields: { usage: 1.5 }, timestamp: AT };
    expect(made('telegraf', metric).events).toMatchObject([{ afterMs: 0 }]);
  });

  test('a field that is no value is counted, and the others are taken', () => {
    expect(made('line-protocol', 'm v=NaN,w=1,x=1_000 1772351940123')).toMatchObject({
      events: [{ values: { 'm.w': 1 } }],
      skipped: ['m.v: not a number 1', 'm.x: not a number 1'],
    });
  });

  test('a quote that nobody closes spoils its own line', () => {
    const { events, refused } = made(
      'line-protocol',
      'm v=1 1772351940\nm s="open 1772351940\nm v=2 1772351940',
    );
    expect(events.map(({ values }) => values)).toEqual([{ 'm.v': 1 }, { 'm.v': 2 }]);
    expect(refused).toEqual(['shape']);
  });
});

describe('DynamoDB', () => {
  const change = (dynamodb: object, rest: object = {}) => ({
    eventID: 'e',
    eventName: 'MODIFY',
    eventSourceARN: 'arn:aws:dynamodb:eu-west-1:1:table/readings/stream/2026-01-01T00:00:00.000',
    dynamodb: {
      Keys: { id: { S: 'd' } },
      ApproximateCreationDateTime: Math.floor(AT_MS / 1000),
      ...dynamodb,
    },
    ...rest,
  });
  const image = {
    id: { S: 'd' },
    t: { N: '21.5' },
    on: { BOOL: true },
    no: { NULL: true },
    l: { L: [{ N: '1' }] },
    m: { M: { a: { N: '2' } } },
  };
  const values = { t: 21.5, on: 1, 'l.0': 1, 'm.a': 2 };

  test('a new image by Streams, and by Kinesis in ms and µs', () => {
    const one = { source: 'd', id: 'e', type: 'MODIFY', values, tags: { table: 'readings' } };
    expect(made('dynamodb-changes', change({ NewImage: image })).events).toMatchObject([one]);
    for (const precise of [AT_MS, AT_MS * 1000]) {
      const data = change(
        { NewImage: image, ApproximateCreationDateTime: precise },
        {
          eventSourceARN: undefined,
          tableName: 'readings',
          recordFormat: 'application/json',
          userIdentity: null,
        },
      );
      expect(made('dynamodb-changes', data).events).toMatchObject([{ ...one, afterMs: 0 }]);
    }
  });

  test('keys alone, and old images, have no values; what is removed is no event', () => {
    expect(made('dynamodb-changes', change({})).events).toMatchObject([{ values: {} }]);
    expect(made('dynamodb-changes', change({ OldImage: image })).events).toMatchObject([{ values: {} }]);
    const removed = change(
      { OldImage: image },
      { eventName: 'REMOVE', userIdentity: { principalId: 'dynamodb.amazonaws.com' } },
    );
    expect(made('dynamodb-changes', removed)).toMatchObject({
      events: [],
      refused: [],
      skipped: [': ignored 1'],
    });
  });
});

describe('CloudWatch Logs', () => {
  const logs = (messageType: string, logEvents: readonly object[], logGroup = '/g') =>
    gzipSync(
      JSON.stringify({
        messageType,
        owner: '1',
        logGroup,
        logStream: 's',
        subscriptionFilters: ['f'],
        logEvents,
      }),
    );

  test('lines of JSON, of text, and with fields taken out', () => {
    const timestamp = AT_MS;
    const data = logs('DATA_MESSAGE', [
      { id: '1', timestamp, message: '{"t":1,"_aws":{"Timestamp":2}}\n' },
      { id: '2', timestamp, message: 'plain text' },
      { id: '3', timestamp, message: '9 x', extractedFields: { bytes: '9', word: 'x' } },
    ]);
    expect(made('cloudwatch-logs', data)).toMatchObject({
      events: [
        { source: '/g', id: '1', type: 'log', afterMs: 0, values: { t: 1 }, tags: { stream: 's' } },
        { id: '2', values: {} },
        { id: '3', values: { bytes: 9 } },
      ],
      refused: [],
    });
  });

  test('control messages are no events', () => {
    const data = logs(
      'CONTROL_MESSAGE',
      [{ id: '', timestamp: AT_MS, message: 'CWL CONTROL MESSAGE: Checking health' }],
      '',
    );
    expect(made('cloudwatch-logs', data)).toEqual({ events: [], refused: [], skipped: [': ignored 1'] });
  });
});

describe('games and IoT services of the clouds', () => {
  test('AWS game events in seconds and ms', () => {
    for (const event_timestamp of [Math.floor(AT_MS / 1000), AT_MS]) {
      const event = {
        event_id: 'e',
        event_type: 'login',
        event_timestamp,
        app_version: '1',
        event_data: { level: 3, map_id: 'm' },
      };
      expect(made('aws-game', { event, application_id: 'a' }).events).toMatchObject([
        { source: 'a', id: 'e', type: 'login', values: { level: 3 }, tags: { app_version: '1', map: 'm' } },
      ]);
    }
  });

  test('of AWS IoT seconds, what the broker says of clients, shadows and property values', () => {
    const seconds = Math.floor(AT_MS / 1000);
    expect(made('aws-iot', { t: 1, clientid: 'd', timestamp: seconds }).events).toMatchObject([
      { afterMs: -123 },
    ]);
    const connected = { clientId: 'd', timestamp: AT_MS, eventType: 'connected', versionNumber: 0 };
    expect(made('aws-iot', connected).events).toMatchObject([{ source: 'd', type: 'connected' }]);
    const accepted = { state: { reported: { t: 1 } }, timestamp: seconds, thingName: 'd' };
    const documents = { current: { state: { reported: { t: 1 } } }, previous: {}, timestamp: seconds };
    for (const [data, source] of [
      [accepted, 'd'],
      [documents, 'key'],
    ] as const)
      expect(made('aws-iot-shadow', data).events).toMatchObject([
        { source, afterMs: -123, values: { t: 1 } },
      ]);
    const timestamp = { timeInSeconds: seconds, offsetInNanos: 123_456_789 };
    const values = [{ timestamp, quality: 'GOOD', value: { doubleValue: 2.5 } }];
    const notified = { type: 'PropertyValueUpdate', payload: { assetId: 'a', propertyId: 'p', values } };
    const entry = { entryId: '1', propertyAlias: '/a/p', propertyValues: values };
    expect(made('aws-iot-sitewise', notified).events).toMatchObject([
      { source: 'a', afterMs: 0, values: { p: 2.5 }, tags: { quality: 'GOOD' } },
    ]);
    for (const data of [{ entries: [entry] }, entry])
      expect(made('aws-iot-sitewise', data).events).toMatchObject([
        { source: '/a/p', values: { value: 2.5 } },
      ]);
  });

  test('EventBridge, whose members would pass for those of an event', () => {
    const event = {
      version: '0',
      id: 'e',
      'detail-type': 'State',
      source: 'aws.ec2',
      time: AT,
      detail: { v: 3 },
    };
    expect(made('eventbridge', event).events).toMatchObject([
      { source: 'aws.ec2', id: 'e', type: 'State', afterMs: 0, values: { v: 3 } },
    ]);
  });

  test('CloudWatch metric streams', () => {
    const metric = {
      metric_stream_name: 's',
      account_id: '1',
      namespace: 'AWS/EC2',
      metric_name: 'Ops',
      dimensions: { InstanceId: 'i-1' },
      timestamp: AT_MS,
      value: { count: 3, sum: 20, max: 18, min: 0 },
    };
    expect(made('cloudwatch-metrics', metric).events).toMatchObject([
      {
        source: 'AWS/EC2/i-1',
        afterMs: 0,
        values: { 'Ops.count': 3, 'Ops.sum': 20 },
        tags: { InstanceId: 'i-1' },
      },
    ]);
    expect(made('cloudwatch-metrics', { ...metric, dimensions: {} }).events).toMatchObject([
      { source: 'AWS/EC2' },
    ]);
  });

  test('what a rule of AWS IoT Core adds', () => {
    for (const name of ['clientid', 'clientId', 'thingName', '_id_']) {
      const data = { t: 21.5, nested: { a: 1 }, note: 'x', [name]: 'd', topic: 'a/b', timestamp: AT_MS };
      expect(made('aws-iot', data)).toMatchObject({
        events: [{ source: 'd', afterMs: 0, values: { t: 21.5, 'nested.a': 1 }, tags: { topic: 'a/b' } }],
        refused: [],
      });
    }
  });

  test('Azure IoT Central tells of more than telemetry', () => {
    const device = { applicationId: 'x', deviceId: 'd', enqueuedTime: AT, templateId: 'tp' };
    expect(
      made('azure-iot-central', { ...device, messageSource: 'telemetry', telemetry: { t: 1 } }).events,
    ).toMatchObject([{ source: 'd', afterMs: 0, values: { t: 1 }, tags: { template: 'tp' } }]);
    const listed = [
      { name: 't', id: 'dtmi:x', value: 1 },
      { name: 'a', value: { x: 2 } },
    ];
    expect(
      made('azure-iot-central', {
        ...device,
        messageSource: 'telemetry',
        telemetry: listed,
        enrichments: { site: 's' },
      }).events,
    ).toMatchObject([{ values: { t: 1, 'a.x': 2 }, tags: { template: 'tp', site: 's' } }]);
    const connected = { ...device, messageSource: 'deviceConnectivity', messageType: 'connected' };
    expect(made('azure-iot-central', connected)).toMatchObject({ events: [], refused: [] });
  });
});

describe('Prometheus', () => {
  test('samples of every kind', () => {
    const text = [
      '# HELP http_requests_total Requests.',
      '# TYPE http_requests_total counter',
      `http_requests_total{method="post",code="200",instance="h:1"} 1027 ${AT_MS}`,
      String.raw`escaped{path="C:\\DIR\\\"x\"",err="a}b\nc",instance="h:1"} 1.458255915e9 ${AT_MS}`,
      `small{instance="h:1",} .5 ${AT_MS}`,
      `bucket{le="+Inf",instance="h:1"} 8 ${AT_MS} # {trace_id="x}"} 0.67`,
      `gone{instance="h:1"} NaN ${AT_MS}`,
      `most{instance="h:1"} +Inf ${AT_MS}`,
      `{"my.metric", "lab.el"="v", instance="h:1"} 3 ${AT_MS}`,
      'plain 12.47',
    ].join('\n');
    const { events, refused, skipped } = made('prometheus', text);
    expect(refused).toEqual([]);
    expect(events.slice(0, 7).every(({ source, afterMs }) => source === 'h:1' && afterMs === 0)).toBe(true);
    expect(events.map(({ values }) => values)).toEqual([
      { http_requests_total: 1027 },
      { escaped: 1458255915 },
      { small: 0.5 },
      { bucket: 8 },
      {},
      {},
      { 'my.metric': 3 },
      { plain: 12.47 },
    ]);
    expect(events[1]?.tags).toMatchObject({ path: String.raw`C:\DIR\"x"`, err: 'a}b\nc' });
    expect(events[6]?.tags).toMatchObject({ 'lab.el': 'v' });
    expect(events[7]).toMatchObject({ source: 'key', afterMs: ARRIVAL_MS - AT_MS });
    expect(skipped.sort()).toEqual(['gone: not a number 1', 'most: not a number 1']);
  });

  test('OpenMetrics states seconds', () => {
    const at = AT_MS / 1000;
    const text = `# TYPE a counter\na_total{instance="h"} 1 ${at}\na_created{instance="h"} 2 ${Math.floor(at)}\n# EOF\n`;
    expect(made('prometheus', text).events.map(({ afterMs }) => afterMs)).toEqual([0, -123]);
  });
});

describe('CSV, GPX and logs of topics', () => {
  test('notes before the header, and times as numbers', () => {
    const text = `#datatype,string,double\n#group,false,true\n,_time,host,v\n,${AT_MS},h,1\n,${AT},h,2\n`;
    expect(made('csv', text).events).toMatchObject([
      { source: 'h', afterMs: 0, values: { v: 1 } },
      { source: 'h', afterMs: 0, values: { v: 2 } },
    ]);
  });

  test('a word behind a topic is what the topic says; Zigbee2MQTT says when it heard of a device', () => {
    const text = `shellies/s1/relay/0 on\nzigbee2mqtt/plug {"power":1.5,"last_seen":${AT_MS}}\na/b open`;
    const { events, refused, skipped } = made('topic-log', text);
    expect(events).toMatchObject([
      { source: 'shellies/s1/relay/0', values: {} },
      { source: 'zigbee2mqtt/plug', afterMs: 0, values: { power: 1.5 } },
      { source: 'a/b' },
    ]);
    expect(refused).toEqual([]);
    expect(skipped).toEqual(['payload: not a number 2']);
  });

  test('separators, quotes and missing values', () => {
    for (const separator of [',', ';', '\t']) {
      const text =
        ['time', 'device', 't', 'note'].join(separator) +
        `\r\n${[AT, 'd', '21.5', '"a ""b"""'].join(separator)}\r\n${[AT, 'd', 'NA', ''].join(separator)}\r\n`;
      expect(made('csv', text).events).toMatchObject([
        { source: 'd', afterMs: 0, values: { t: 21.5 } },
        { source: 'd', values: {} },
      ]);
    }
  });

  test('points with a time are events, and a point without one is refused with what is missing', () => {
    const point = (time: string) => `<trkpt lat="47.1" lon="8.5"><ele>400.5</ele>${time}</trkpt>`;
    const gpx = (inner: string) =>
      `<?xml version="1.0"?><gpx><trk><name>way</name><trkseg>${inner}</trkseg></trk></gpx>`;
    expect(made('gpx', gpx(point(`<time>${AT}</time>`))).events).toMatchObject([
      { source: 'way', type: 'point', afterMs: 0, values: { lat: 47.1, lon: 8.5, ele: 400.5 } },
    ]);
    expect(made('gpx', gpx(point('')))).toMatchObject({ events: [], refused: ['time'] });
  });
});
