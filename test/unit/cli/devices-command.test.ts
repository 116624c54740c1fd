// Commands that write, in this process, on tables in memory: tags of devices, and dead letters of what never got into the stream.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decodeChangedWindows } from '../../../src/core/state-changes.ts';
import { DeadLetters } from '../../../src/stores/dead-letters.ts';
import { DeviceTable } from '../../../src/stores/device-table.ts';
import { readLedger } from '../../../src/stores/read-ledger.ts';
import { SourceStates } from '../../../src/stores/source-states.ts';
import { refused, runHere } from '../../support/command-here.ts';
import { devicesContract, type LocalRun, localRun } from '../../support/devices-contract.ts';
import { SHARD, sequenceOf } from '../../support/event-streams.ts';
import { makeMemoryTable } from '../../support/table-under-test.ts';

devicesContract(makeMemoryTable);

const T0 = Date.UTC(2026, 2, 1);

const PIPELINE = {
  aggregations: [{ name: 'm', window: { tumbling: '1h' } }],
  rollups: [{ name: 'site', of: 'm', by: ['site', 'model'] }],
  shapes: [
    { name: 'mine', when: { route: 'mine' }, source: '@partitionKey', time: { path: 'at', as: 'ms' } },
  ],
  devices: { table: true },
};

/** As the error action of a rule writes it. */
const failedMessage = (topic: string, payload: string) =>
  JSON.stringify({
    ruleName: 'Tidemill',
    topic,
    cloudwatchTraceId: `trace-of-${payload.length}`,
    clientId: 'sensor-17',
    base64OriginalPayload: Buffer.from(payload).toString('base64'),
    failures: [
      {
        failedAction: 'KinesisAction',
        failedResource: 'stream',
        errorMessage: 'Failed to put record. Throttled',
      },
    ],
  });

async function withFailures(run: LocalRun, documents: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(join(run.cwd, 'failed', 'iot'), { recursive: true });
  await writeFile(join(run.cwd, 'pipeline.json'), JSON.stringify(PIPELINE));
  for (const [name, text] of Object.entries(documents))
    await writeFile(join(run.cwd, 'failed', 'iot', name), text);
}

const redrive = async ({ cwd }: LocalRun) =>
  await runHere(['dead-letters', 'redrive', '--batches', 'failed', '--pipeline', 'pipeline.json'], { cwd });

test('messages that the MQTT door could not put into the stream are dead letters, and put back once, with the tags of their devices', async () => {
  const run = await localRun(makeMemoryTable);
  const { sources, readers, deadLetters } = run.tables;
  await new DeviceTable(readers).put([{ source: 'sensor-17', tags: { site: 'north' } }], {
    fromMs: T0,
    nowMs: T0,
  });
  await new DeviceTable(readers).put([{ source: 'sensor-17', tags: { site: 'south' } }], {
    fromMs: T0 + 10_000,
    nowMs: T0,
  });
  const own = JSON.stringify([
    { time: T0 + 1_000, values: { v: 1 } },
    { time: T0 + 1_500, values: { v: 2 } },
  ]);
  await withFailures(run, {
    [`${T0 + 5_000}-1f.json`]: failedMessage('Fleet/sensor-17/events', own),
    [`${T0 + 20_000}-2f.json`]: failedMessage('Fleet/sensor-17/mine', JSON.stringify({ at: T0, v: 4 })),
    [`${T0 + 21_000}-3f.json`]: failedMessage('Fleet/sensor-17/events', 'not an event'),
  });
  const said = await redrive(run);
  expect(said.stderr).toBe('');
  expect(said.stdout).toContain(
    '0 batches and 3 messages of the MQTT door read: 4 events of them were no letters before',
  );
  expect(said.stdout).toContain('4 letters of 1 sources: 3 applied, 0 duplicate, 0 late');
  expect(said.stdout).toContain('1 are still no events');
  const [stored] = await new SourceStates(sources).load(['sensor-17']);
  const groups = decodeChangedWindows('sensor-17', stored?.state ?? '').open.flatMap(
    (window) => window.groups,
  );
  // Each by when its message was put aside.
  expect(groups.map(({ tags, events }) => [tags, events])).toEqual([
    [[null, 'north'], 2],
    [[null, 'south'], 1],
  ]);
  const listed = await runHere(['dead-letters', 'list', '--json'], run);
  const letters = listed.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(letters.map(({ reason, became }) => `${reason} ${became ?? 'waits'}`).sort()).toEqual([
    'given-up applied',
    'given-up applied',
    'given-up applied',
    expect.stringMatching(/ waits$/),
  ]);
  expect(letters[0]?.detail).toBe('not put into the stream: Failed to put record. Throttled');
  expect((await redrive(run)).stdout).toContain('3 had been put back before');
  expect(await readLedger(new SourceStates(sources), new DeadLetters(deadLetters))).toMatchObject({
    received: 4,
    applied: 3,
    quarantined: 1,
  });
});

test('a document of neither kind is refused with what was expected', async () => {
  const run = await localRun(makeMemoryTable);
  await withFailures(run, { 'x.json': '{"a":1}' });
  const args = ['dead-letters', 'redrive', '--batches', 'failed', '--pipeline', 'pipeline.json'];
  expect((await refused(args, run)).stderr).toContain(
    'found neither requestContext.functionArn nor base64OriginalPayload',
  );
  await withFailures(run, { 'x.json': failedMessage('Fleet/sensor-17', '{}') });
  expect((await refused(args, run)).stderr).toContain(
    'topic: found "Fleet/sensor-17", expected STACK/THING/ROUTE',
  );
  expect(await readFile(join(run.cwd, 'failed', 'iot', 'x.json'), 'utf8')).toContain('Fleet');
});

test('a letter that was quarantined gets the tags of its device when it is put back, by when its record arrived', async () => {
  const run = await localRun(makeMemoryTable);
  const { sources, readers, deadLetters } = run.tables;
  await withFailures(run, {});
  await new DeviceTable(readers).put([{ source: 'd', tags: { site: 'north' } }], { fromMs: T0, nowMs: T0 });
  await new DeviceTable(readers).put([{ source: 'd', tags: { site: 'south' } }], {
    fromMs: T0 + 10,
    nowMs: T0,
  });
  const quarantined = (arrivalMs: number, place: number) => ({
    at: { shard: SHARD, sequence: sequenceOf(place), index: 0 },
    reason: 'time',
    detail: 'found seconds',
    source: 'd',
    arrivalMs,
    payload: { encoding: 'json', body: JSON.stringify({ source: 'd', ts: T0, values: { v: 1 } }) },
  });
  await new DeadLetters(deadLetters).put([T0 + 5, T0 + 15].map(quarantined));
  await writeFile(join(run.cwd, 'fix.json'), JSON.stringify({ rename: { ts: 'time' } }));
  const args = ['dead-letters', 'redrive', '--map', 'fix.json', '--pipeline', 'pipeline.json'];
  expect((await runHere(args, run)).stdout).toContain('2 letters of 1 sources: 2 applied');
  const [stored] = await new SourceStates(sources).load(['d']);
  const groups = decodeChangedWindows('d', stored?.state ?? '').open.flatMap((window) => window.groups);
  expect(groups.map(({ tags }) => tags)).toEqual([
    [null, 'north'],
    [null, 'south'],
  ]);
});
