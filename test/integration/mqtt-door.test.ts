// The MQTT door of a whole local run: the template's own rule and policy, from a device's message to its window.
import { expect, it, onTestFinished } from 'vitest';
import { rollupSeries, sourceSeries } from '../../src/core/series.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { OUTPUTS } from '../../src/platform/names.ts';
import { startRuntime } from '../../src/run/runtime.ts';
import { DeviceTable } from '../../src/stores/device-table.ts';
import { readLedger } from '../../src/stores/read-ledger.ts';
import { collect } from '../support/collect.ts';
import { mqttConnect, mqttPublish, mqttTalk } from '../support/mqtt-talk.ts';

const PIPELINE = {
  aggregations: [{ name: 'm', window: { tumbling: '60s' }, allowedLateness: '1s' }],
  rollups: [{ name: 'by-site', of: 'm', by: ['site'] }],
  shapes: [
    { name: 'mine', when: { route: 'mine' }, source: '@partitionKey', time: { path: 'at', as: 'ms' } },
  ],
  devices: { table: true },
};

it('what a device publishes is in its window, under its own name and the tags of the table; of another it can say nothing', async () => {
  const failures: string[] = [];
  const runtime = await startRuntime({
    pipeline: PIPELINE,
    settings: { mqtt: true },
    shards: 1,
    schedules: false,
    httpPort: 0,
    inMemory: true,
    onApiFailure: (message) => failures.push(message),
  });
  onTestFinished(() => runtime.stop());
  await new DeviceTable(runtime.readers).put([{ source: 'sensor-17', tags: { site: 'north' } }], {
    fromMs: 0,
    nowMs: systemClock.nowMs(),
  });
  const root = runtime.system.topicRules[0]?.query.from.split('/')[0];
  const url = runtime.mqttUrl ?? '';
  const time = Math.floor(systemClock.nowMs() / 60_000) * 60_000 - 600_000;
  const own = JSON.stringify([
    { time, values: { v: 1 } },
    { time: time + 1, values: { v: 2 } },
  ]);
  const other = JSON.stringify({ at: time + 2, v: 4 });
  const spoken = await mqttTalk(url, [
    mqttConnect('sensor-17'),
    mqttPublish(`${root}/sensor-17/events`, own),
    mqttPublish(`${root}/sensor-17/mine`, other),
    mqttPublish(`${root}/sensor-17/events`, JSON.stringify({ source: 'sensor-18', time, values: {} })),
    mqttPublish(`${root}/sensor-18/events`, own),
  ]);
  expect(spoken).toEqual(['connack 0', 'puback', 'puback', 'puback', 'closed']);
  await runtime.caughtUp();
  await runtime.closeAll();
  await runtime.caughtUp();
  expect(failures).toEqual([]);
  expect(await readLedger(runtime.states, runtime.deadLetters)).toMatchObject({
    received: 4,
    applied: 3,
    quarantined: 1,
    sources: 1,
  });
  const windows = await collect(runtime.windows.scan());
  const totals = windows.map(({ series, events }) => [series, events]);
  expect(totals).toEqual(
    expect.arrayContaining([
      [sourceSeries('m', 'sensor-17'), 3],
      [rollupSeries('by-site', ['north']), 3],
    ]),
  );
  expect(totals).toHaveLength(2);
  expect(runtime.system.outputs.get(OUTPUTS.devicesPolicy)).toBeDefined();
});
