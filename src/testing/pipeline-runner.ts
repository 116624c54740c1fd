// A pipeline in memory: the real functions over tables in memory, behind the real event source mapping, under a virtual
// clock. What comes in is put at once and handled when asked for; no time passes but by `moveTo`.
import type { SequenceNumber, ShardId } from '../core/brands.ts';
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import { type RunningMapping, startEventSourceMapping } from '../event-source/event-source-mapping.ts';
import { kinesisEventRecord } from '../event-source/kinesis-record.ts';
import type { MappingEvent } from '../event-source/mapping-events.ts';
import { parseMappingParameters } from '../event-source/mapping-parameters.ts';
import { createMemoryCheckpoints } from '../event-source/memory-checkpoints.ts';
import { MemoryStream } from '../event-source/memory-stream.ts';
import type { FunctionInvoker } from '../event-source/ports.ts';
import { sequenceNumber, shardId } from '../event-source/stream-ids.ts';
import { VirtualClock } from '../event-source/virtual-clock.ts';
import { memoryShardedStream } from '../host/memory-sharded-stream.ts';
import { TTL_ATTRIBUTE } from '../platform/names.ts';
import type { ShardedStream } from '../platform/sharded-stream.ts';
import { Alerts } from '../stores/alerts.ts';
import { DeadLetters } from '../stores/dead-letters.ts';
import { changeJson, itemFromJson } from '../stores/item-json.ts';
import { MemoryTable, type TableChange } from '../stores/memory-table.ts';
import { SourceStates } from '../stores/source-states.ts';
import { type Item, numberOf, type Table } from '../stores/table.ts';
import { type PipelineTable, TABLE_SCHEMAS } from '../stores/table-schemas.ts';
import { Windows } from '../stores/windows.ts';
import type { AlertEvent } from '../wire/alert-event.ts';
import { changeEventRecord } from '../wire/change-event.ts';
import type { DynamoDbEventRecord } from '../wire/stream-records.ts';
import { TICK_DATA } from '../wire/tick.ts';
import {
  type FunctionSurroundings,
  noteReadUpTo,
  runAlertClock,
  runClose,
  type ScheduledAnswer,
  type StreamFunction,
  startStreamFunction,
} from './pipeline-functions.ts';

export interface RunnerOptions {
  readonly pipeline: Pipeline;
  readonly startMs: number;
  /** Records a function is handed at most. */
  readonly batchSize: number;
  /** Every batch goes to its function so many times, each time to another container. Default 1. */
  readonly deliveries?: number;
  /** What functions see of a table. Default: the table. */
  readonly table?: (name: PipelineTable, stored: Table) => Table;
}

/** A Kinesis record; where shard and sequence number are left out it is put behind the others. */
export interface RecordToPut {
  readonly kind: 'record';
  readonly partitionKey: string;
  readonly data: Uint8Array;
  readonly arrivalMs: number;
  readonly place?: { readonly shard: ShardId; readonly sequence: SequenceNumber } | undefined;
}

/** A change of one of the pipeline's tables, made elsewhere: the table is changed, and its readers are told, as it was. */
export interface ChangeToPut {
  readonly kind: 'change';
  readonly record: DynamoDbEventRecord;
  readonly arrivalMs: number;
}

export type ItemToPut = RecordToPut | ChangeToPut;

type Reader = 'aggregate' | 'rollup' | 'alert' | 'alert-rollups' | 'publish';
type StreamName = 'telemetry' | Exclude<PipelineTable, 'deadLetters'>;

const READERS: Readonly<Record<Reader, { readonly stream: StreamName; readonly fn: StreamFunction }>> = {
  aggregate: { stream: 'telemetry', fn: 'aggregate' },
  rollup: { stream: 'sources', fn: 'rollup' },
  alert: { stream: 'sources', fn: 'alert' },
  'alert-rollups': { stream: 'windows', fn: 'alert' },
  publish: { stream: 'alerts', fn: 'publish' },
};
/** Each after those whose changes it reads. */
const IN_ORDER = ['aggregate', 'rollup', 'alert', 'alert-rollups', 'publish'] as const;

export class PipelineRunner {
  readonly clock: VirtualClock;
  readonly #options: RunnerOptions;
  readonly #streams: Readonly<Record<StreamName, MemoryStream>>;
  readonly #tables: Readonly<Record<PipelineTable, MemoryTable>>;
  readonly #mappings = new Map<Reader, RunningMapping>();
  readonly #shards = new Set<ShardId>([SHARD]);
  readonly #readers = new MemoryTable(TABLE_SCHEMAS.readers);
  readonly #lastSequences = new Map<ShardId, bigint>();
  readonly #transitions = new Map<string, AlertEvent>();
  readonly #failed = Promise.withResolvers<never>();
  #containers = new Map<string, (payload: string) => Promise<unknown>>();
  #pipeline: Pipeline;
  #scheduledMs: number | undefined;
  #expiring = false;
  /** A change made elsewhere is being made here: its readers get it as it was. */
  #copying = false;
  #lastError = '';

  constructor(options: RunnerOptions) {
    const clock = new VirtualClock(options.startMs);
    this.clock = clock;
    this.#options = options;
    this.#pipeline = options.pipeline;
    this.#failed.promise.catch(() => {});
    const changes = () => new MemoryStream({ kind: 'dynamodb', clock, shards: 1 });
    this.#streams = {
      telemetry: new MemoryStream({ kind: 'kinesis', clock, shards: 0 }),
      sources: changes(),
      windows: changes(),
      alerts: changes(),
    };
    this.#streams.telemetry.addShard(SHARD);
    this.#tables = {
      sources: new MemoryTable(TABLE_SCHEMAS.sources, (change) => this.#tell('sources', change)),
      // Only alerts on rollups read these changes.
      windows: new MemoryTable(TABLE_SCHEMAS.windows, (change) => {
        if (this.#mappings.has('alert-rollups')) this.#tell('windows', change);
      }),
      alerts: new MemoryTable(TABLE_SCHEMAS.alerts, (change) => this.#tell('alerts', change)),
      deadLetters: new MemoryTable(TABLE_SCHEMAS.deadLetters),
    };
    for (const reader of readersOf(options.pipeline)) this.#start(reader, 'TRIM_HORIZON');
  }

  /** Ticks are put by whoever lets time pass. */
  get #telemetry(): ShardedStream {
    return { ...memoryShardedStream(this.#streams.telemetry), putIntoEach: async () => 0 };
  }

  get pipeline(): Pipeline {
    return this.#pipeline;
  }

  /** By the names that functions ask for them. */
  get tables(): Readonly<Record<PipelineTable | 'readers', MemoryTable>> {
    return { ...this.#tables, readers: this.#readers };
  }

  get states(): SourceStates {
    return new SourceStates(this.#tables.sources);
  }

  get windows(): Windows {
    return new Windows(this.#tables.windows);
  }

  get alerts(): Alerts {
    return new Alerts(this.#tables.alerts);
  }

  get deadLetters(): DeadLetters {
    return new DeadLetters(this.#tables.deadLetters);
  }

  /** What was published, by id, in the order it first came. */
  get transitions(): readonly AlertEvent[] {
    return [...this.#transitions.values()];
  }

  /** @throws Error for a sequence number that is not behind those of its shard, or a change of no table of the pipeline */
  put(item: ItemToPut): void {
    if (item.kind === 'record') this.#putRecord(item);
    else this.#putChange(item);
  }

  #putRecord({ partitionKey, data, arrivalMs, place = this.#nextPlace() }: RecordToPut): void {
    const { telemetry } = this.#streams;
    const { shard, sequence } = place;
    if (!this.#shards.has(shard)) telemetry.addShard(shard);
    this.#shards.add(shard);
    this.#lastSequences.set(shard, BigInt(sequence));
    const record = kinesisEventRecord({ shard, sequence, arrivalMs, partitionKey, data }, telemetry.arn);
    telemetry.append(shard, { sequence, arrivalMs, record });
  }

  #putChange({ record, arrivalMs }: ChangeToPut): void {
    const name = tableOf(record);
    const { Keys, NewImage } = record.dynamodb;
    const table = this.#tables[name];
    this.#copying = true;
    if (NewImage === undefined) table.remove(itemFromJson(Keys));
    else table.put(itemFromJson(NewImage));
    this.#copying = false;
    if (name === 'deadLetters') return;
    const stream = this.#streams[name];
    stream.put(JSON.stringify(Keys), ({ sequence }) => ({
      ...record,
      eventSourceARN: stream.arn,
      dynamodb: {
        ...record.dynamodb,
        ApproximateCreationDateTime: arrivalMs / 1_000,
        SequenceNumber: sequence,
      },
    }));
  }

  /** Resolves when everything put is handled, to the last transition published. @throws Error where a function goes on failing */
  async caughtUp(): Promise<void> {
    for (const reader of IN_ORDER) {
      const mapping = this.#mappings.get(reader);
      if (mapping === undefined) continue;
      await this.clock.run(Promise.race([mapping.caughtUp(), this.#failed.promise]));
    }
    // They are not read again: the tables hold everything that is kept.
    for (const stream of Object.values(this.#streams)) stream.trimAll();
  }

  /** Lets the clock go on to a moment; one that has passed changes nothing. */
  async moveTo(ms: number): Promise<void> {
    if (ms > this.clock.nowMs()) await this.clock.advance(ms - this.clock.nowMs());
  }

  /** The closer runs, as often as it takes: at a moment, or as if silence had lasted for ever. */
  async close(at: { readonly atMs: number } | 'everything'): Promise<void> {
    const request = { closeAll: at === 'everything' };
    if (at !== 'everything') await this.#tick(at.atMs);
    await this.#schedule('close', at === 'everything' ? undefined : at.atMs, () =>
      runClose(this.#surroundings(), request),
    );
  }

  /** The clock of alerts runs at a moment, by what has been read until then. */
  async runAlertClock(atMs: number): Promise<void> {
    await this.#tick(atMs);
    await noteReadUpTo(this.#surroundings());
    await this.#schedule('alert-clock', atMs, () => runAlertClock(this.#surroundings()));
  }

  /** From here on another definition, in containers that know nothing of before. */
  async deploy(pipeline: Pipeline): Promise<void> {
    await this.caughtUp();
    this.#containers = new Map();
    this.#pipeline = pipeline;
    // A mapping that begins with LATEST begins with the moment it is made.
    await this.clock.advance(1);
    for (const reader of readersOf(pipeline)) if (!this.#mappings.has(reader)) this.#start(reader, 'LATEST');
    await this.caughtUp();
  }

  /** TTL removes what has expired by then. */
  async expire(atMs: number): Promise<void> {
    await this.caughtUp();
    this.#expiring = true;
    for (const table of Object.values(this.#tables)) {
      const gone: Item[] = [];
      for await (const item of table.scan()) {
        const expiresAt = numberOf(item, TTL_ATTRIBUTE);
        if (expiresAt !== undefined && expiresAt * 1_000 <= atMs) gone.push(item);
      }
      for (const item of gone) table.remove(item);
    }
    this.#expiring = false;
    await this.caughtUp();
  }

  async stop(): Promise<void> {
    const stopping = [...this.#mappings.values()].map((mapping) => mapping.stop({ invocation: 'abandon' }));
    await this.clock.run(Promise.allSettled(stopping));
  }

  /** Puts a tick into each shard, as the closer does, and has it read: what arrived until then has been handled. */
  async #tick(atMs: number): Promise<void> {
    await this.caughtUp();
    await this.moveTo(atMs);
    const { telemetry } = this.#streams;
    for (const shard of this.#shards) {
      const sequence = sequenceNumber(String(this.#lastOf(shard) + 1n));
      this.#lastSequences.set(shard, BigInt(sequence));
      const datum = { shard, sequence, arrivalMs: atMs, partitionKey: 'tick', data: Buffer.from(TICK_DATA) };
      telemetry.append(shard, {
        sequence,
        arrivalMs: atMs,
        record: kinesisEventRecord(datum, telemetry.arn),
      });
    }
    await this.caughtUp();
  }

  #nextPlace() {
    return { shard: SHARD, sequence: sequenceNumber(String(this.#lastOf(SHARD) + 2n)) };
  }

  #lastOf(shard: ShardId): bigint {
    return this.#lastSequences.get(shard) ?? FIRST_SEQUENCE;
  }

  #tell(stream: Exclude<StreamName, 'telemetry'>, change: TableChange): void {
    if (this.#copying) return;
    const { keys, ...images } = changeJson(change);
    const into = this.#streams[stream];
    into.put(JSON.stringify(keys), ({ sequence, arrivalMs }) => {
      const record = changeEventRecord({ keys, ...images }, { sequence, atMs: arrivalMs, arn: into.arn });
      return this.#expiring ? { ...record, userIdentity: TTL } : record;
    });
  }

  /** With LATEST changes from before are not read: it is as if the stream did not keep them any more. */
  #start(reader: Reader, startingPosition: 'TRIM_HORIZON' | 'LATEST'): void {
    const { stream: name, fn } = READERS[reader];
    const { clock } = this;
    const stream = this.#streams[name];
    const parameters = parseMappingParameters(
      {
        BatchSize: this.#options.batchSize,
        StartingPosition: startingPosition,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      },
      { kind: stream.kind, nowMs: clock.nowMs(), where: reader },
    );
    const mapping = startEventSourceMapping(parameters, {
      name: reader,
      stream,
      invoker: this.#invoker(fn),
      checkpoints: createMemoryCheckpoints(),
      destination: undefined,
      clock,
      random: () => 0,
      observe: this.#watch(reader),
      backoff: () => 0,
      polling: POLLING,
    });
    mapping.done.catch((error: unknown) => this.#failed.reject(error));
    this.#mappings.set(reader, mapping);
  }

  #invoker(fn: StreamFunction): FunctionInvoker {
    const { deliveries = 1 } = this.#options;
    return {
      invoke: async (payload) => {
        let answer: unknown;
        try {
          for (let delivery = 0; delivery < deliveries; delivery += 1) {
            answer = await this.#container(fn, delivery)(payload);
          }
        } catch (error) {
          this.#lastError = String(error);
          return { kind: 'function-error', errorType: 'Error', message: String(error) };
        }
        return { kind: 'returned', payload: JSON.stringify(answer) };
      },
    };
  }

  #container(fn: StreamFunction, number: number): (payload: string) => Promise<unknown> {
    const name = `${fn} ${number}`;
    const container = this.#containers.get(name) ?? startStreamFunction(fn, this.#surroundings());
    this.#containers.set(name, container);
    return container;
  }

  #surroundings(): FunctionSurroundings {
    const { table = (_: PipelineTable, stored: Table) => stored } = this.#options;
    return {
      pipeline: this.#pipeline,
      table: (name) => table(name, this.#tables[name]),
      readers: this.#readers,
      telemetry: this.#telemetry,
      bus: { put: async (entries) => entries.map(({ detail }) => this.#published(JSON.parse(detail))) },
      clock: { nowMs: () => this.#scheduledMs ?? this.clock.nowMs(), sleep: (ms) => this.clock.sleep(ms) },
      onError: (message) => {
        this.#lastError = message;
      },
    };
  }

  #published(event: AlertEvent): undefined {
    const known = this.#transitions.get(event.id);
    if (known === undefined) this.#transitions.set(event.id, event);
    else if (JSON.stringify(known) !== JSON.stringify(event)) {
      const message = `transition ${event.id} was published as ${JSON.stringify(known)} and again as ${JSON.stringify(event)}`;
      this.#failed.reject(new Error(message));
    }
    return undefined;
  }

  async #schedule(
    name: string,
    atMs: number | undefined,
    run: () => Promise<ScheduledAnswer>,
  ): Promise<void> {
    await this.caughtUp();
    if (atMs !== undefined) await this.moveTo(atMs);
    this.#scheduledMs = atMs;
    try {
      await this.clock.run(untilDone(name, run, () => this.#lastError));
    } finally {
      this.#scheduledMs = undefined;
    }
    await this.caughtUp();
  }

  /** A function that fails over and over would be tried for ever. */
  #watch(reader: Reader): (event: MappingEvent) => void {
    let inARow = 0;
    return (event) => {
      if (event.kind !== 'invoked') return;
      inARow = event.result === 'success' ? 0 : inARow + 1;
      if (inARow <= MAX_FAILURES_IN_A_ROW) return;
      const last = this.#lastError === '' ? (event.message ?? event.result) : this.#lastError;
      this.#failed.reject(new Error(`${reader} failed ${inARow} times in a row: ${last}`));
      void this.#mappings.get(reader)?.stop({ invocation: 'abandon' });
    };
  }
}

async function untilDone(
  name: string,
  run: () => Promise<ScheduledAnswer>,
  lastError: () => string,
): Promise<void> {
  for (let runs = 0; runs < MAX_RUNS; runs += 1) {
    const { finished, failed, refused } = await run();
    if (finished && failed === 0 && refused === 0) return;
  }
  throw new Error(`${name} was not done after ${MAX_RUNS} runs: ${lastError()}`);
}

/** Where records go that do not say where they were. */
const SHARD = shardId('shardId-000000000000');
/** As long as the service's. */
const FIRST_SEQUENCE = 49_600_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000n;
/** Each of a batch's writes may be lost once, each in an invocation of its own. */
const MAX_FAILURES_IN_A_ROW = 300;
const MAX_RUNS = 1_000;
/** Nothing is looked for but when somebody asks: time may pass by years. */
const POLLING = { idlePollMs: 31_536_000_000, shardRefreshMs: 31_536_000_000, readLimit: 10_000 };
/** As Lambda tells a removal by TTL (event source mapping rule 12). */
const TTL = { type: 'Service', principalId: 'dynamodb.amazonaws.com' };

function readersOf({ alerts }: Pipeline): readonly Reader[] {
  const onRollups = alerts.some(({ on }) => on.kind === 'rollup');
  const onSources = alerts.some(({ on }) => on.kind !== 'rollup');
  return [
    'aggregate',
    'rollup',
    ...(onSources ? (['alert'] as const) : []),
    ...(onRollups ? (['alert-rollups'] as const) : []),
    ...(alerts.length > 0 ? (['publish'] as const) : []),
  ];
}

/** By the attributes of its key: tables have other names in every stack. */
function tableOf({ dynamodb: { Keys } }: DynamoDbEventRecord): PipelineTable {
  for (const [name, { partitionKey, sortKey }] of Object.entries(TABLE_SCHEMAS)) {
    const key = sortKey === undefined ? [partitionKey] : [partitionKey, sortKey];
    const isKey = Object.keys(Keys).length === key.length && key.every((attribute) => attribute in Keys);
    if (isKey) return name as PipelineTable; // its own key
  }
  const keys = Object.values(TABLE_SCHEMAS).map(({ partitionKey }) => partitionKey);
  throw new Error(
    `put: found a change of a table with the key ${Object.keys(Keys).join(', ')}, expected one of ${keys.join(', ')}`,
  );
}
