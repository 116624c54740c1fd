import { describe, expect, it } from 'vitest';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { VirtualClock } from '../../../src/event-source/virtual-clock.ts';
import type { FunctionLine } from '../../../src/local-stack/function-invoker.ts';
import { LIVE_TABLE, READERS_TABLE, TELEMETRY_STREAMS, VARIABLE } from '../../../src/platform/names.ts';
import { createInProcessFunction } from '../../../src/run/in-process-function.ts';
import { MemoryObjects } from '../../../src/stores/archive/memory-objects.ts';
import { MemoryTable } from '../../../src/stores/memory-table.ts';
import { type Table, textOf } from '../../../src/stores/table.ts';
import { changeRecord } from '../../support/change-records.ts';
import { sequenceOf } from '../../support/event-streams.ts';
import { functionSpec } from '../../support/function-spec.ts';
import { kinesisRecord } from '../../support/kinesis-records.ts';
import { StoredTables } from '../../support/stored-tables.ts';
import { tableOver } from '../../support/table-over.ts';

const PIPELINE = parsePipeline({
  aggregations: [{ name: 'a', window: { tumbling: '1m' } }],
  alerts: [{ name: 'any', on: { aggregation: 'a' }, aggregate: 'events', when: { above: 0 } }],
});
const NOTHING_FAILED = { kind: 'returned', payload: '{"batchItemFailures":[]}' };

function setUp(over: (table: Table, clock: VirtualClock) => Table = (table) => table) {
  const tables = new StoredTables();
  const clock = new VirtualClock(10_000);
  const lines: FunctionLine[] = [];
  const published: string[] = [];
  const byName: Readonly<Record<string, Table>> = {
    S: over(tables.sources, clock),
    W: tables.windows,
    D: tables.deadLetters,
    R: new MemoryTable({ partitionKey: READERS_TABLE.partitionKey, sortKey: READERS_TABLE.sortKey }),
    L: new MemoryTable({ partitionKey: LIVE_TABLE.partitionKey, sortKey: LIVE_TABLE.sortKey }),
    A: tables.alerts,
  };
  const environment = {
    [VARIABLE.table('sources')]: 'S',
    [VARIABLE.table('windows')]: 'W',
    [VARIABLE.table('deadLetters')]: 'D',
    [VARIABLE.table('readers')]: 'R',
    [VARIABLE.table('live')]: 'L',
    [VARIABLE.poster('live')]: 'http://127.0.0.1:1/live',
    [VARIABLE.table('alerts')]: 'A',
    [VARIABLE.setting(TELEMETRY_STREAMS)]: 'arn:aws:kinesis:us-east-1:000000000000:stream/T',
    [VARIABLE.bus('alerts')]: 'B',
  };
  const start = (service: string) =>
    createInProcessFunction(
      functionSpec({
        name: `Test-${service}`,
        handler: `consumers/${service}/handler.handler`,
        environment: { ...environment, POWERTOOLS_SERVICE_NAME: service },
      }),
      {
        pipeline: PIPELINE,
        clock,
        table: (name) => {
          const table = byName[name];
          if (table === undefined) throw new Error(`no table ${name}`);
          return table;
        },
        bucket: (name) => new MemoryObjects(`memory:${name}/`),
        bus: {
          put: async (entries) => {
            published.push(...entries.map(({ detail }) => detail));
            return entries.map(() => undefined);
          },
        },
        stream: () => ({ put: async (records) => records.map(() => undefined) }),
        shards: (arn) => ({ arn, listShards: async () => [], putIntoEach: async () => 0 }),
        secretsEndpoint: 'http://127.0.0.1:1',
        onLine: (line) => lines.push(line),
      },
    );
  return { tables, lines, start, clock, published };
}

const eventOf = (data: unknown) => JSON.stringify({ Records: [kinesisRecord({ data })] });

describe('a function in this process', () => {
  it('is the consumer its handler names, on the tables its environment names', async () => {
    const { start, tables, published } = setUp();
    expect(await (await start('aggregate')).invoke(eventOf([{ source: 's', time: 1_000 }, 7]))).toEqual(
      NOTHING_FAILED,
    );
    expect(tables.changes.sources).toHaveLength(1);
    expect(tables.changes.deadLetters).toHaveLength(1);
    const closed = await (await start('close')).invoke('{"closeAll":true}');
    expect(closed).toMatchObject({ kind: 'returned', payload: expect.stringContaining('"closedWindows":1') });
    const Records = tables.changes.sources.map((change, at) => changeRecord(change, sequenceOf(at)));
    expect(await (await start('rollup')).invoke(JSON.stringify({ Records }))).toEqual(NOTHING_FAILED);
    // When rollups began is noted once, beside the windows.
    expect(tables.changes.windows.map(({ keys }) => textOf(keys, 'series'))).toEqual([
      'spread|rollups',
      'source|a|s',
    ]);
    expect(await (await start('alert')).invoke(JSON.stringify({ Records }))).toEqual(NOTHING_FAILED);
    const Fired = tables.changes.alerts.map((change, at) => changeRecord(change, sequenceOf(at)));
    expect(await (await start('publish')).invoke(JSON.stringify({ Records: Fired }))).toEqual(NOTHING_FAILED);
    expect(published.map((detail) => JSON.parse(detail).id)).toEqual(['any/source|a|s/1']);
    expect(await (await start('alert-clock')).invoke('{}')).toMatchObject({
      kind: 'returned',
      payload: expect.stringContaining('"finished":true'),
    });
  });

  it('writes its figures and its log as lines, as one in a process of its own does', async () => {
    const { start, lines } = setUp();
    await (await start('aggregate')).invoke(eventOf(7));
    expect(lines.map(({ functionName, output }) => [functionName, output])).toEqual([
      ['Test-aggregate', 'stdout'],
      ['Test-aggregate', 'stdout'],
    ]);
    expect(lines.map(({ text }) => JSON.parse(text))).toMatchObject([
      { _aws: { Timestamp: 10_000 }, service: 'aggregate', received: 1, quarantined: 1, lagMs: 9_000 },
      { level: 'WARN', service: 'aggregate', message: 'events quarantined', quarantined: 1 },
    ]);
  });

  it('that throws has failed, and is there for the next invocation', async () => {
    const { start } = setUp();
    const fn = await start('aggregate');
    expect(await fn.invoke('{"Records":')).toMatchObject({
      kind: 'function-error',
      errorType: 'SyntaxError',
    });
    expect(await fn.invoke('{"Records":[{"eventID":"x","kinesis":{}}]}')).toEqual({
      kind: 'function-error',
      errorType: 'Error',
      message: 'record eventID: found "x", expected shardId:sequenceNumber',
    });
    expect(await fn.invoke(eventOf([]))).toEqual(NOTHING_FAILED);
  });

  it('is told the time it has left', async () => {
    const { start } = setUp((table, clock) =>
      tableOver(table, {
        async *query(query) {
          await clock.advance(70_000);
          yield* table.query(query);
        },
      }),
    );
    await (await start('aggregate')).invoke(eventOf({ source: 's', time: 1_000 }));
    // A read of the index takes 70 s; the function has 60.
    const answer = await (await start('close')).invoke('{"closeAll":true}');
    expect(answer).toMatchObject({ kind: 'returned', payload: expect.stringContaining('"finished":false') });
  });

  it('has no processes, and stops at once', async () => {
    const fn = await setUp().start('aggregate');
    expect([...fn.pids(), ...fn.busyPids()]).toEqual([]);
    await fn.stop();
  });

  it('with a handler that nothing wires is refused, by both', async () => {
    await expect(setUp().start('nowhere')).rejects.toThrow(
      'function Test-nowhere: found the handler "consumers/nowhere/handler.handler", expected consumers/<name>/handler.handler with a wire.ts beside it',
    );
  });

  it('that lacks something it is to be given is refused before its first event', async () => {
    await expect(setUp().start('authorize')).rejects.toThrow(
      'function Test-authorize: environment variable TIDEMILL_TOKENS_TABLE: missing, expected the name of a table',
    );
  });
});
