// What monitoring systems write and answer, as documented, through the built-in shapes.
import { describe, expect, test } from 'vitest';
import { BUILT_IN_SHAPES } from '../../../../src/core/shape/built-in-shapes.ts';
import { ARRIVAL_MS, shaped, shapesOf } from '../../../support/shaped.ts';

// Each by all shapes, as a file of unknown form: that another shape takes it first is a mistake too.
const all = shapesOf(...BUILT_IN_SHAPES.keys());

/** Events as `[source, seconds, values]`, and the reasons of what is none. */
function made(data: unknown) {
  const { events, refused } = shaped(data, all);
  return [
    ...events.map(({ source, time, values }) => [source, time / 1_000, values]),
    ...refused.map(({ reason }) => reason),
  ];
}

const ARRIVED_S = ARRIVAL_MS / 1_000;

describe('StatsD', () => {
  test.each([
    ['gorets:1|c', 'gorets', 1, 'counter'],
    ['gorets:1|c|@0.1', 'gorets', 10, 'counter'],
    ['glork:320|ms|@0.1', 'glork', 320, 'timing'],
    ['gaugor:333|g', 'gaugor', 333, 'gauge'],
    ['gaugor:-10|g', 'gaugor.change', -10, 'gauge'],
    ['gaugor:+4|g', 'gaugor.change', 4, 'gauge'],
    ['temperature:-10|g|#room:1', 'temperature', -10, 'gauge'],
    ['song.length:240|h|@0.5', 'song.length', 240, 'histogram'],
  ])('%s', (line, name, value, type) => {
    expect(shaped(line, all).events).toMatchObject([
      { source: 'key', time: ARRIVAL_MS, type, values: { [name]: value } },
    ]);
  });

  test('DogStatsD’s tags, times and several values', () => {
    const line = 'song.length:240:250|h|#host:web2,beta,env:prod|T1656581410|c:ci-1';
    const event = {
      source: 'web2',
      time: 1_656_581_410_000,
      tags: { host: 'web2', beta: 'true', env: 'prod' },
    };
    expect(shaped(line, all).events).toMatchObject([
      { ...event, values: { 'song.length': 240 } },
      { ...event, values: { 'song.length': 250 } },
    ]);
  });

  test('members of sets are no numbers, and a damaged line is refused alone', () => {
    const { events, refused, skipped } = shaped('uniques:u-765|s\na:1|c\nb:x|c', all);
    expect(events.map(({ values }) => values)).toEqual([{}, { a: 1 }]);
    expect(skipped).toMatchObject([{ path: 'uniques', reason: 'not a number' }]);
    expect(refused).toMatchObject([{ detail: 'shape statsd: found "b:x|c", expected statsd' }]);
  });
});

test('Graphite: by what the path is below, or by the server in tags', () => {
  const lines = [
    'servers.web01.cpu.load 0.42 1455320691',
    'disk.used;datacenter=dc1;server=web01 42 1455320692',
    'load 4 -1',
    'load 4 N',
    'a.b x 1455320692',
  ];
  expect(made(lines.join('\n'))).toEqual([
    ['servers.web01.cpu', 1_455_320_691, { load: 0.42 }],
    ['web01', 1_455_320_692, { 'disk.used': 42 }],
    ['key', ARRIVED_S, { load: 4 }],
    ['key', ARRIVED_S, { load: 4 }],
    'shape',
  ]);
});

test('a text of Prometheus is not Graphite’s, though its lines look alike', () => {
  expect(shaped('# HELP up x\n# TYPE up gauge\nup 1 1455320691000', all).events).toMatchObject([
    { type: 'sample', time: 1_455_320_691_000, values: { up: 1 } },
  ]);
});

describe('OpenTSDB', () => {
  const nice = ['web01', 1_346_846_400, { 'sys.cpu.nice': 18 }];

  test.each([
    ['put', 'put sys.cpu.nice 1346846400 18 host=web01 dc=lga'],
    ['put, in ms', 'put sys.cpu.nice 1346846400000 18 host=web01'],
    ['JSON', { metric: 'sys.cpu.nice', timestamp: 1_346_846_400, value: 18, tags: { host: 'web01' } }],
    ['KairosDB', { name: 'sys.cpu.nice', datapoints: [[1_346_846_400_000, 18]], tags: { host: 'web01' } }],
    [
      'KairosDB, one point',
      { name: 'sys.cpu.nice', timestamp: 1_346_846_400_000, value: 18, tags: { host: 'web01' } },
    ],
    ['answers', { metric: 'sys.cpu.nice', tags: { host: 'web01' }, dps: { 1346846400: 18 } }],
    ['answers with arrays', { metric: 'sys.cpu.nice', tags: { host: 'web01' }, dps: [[1_346_846_400, 18]] }],
  ])('%s', (_, data) => {
    expect(made(data)).toEqual([nice]);
    if (typeof data !== 'string') expect(made([data, data])).toEqual([nice, nice]);
  });
});

describe('Prometheus’ API', () => {
  const answer = (resultType: string, result: unknown) => ({
    status: 'success',
    data: { resultType, result: [result] },
  });
  const metric = { __name__: 'up', job: 'node', instance: 'h:9100' };

  test.each([
    ['a vector', answer('vector', { metric, value: [1_435_781_451.781, '1'] }), 'up'],
    ['a matrix', answer('matrix', { metric, values: [[1_435_781_451.781, '1']] }), 'up'],
    [
      'what is computed',
      answer('matrix', { metric: { instance: 'h:9100' }, values: [[1_435_781_451.781, '1']] }),
      'value',
    ],
    [
      'remote write',
      {
        timeseries: [
          {
            labels: [
              { name: '__name__', value: 'up' },
              { name: 'instance', value: 'h:9100' },
            ],
            samples: [{ value: 1, timestamp: '1435781451781' }],
          },
        ],
      },
      'up',
    ],
    ['by Kafka', { timestamp: '2015-07-01T20:10:51.781Z', value: '1', name: 'up', labels: metric }, 'up'],
  ])('%s', (_, data, name) => {
    expect(made(data)).toEqual([['h:9100', 1_435_781_451.781, { [name]: 1 }]]);
  });

  test('what is no number is counted', () => {
    expect(made(answer('vector', { metric, value: [1_435_781_451, 'NaN'] }))).toEqual([
      ['h:9100', 1_435_781_451, {}],
    ]);
  });
});

test.each([
  ['Grafana', 1_450_754_160_000],
  ['Graphite', 1_450_754_160],
])('series of %s', (_, time) => {
  expect(
    made([
      {
        target: 'pps in',
        datapoints: [
          [622, time],
          [null, time],
        ],
      },
    ]),
  ).toEqual([
    ['pps in', 1_450_754_160, { value: 622 }],
    ['pps in', 1_450_754_160, {}],
  ]);
});

test('frames of Grafana', () => {
  const fields = [{ name: 'time' }, { name: 'load', labels: { instance: 'h1' } }];
  const frame = {
    schema: { fields },
    data: {
      values: [
        [1_450_754_160_000, 1_450_754_161_000],
        [1, 2],
      ],
    },
  };
  expect(made({ results: { A: { frames: [frame] } } })).toEqual([
    ['h1', 1_450_754_160, { load: 1 }],
    ['h1', 1_450_754_161, { load: 2 }],
  ]);
});

test('what InfluxDB answers', () => {
  const series = {
    name: 'cpu',
    tags: { host: 'h1' },
    columns: ['time', 'load', 'region'],
    values: [['2015-01-29T21:55:43Z', 0.5, 'x']],
  };
  expect(made({ results: [{ statement_id: 0, series: [series] }] })).toEqual([
    ['h1', 1_422_568_543, { 'cpu.load': 0.5 }],
  ]);
});

test.each([
  ['the answer', (statistics: object) => ({ id: 1, type: 'result', success: true, result: statistics })],
  ['the action', (statistics: object) => ({ service_response: { statistics } })],
])('statistics of Home Assistant: %s', (_, around) => {
  const mean = { start: 1_672_531_200_000, end: 1_672_534_800_000, mean: 20.5, min: 20, max: null };
  const sum = { start: '2023-01-01T00:00:00+00:00', state: 100.5, sum: 10.5 };
  expect(made(around({ 'sensor.t': [mean], 'sensor.e': [sum] }))).toEqual([
    ['sensor.t', 1_672_531_200, { mean: 20.5, min: 20 }],
    ['sensor.e', 1_672_531_200, { state: 100.5, sum: 10.5 }],
  ]);
});

describe('NMEA 0183', () => {
  const sum = (body: string) => [...body].reduce((bits, each) => bits ^ each.charCodeAt(0), 0);
  const sentence = (body: string) => `$${body}*${sum(body).toString(16).toUpperCase().padStart(2, '0')}`;

  test('sentences of a moment are one event, with the date of one of them', () => {
    const lines = [
      '$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47',
      '$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A',
      sentence('GPVTG,084.4,T,,M,022.4,N,041.5,K'),
      sentence('GPRMC,123520.50,A,4807.0380,S,01131.0000,W,000.0,000.0,230324,,'),
    ];
    expect(made(lines.join('\r\n'))).toEqual([
      [
        'key',
        Date.UTC(1994, 2, 23, 12, 35, 19) / 1_000,
        {
          fix: 1,
          satellites: 8,
          hdop: 0.9,
          ele: 545.4,
          geoid: 46.9,
          lat: 48.1173,
          lon: 11 + 31 / 60,
          speedKnots: 22.4,
          course: 84.4,
          speedKmh: 41.5,
        },
      ],
      [
        'key',
        Date.UTC(2024, 2, 23, 12, 35, 20, 500) / 1_000,
        { speedKnots: 0, course: 0, lat: -48.1173, lon: -(11 + 31 / 60) },
      ],
    ]);
  });

  test('a void fix has no values, a damaged sentence is refused, and so is a moment without a date', () => {
    const lines = [
      sentence('GPRMC,123519,V,4807.038,N,01131.000,E,,,230324,,'),
      '$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*00',
      sentence('GPGGA,123521,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,'),
    ];
    expect(made(lines.join('\n'))).toEqual([
      ['key', Date.UTC(2024, 2, 23, 12, 35, 19) / 1_000, {}],
      'time',
      'shape',
    ]);
  });
});
