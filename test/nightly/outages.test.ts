// DynamoDB Local dies in the middle of a stream and comes back five minutes later on its data: windows and rollups are those of a run in
// which nothing happened. By day the simulation has the same in memory (simulation/long-outages.test.ts). The stream's clock is fast, the server and the reading of its change streams are real.
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { describe, expect, it, onTestFinished } from 'vitest';
import { wire as wireAggregate } from '../../consumers/aggregate/wire.ts';
import { wire as wireClose } from '../../consumers/close/wire.ts';
import { wire as wireRollup } from '../../consumers/rollup/wire.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import { exponentialBackoff } from '../../src/event-source/backoff.ts';
import type { Clock } from '../../src/event-source/clock.ts';
import { createDynamoDbSource } from '../../src/event-source/dynamodb-source.ts';
import { type RunningMapping, startEventSourceMapping } from '../../src/event-source/event-source-mapping.ts';
import type { MappingEvent } from '../../src/event-source/mapping-events.ts';
import { parseMappingParameters } from '../../src/event-source/mapping-parameters.ts';
import { createMemoryCheckpoints } from '../../src/event-source/memory-checkpoints.ts';
import { MemoryStream } from '../../src/event-source/memory-stream.ts';
import type { StreamSource } from '../../src/event-source/ports.ts';
import { memoryHost } from '../../src/host/memory-host.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { TABLE_SCHEMAS } from '../../src/stores/table-schemas.ts';
import { Windows } from '../../src/stores/windows.ts';
import { type DynamoDbLocal, javaMissing, startDynamoDbLocal } from '../support/dynamodb-local.ts';
import { fastFolder } from '../support/fast-folder.ts';
import { freePort } from '../support/free-port.ts';
import { untilGone } from '../support/own-processes.ts';
import { noShards } from '../support/shards-in-memory.ts';
import { windowsView } from '../support/system-view.ts';

const missing = process.env['CI'] === 'true' ? undefined : await javaMissing();

const MINUTE_MS = 60_000;
const T0 = Date.UTC(2026, 0, 1);
const SOURCES = 12;
const ROUNDS = 24;
/** How many ms of the run pass in one of ours. */
const SPEED = 60;

const PIPELINE = parsePipeline({
  aggregations: [{ name: 'm', window: { tumbling: '60s' }, allowedLateness: '1m' }],
  rollups: [{ name: 'by-site', of: 'm', by: ['site'] }],
});

function fastClock(): Clock {
  const began = systemClock.nowMs();
  return {
    nowMs: () => T0 + (systemClock.nowMs() - began) * SPEED,
    sleep: (ms, signal) => systemClock.sleep(ms / SPEED, signal),
  };
}

/** Tables on the server, the functions in this process, and the mappings between. */
class Run {
  readonly #clock = fastClock();
  readonly #stream: MemoryStream;
  readonly #mappings: RunningMapping[] = [];
  readonly #closing: () => Promise<unknown>;
  readonly #windows: Windows;
  readonly #watching = new Set<(name: string, event: MappingEvent) => void>();

  static async start(server: DynamoDbLocal): Promise<Run> {
    const [sources, windows, deadLetters, readers] = await Promise.all([
      server.makeTable(TABLE_SCHEMAS.sources),
      server.makeTable(TABLE_SCHEMAS.windows),
      server.makeTable(TABLE_SCHEMAS.deadLetters),
      server.makeTable(TABLE_SCHEMAS.readers),
    ]);
    const tables = {
      sources: sources.table,
      windows: windows.table,
      deadLetters: deadLetters.table,
      readers: readers.table,
    };
    const streams = new DynamoDBStreamsClient({
      region: 'us-east-1',
      endpoint: server.endpoint,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    onTestFinished(() => streams.destroy());
    return new Run(tables, createDynamoDbSource({ client: streams, streamArn: sources.streamArn }));
  }

  private constructor(
    tables: NonNullable<Parameters<typeof memoryHost>[0]['tables']>,
    changelog: StreamSource,
  ) {
    const clock = this.#clock;
    const host = memoryHost({ pipeline: PIPELINE, tables, clock, shards: noShards, setting: () => '' });
    this.#windows = new Windows(host.table('windows'));
    // All that is put has arrived at one moment: when the run gets to it makes no difference.
    this.#stream = new MemoryStream({ kind: 'kinesis', clock: { ...clock, nowMs: () => T0 }, shards: 2 });
    const time = { getRemainingTimeInMillis: () => MINUTE_MS };
    const aggregate = wireAggregate(host);
    const rollup = wireRollup(host);
    const close = wireClose(host);
    this.#map('aggregate', this.#stream, (payload) => aggregate(JSON.parse(payload)));
    this.#map('rollup', changelog, (payload) => rollup(JSON.parse(payload)));
    this.#closing = () => close({ closeAll: true }, time);
  }

  put(from: number, to: number): void {
    for (let round = from; round < to; round += 1) {
      for (let at = 0; at < SOURCES; at += 1) {
        const event = {
          source: `s${at}`,
          id: round,
          time: T0 - (ROUNDS - round) * 20_000,
          values: { v: (round * 7 + at) % 11 },
          tags: { site: at % 3 === 0 ? 'x' : 'y' },
        };
        this.#stream.putData(event.source, JSON.stringify(event));
      }
    }
  }

  /** The run's time at which a function was first seen to be as asked for. */
  until(isIt: (name: string, event: MappingEvent) => boolean): Promise<number> {
    return new Promise((resolve) => {
      const watch = (name: string, event: MappingEvent) => {
        if (!isIt(name, event)) return;
        this.#watching.delete(watch);
        resolve(this.#clock.nowMs());
      };
      this.#watching.add(watch);
    });
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  /** What windows and rollups have come to once all that was put is handled and closed. */
  async finish() {
    await this.#caughtUp();
    await this.#closing();
    await this.#caughtUp();
    await Promise.all(this.#mappings.map((mapping) => mapping.stop({ invocation: 'finish' })));
    const stored = { windows: this.#windows };
    return { sources: await windowsView(stored, 'source'), rollups: await windowsView(stored, 'rollup') };
  }

  async #caughtUp(): Promise<void> {
    for (const mapping of this.#mappings) expect(await mapping.caughtUp()).toBe('caught-up');
  }

  #map(name: string, stream: StreamSource, handle: (payload: string) => Promise<unknown>): void {
    const parameters = parseMappingParameters(
      { StartingPosition: 'TRIM_HORIZON', BatchSize: 20, FunctionResponseTypes: ['ReportBatchItemFailures'] },
      { kind: stream.kind, nowMs: this.#clock.nowMs(), where: name },
    );
    const mapping = startEventSourceMapping(parameters, {
      name,
      stream,
      invoker: {
        invoke: async (payload) => {
          try {
            return { kind: 'returned', payload: JSON.stringify(await handle(payload)) ?? 'null' };
          } catch (error) {
            return { kind: 'function-error', errorType: 'Error', message: String(error) };
          }
        },
      },
      checkpoints: createMemoryCheckpoints(),
      destination: undefined,
      clock: this.#clock,
      random: Math.random,
      observe: (event) => {
        for (const watch of this.#watching) watch(name, event);
      },
      backoff: exponentialBackoff(),
      polling: { idlePollMs: 2_000, shardRefreshMs: 20_000, readLimit: 1_000 },
    });
    this.#mappings.push(mapping);
    onTestFinished(() => mapping.stop({ invocation: 'abandon' }));
  }
}

describe.skipIf(missing !== undefined)('a table that nobody can reach for five minutes', () => {
  it('changes no window and no rollup', async () => {
    const server = { port: await freePort(), dataFolder: await fastFolder() };
    let dynamo = await startDynamoDbLocal(server);
    onTestFinished(() => dynamo.stop());
    const quiet = await Run.start(dynamo);
    quiet.put(0, ROUNDS);
    const expected = await quiet.finish();
    expect([expected.sources.size, expected.rollups.size].every((count) => count > 10)).toBe(true);

    const run = await Run.start(dynamo);
    const underWay = run.until((name, { kind }) => name === 'rollup' && kind === 'checkpointed');
    run.put(0, ROUNDS / 2);
    await underWay;
    const pid = dynamo.pid ?? 0;
    process.kill(pid, 'SIGKILL');
    await untilGone(pid);
    const diedMs = run.nowMs();
    run.put(ROUNDS / 2, ROUNDS);
    await Promise.all([
      run.until(
        (name, event) => name === 'aggregate' && isRefused(event) && run.nowMs() > diedMs + 5 * MINUTE_MS,
      ),
      run.until((name, event) => name === 'rollup' && event.kind === 'unavailable'),
    ]);
    await dynamo.stop();
    const mended = startDynamoDbLocal(server);
    dynamo = await mended;
    expect(await run.finish()).toEqual(expected);
  });
});

function isRefused(event: MappingEvent): boolean {
  return event.kind === 'invoked' && event.result !== 'success';
}
