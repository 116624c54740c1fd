// Has a state machine rebuild an archive, and readers look at the generation that has become current. What each asks of AWS on the way is noted.
import type { Template } from 'aws-cdk-lib/assertions';
import { wire as wireQuery } from '../../consumers/query/wire.ts';
import { wire as wireRebuild } from '../../consumers/rebuild/wire.ts';
import { wire as wireSubscribe } from '../../consumers/subscribe/wire.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import { createKinesisSource } from '../../src/event-source/kinesis-source.ts';
import { GENERATIONS_SETTING } from '../../src/host/by-generation.ts';
import type { FunctionHost } from '../../src/host/function-host.ts';
import { memoryHost } from '../../src/host/memory-host.ts';
import type { RebuildStepRequest } from '../../src/rebuild/do-step.ts';
import { GenerationFold } from '../../src/rebuild/generation-fold.ts';
import { MemoryObjects } from '../../src/stores/archive/memory-objects.ts';
import { createGenerationTables } from '../../src/stores/generation-tables.ts';
import { archiveEvents, type EventToArchive } from './archive-of-events.ts';
import { sequenceOf } from './event-streams.ts';
import { kinesisRecord } from './kinesis-records.ts';
import { ASKED_BY_ARN, type NotedCalls } from './noted-calls.ts';
import { restEvent } from './reading-system.ts';
import { askedFor, VERIFYING_KEYS } from './role-drives.ts';
import { REBUILD_TASK } from './role-permissions.ts';
import { runStateMachine, stateMachineIn } from './run-state-machine.ts';

const DEFINITION = {
  aggregations: [
    { name: 'per-minute', window: { tumbling: '60s' }, allowedLateness: '30s', idleTimeout: '1m' },
  ],
  rollups: [
    { name: 'all', of: 'per-minute', by: [] },
    { name: 'by-site', of: 'per-minute', by: ['site'] },
  ],
  alerts: [
    { name: 'high', on: { aggregation: 'per-minute' }, metric: 'v', aggregate: 'max', when: { above: 100 } },
    { name: 'all-high', on: { rollup: 'all' }, metric: 'v', aggregate: 'max', when: { above: 110 } },
    { name: 'silent', when: { absent: '10m' } },
    { name: 'dark', on: { rollup: 'by-site' }, when: { absent: '10m' } },
  ],
  dedupe: { horizon: '10m' },
};
const START_MS = Date.parse('2026-11-28T09:40:00Z');
const NAMES = {
  sources: 'sources',
  windows: 'windows',
  deadLetters: 'deadLetters',
  alerts: 'alerts',
  readers: 'readers',
};
const EXECUTION = { generation: 'second', definition: DEFINITION, switch: true, force: true };

/**
 * The state machine's whole way, the switch and what follows it; readers look before and after. Chunks are folded by the function, in a second execution by the task,
 * as large ones are.
 */
export async function rebuilt(noted: NotedCalls, template: Template): Promise<void> {
  const archive = new MemoryObjects();
  await archiveEvents(archive, firstEvents(), { shardOf: (at) => at % 2 });
  const host = memoryHost({
    pipeline: parsePipeline(DEFINITION),
    objects: () => archive,
    setting: (name) => (name === 'rebuildStream' ? 'telemetry' : 'arn:aws:kinesis:r:1:stream/telemetry'),
    clock: { nowMs: () => START_MS + 30_000_000, sleep: async () => {} },
    option: (name) => (name === GENERATIONS_SETTING ? 'current' : undefined),
    secret: () => async () => VERIFYING_KEYS,
    poster: () => ({ post: async () => 'posted', disconnect: async () => 'ended' }),
  });
  const byFunction = stepsOf('rebuild', noted, host);
  const byTask = stepsOf(REBUILD_TASK, noted, host);
  const run = (generation: string, fold: typeof byFunction) =>
    runStateMachine(
      stateMachineIn(template),
      { ...EXECUTION, generation },
      {
        invoke: (request) =>
          (request as { readonly step: string }).step === 'fold' ? fold(request) : byFunction(request),
        runTask: ({ TIDEMILL_REBUILD_STEP: step, TIDEMILL_REBUILD_REQUEST: request = '{}' }) =>
          byTask({ ...JSON.parse(request), step }),
      },
    );
  await foldLive(host);
  await readCurrent(noted, host);
  await run('second', byFunction);
  await run('third', byTask);
  await archiveEvents(archive, allEvents(), { shardOf: (at) => at % 2 });
  await byFunction({ step: 'follow' });
  await readCurrent(noted, host);
}

/** Devices' readings, and what fills pages of ids, a directory of series, and dead letters; in the order of their arrivals, hour by hour. */
function firstEvents(): readonly EventToArchive[] {
  const bad = { source: 'bad', time: START_MS, data: {} };
  return [...manyIds(), ...manySeries(), bad, ...readings(START_MS)].sort((a, b) => a.time - b.time);
}

/** And what comes after them. */
const allEvents = () => [...firstEvents(), ...readings(START_MS + 250 * 60_000)];

function readings(fromMs: number): readonly EventToArchive[] {
  return Array.from({ length: 120 }, (_, at) => ({
    source: `d${at % 4}`,
    time: fromMs + at * 30_000,
    values: { v: at },
  }));
}

function manyIds(): readonly EventToArchive[] {
  return [0, 1, 120, 240].flatMap((minute) =>
    Array.from({ length: 9 }, (_, batch) => {
      const time = START_MS + minute * 60_000;
      const events = Array.from({ length: 250 }, (__, at) => ({
        id: `a rather long id that is unlike others ${minute}-${batch}-${at}`,
        time: time + at,
        values: { v: at },
      }));
      return { source: 'many', time, data: { source: 'many', events } };
    }),
  );
}

function manySeries(): readonly EventToArchive[] {
  return [0, 1].map((part) => ({
    source: 'sites',
    time: START_MS,
    data: Array.from({ length: 600 }, (_, at) => ({
      source: `s${part * 600 + at}`,
      time: START_MS,
      values: { v: 1 },
      tags: { site: `site-${part * 600 + at}` },
    })),
  }));
}

/** What is current when the first generation is compared with it. */
async function foldLive(host: FunctionHost): Promise<void> {
  const table = (name: string) => host.table(name);
  const fold = new GenerationFold({
    pipeline: host.pipeline,
    tables: {
      sources: table('sources'),
      windows: table('windows'),
      deadLetters: table('deadLetters'),
      alerts: table('alerts'),
      readers: table('readers'),
    },
    clock: host.clock,
    random: host.random,
  });
  const data = [0, 10].map((minute) => ({
    source: 'live',
    time: START_MS + minute * 60_000,
    values: { v: 1 },
  }));
  await fold.fold([kinesisRecord({ data, sequence: sequenceOf(1), arrivalMs: START_MS + 600_000 })]);
}

function stepsOf(service: string, noted: NotedCalls, host: FunctionHost) {
  const dynamodb = noted.dynamodb(service, {
    DescribeTable: () => ({ Table: { TableStatus: 'ACTIVE', KeySchema: [], AttributeDefinitions: [] } }),
  });
  const client = noted.kinesis(service, {
    ListShards: () => ({ Shards: [{ ShardId: 'shardId-000000000000' }] }),
    GetShardIterator: () => ({ ShardIterator: ASKED_BY_ARN }),
    GetRecords: () => ({ Records: [], NextShardIterator: ASKED_BY_ARN, MillisBehindLatest: 0 }),
  });
  const step = wireRebuild({
    ...noted.listenTo(service, host),
    definition: DEFINITION,
    createGeneration: (generation) => createGenerationTables(dynamodb, NAMES, generation),
    source: (streamArn) => createKinesisSource({ client, streamArn, streamName: ASKED_BY_ARN }),
  });
  return (request: unknown) => {
    // What follows an archive looks again and again while there is time.
    let leftMs = 100_000;
    // as the state machine makes it
    return step(request as RebuildStepRequest, {
      getRemainingTimeInMillis: () => {
        leftMs -= 1_000;
        return leftMs;
      },
    });
  };
}

async function readCurrent(noted: NotedCalls, host: FunctionHost): Promise<void> {
  const query = wireQuery(noted.listenTo('query', host));
  for (const path of [
    '/v1/sources',
    '/v1/sources/d0',
    '/v1/sources/d0/windows',
    '/v1/rollups/all',
    '/v1/rollups/all/-/windows',
    '/v1/alerts',
    '/v1/alerts?source=d0',
    '/v1/alerts?status=firing',
    '/v1/ledger',
  ])
    await query(restEvent(path));
  const subscribe = wireSubscribe(noted.listenTo('subscribe', host));
  await askedFor(subscribe, [
    { source: 'd0' },
    { rollup: 'all' },
    { alerts: {} },
    { alerts: { source: 'd0' } },
  ]);
}
