// What collectors and agents send, as documented: through built-in shapes where there are such, else through one of a few lines.
import { describe, expect, test } from 'vitest';
import { BUILT_IN_SHAPES } from '../../../../src/core/shape/built-in-shapes.ts';
import type { ShapeDefinition } from '../../../../src/core/shape/shape-definition.ts';
import { ARRIVAL_MS, shaped, shapesOf } from '../../../support/shaped.ts';

const all = shapesOf(...BUILT_IN_SHAPES.keys());
const S = ARRIVAL_MS / 1_000;

/** Events as `[source, seconds, values]`, and the details of what is none. */
function made(data: unknown, own?: ShapeDefinition) {
  const { events, refused } = shaped(data, own === undefined ? all : shapesOf(own));
  return [
    ...events.map(({ source, time, values }) => [source, time / 1_000, values]),
    ...refused.map(({ detail }) => detail),
  ];
}

describe('Greengrass', () => {
  const detail = {
    ThingName: 'core-1',
    Schema: '2020-07-30',
    ADP: [
      {
        TS: ARRIVAL_MS,
        NS: 'SystemMetrics',
        M: [
          { N: 'CpuUsage', Sum: 3.8, U: 'Percent' },
          { N: 'SystemMemUsage', Sum: 1024, U: 'Megabytes' },
        ],
      },
      { TS: ARRIVAL_MS + 60_000, NS: 'SystemMetrics', M: [{ N: 'CpuUsage', Average: 4.8, U: 'Percent' }] },
    ],
  };
  const event = {
    version: '0',
    id: 'f70f',
    'detail-type': 'Greengrass Telemetry Data',
    source: 'aws.greengrass',
    time: '2026-03-01T08:00:00Z',
  };

  test.each([
    ['through EventBridge', { ...event, detail }],
    ['as the core says it', detail],
  ])('%s', (_, data) => {
    expect(made(data)).toEqual([
      ['core-1', S, { CpuUsage: 3.8 }],
      ['core-1', S, { SystemMemUsage: 1024 }],
      ['core-1', S + 60, { CpuUsage: 4.8 }],
    ]);
    const ids = shaped(data, all).events.map(({ id }) => id);
    expect(new Set(ids).size).toBe(3);
  });
});

describe('Netdata', () => {
  test('exported', () => {
    const sample = {
      prefix: 'netdata',
      hostname: 'web1',
      labels: { rack: 'r1' },
      chart_id: 'system.cpu',
      chart_type: 'cpu',
      id: 'user',
      name: 'user',
      value: 12.5,
      timestamp: S,
    };
    expect(made([sample, { ...sample, id: 'system', value: 3 }])).toEqual([
      ['web1', S, { 'system.cpu.user': 12.5 }],
      ['web1', S, { 'system.cpu.system': 3 }],
    ]);
    expect(shaped(sample, all).events).toMatchObject([{ type: 'cpu', tags: { rack: 'r1' } }]);
  });

  test('all metrics', () => {
    const dimensions = { user: { name: 'user', value: 12.5 }, system: { name: 'system', value: 3.25 } };
    const chart = { name: 'system.cpu', units: 'percentage', last_updated: S, dimensions };
    expect(
      made({
        'system.cpu': chart,
        'system.load': { ...chart, last_updated: S + 1, dimensions: { load1: { value: 0.5 } } },
      }),
    ).toEqual([
      ['key', S, { 'system.cpu.user': 12.5, 'system.cpu.system': 3.25 }],
      ['key', S + 1, { 'system.load.load1': 0.5 }],
    ]);
  });

  test('rows of the API', () => {
    expect(
      made({
        labels: ['time', 'user', 'system'],
        data: [
          [S, 12.5, 3.25],
          [S + 1, 11.5, null],
        ],
      }),
    ).toEqual([
      ['key', S, { user: 12.5, system: 3.25 }],
      ['key', S + 1, { user: 11.5 }],
    ]);
  });
});

describe('by a shape of a few lines', () => {
  test('collectd', () => {
    const list = {
      dstypes: ['gauge', 'gauge'],
      interval: 10,
      host: 'h1',
      plugin: 'load',
      plugin_instance: '',
      type: 'load',
      type_instance: '',
    };
    const data = [{ ...list, values: [0.25, 0.5], dsnames: ['shortterm', 'midterm'], time: S + 0.251 }];
    const own: ShapeDefinition = {
      name: 'collectd',
      when: { has: ['plugin', 'dsnames'] },
      each: { transpose: '.' },
      source: '^.host',
      time: { path: '^.time', as: 's' },
      values: { '{^.plugin}.{dsnames}': 'values' },
      tags: { instance: '^.plugin_instance', type: '^.type' },
    };
    expect(made(data, own)).toEqual([
      ['h1', S + 0.251, { 'load.shortterm': 0.25 }],
      ['h1', S + 0.251, { 'load.midterm': 0.5 }],
    ]);
  });

  test('lines of logs pushed to Loki', () => {
    const line = JSON.stringify({ level: 'info', duration_ms: 12.5 });
    const data = {
      streams: [
        {
          stream: { job: 'app', instance: 'web-1' },
          values: [
            [`${S}123456789`, line],
            [`${S + 1}000000000`, 'level=info'],
          ],
        },
      ],
    };
    const own: ShapeDefinition = {
      name: 'loki',
      each: 'streams[*].values[*]',
      open: { '[1]': ['json'] },
      source: '^.stream.instance',
      id: '[0]',
      time: { path: '[0]', as: 'ns' },
      values: [{ path: '[1]', only: ['duration_ms'] }],
      tags: ['^.stream.job'],
    };
    expect(made(data, own)).toEqual([
      ['web-1', S + 0.123, { duration_ms: 12.5 }],
      ['web-1', S + 1, {}],
    ]);
    expect(shaped(data, shapesOf(own)).skipped).toContainEqual(
      expect.objectContaining({ path: '[1]', reason: 'not opened', count: 1 }),
    );
  });

  test('metrics of pods', () => {
    const data = {
      kind: 'PodMetricsList',
      items: [
        {
          metadata: { name: 'web-1', namespace: 'shop' },
          timestamp: '2026-03-01T08:00:00Z',
          containers: [
            { name: 'app', usage: { cpu: '250m', memory: '512Mi' } },
            { name: 'side', usage: { cpu: '5000000n', memory: '1Gi' } },
          ],
        },
      ],
    };
    const own: ShapeDefinition = {
      name: 'pods',
      each: 'items[*].containers[*]',
      source: '{^.metadata.name}/{name}',
      time: '^.timestamp',
      values: 'usage',
      numbers: { units: { '': 1, m: 1e-3, u: 1e-6, n: 1e-9, Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3 } },
      tags: { namespace: '^.metadata.namespace' },
    };
    expect(made(data, own)).toEqual([
      ['web-1/app', S, { cpu: 0.25, memory: 512 * 1024 ** 2 }],
      ['web-1/side', S, { cpu: 0.005, memory: 1024 ** 3 }],
    ]);
  });

  test('rows of AWS IoT Analytics', () => {
    const row = {
      thingid: 't1',
      location: 'kitchen',
      temperature: 21.5,
      datetime: '2026-03-01T08:00:00Z',
      __dt: '2026-03-01 00:00:00.000',
    };
    const own: ShapeDefinition = {
      name: 'analytics',
      when: { has: ['__dt'] },
      source: 'thingid',
      time: { path: 'datetime', as: 'iso' },
      numbers: { drop: ['__dt'] },
      tags: ['location'],
    };
    expect(made(row, own)).toEqual([['t1', S, { temperature: 21.5 }]]);
  });
});
