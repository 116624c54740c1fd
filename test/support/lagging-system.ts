// Functions on tables in memory and a stream of several shards, each run when the test says so: readers that lag, closers that do not run.
import { wire as wireAggregate } from '../../consumers/aggregate/wire.ts';
import { wire as wireAlert } from '../../consumers/alert/wire.ts';
import { wire as wireAlertClock } from '../../consumers/alert-clock/wire.ts';
import { wire as wireClose } from '../../consumers/close/wire.ts';
import type { PipelineDefinition } from '../../src/core/pipeline/definition.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import { MemoryStream } from '../../src/event-source/memory-stream.ts';
import type { FunctionHost } from '../../src/host/function-host.ts';
import { memoryHost } from '../../src/host/memory-host.ts';
import { memoryShardedStream } from '../../src/host/memory-sharded-stream.ts';
import { Alerts } from '../../src/stores/alerts.ts';
import { DeadLetters } from '../../src/stores/dead-letters.ts';
import { MemoryTable } from '../../src/stores/memory-table.ts';
import { readLedger } from '../../src/stores/read-ledger.ts';
import { SourceStates } from '../../src/stores/source-states.ts';
import { StreamProgress } from '../../src/stores/stream-progress.ts';
import type { Table } from '../../src/stores/table.ts';
import { TABLE_SCHEMAS } from '../../src/stores/table-schemas.ts';
import type { KinesisEventRecord } from '../../src/wire/stream-records.ts';
import { changeRecord } from './change-records.ts';
import { sequenceOf } from './event-streams.ts';
import { Observed } from './observed.ts';
import { StoredTables } from './stored-tables.ts';

const IN_TIME = { getRemainingTimeInMillis: () => 60_000 };

export class LaggingSystem {
  nowMs = Date.UTC(2026, 0, 1);
  readonly stream;
  readonly tables = new StoredTables();
  readonly observed = new Observed();
  /** What aggregate sees of a table; may be set by a test. */
  over: (name: string, table: Table) => Table = (_, table) => table;
  readonly #readers = new MemoryTable(TABLE_SCHEMAS.readers);
  readonly #pipeline;
  readonly #read = new Map<string, number>();
  #container: ReturnType<typeof wireAggregate>;
  #told = 0;

  constructor(definition: PipelineDefinition, { shards = 1 } = {}) {
    this.#pipeline = parsePipeline(definition);
    const clock = { nowMs: () => this.nowMs, sleep: async () => {} };
    this.stream = new MemoryStream({ kind: 'kinesis', clock, shards });
    this.#container = wireAggregate(this.#host());
  }

  get progress(): StreamProgress {
    return new StreamProgress(this.#readers);
  }

  put(source: string, event: object = {}, key = source): void {
    this.stream.putData(key, JSON.stringify({ source, time: this.nowMs, ...event }));
  }

  /** Another container goes on. */
  restart(): void {
    this.#container = wireAggregate(this.#host());
  }

  /** What has not been handled of a shard, or so many records of it. Gives the answer. */
  async aggregate(shard = 'shardId-000000000000', most = 1_000) {
    const Records = (await this.records(shard)).slice(this.#read.get(shard) ?? 0).slice(0, most);
    if (Records.length === 0) return undefined;
    const answer = await this.#container({ Records });
    if (answer.batchItemFailures.length === 0)
      this.#read.set(shard, (this.#read.get(shard) ?? 0) + Records.length);
    return answer;
  }

  /** Another function has had so many records more of the first shard. */
  skip(records: number, shard = 'shardId-000000000000'): void {
    this.#read.set(shard, (this.#read.get(shard) ?? 0) + records);
  }

  /** The mapping is created again, and begins at the beginning. */
  rewind(): void {
    this.#read.clear();
  }

  /** All of a shard, as a function gets them. */
  async records(shard: string): Promise<readonly KinesisEventRecord[]> {
    const description = (await this.stream.listShards()).find(({ id }) => id === shard);
    if (description === undefined) throw new Error(`no shard ${shard}`);
    const opened = await this.stream.openIterator(description.id, { at: 'trim-horizon' });
    if (opened.kind !== 'open') throw new Error(`${shard} is ${opened.kind}`);
    const answer = await this.stream.read(description.id, opened.iterator, 100_000);
    if (answer.kind !== 'records') throw new Error(`${shard} is ${answer.kind}`);
    // a stream of the kind kinesis
    return answer.records.map(({ record }) => record as KinesisEventRecord);
  }

  async close() {
    return await wireClose(this.#host())({}, IN_TIME);
  }

  /** The alert consumer hears of all that has changed, then the clock of alerts looks. */
  async watch() {
    const changes = this.tables.changes.sources.slice(this.#told);
    const Records = changes.map((change, at) => changeRecord(change, sequenceOf(this.#told + at)));
    this.#told += changes.length;
    await wireAlert(this.#host())({ Records });
    return await wireAlertClock(this.#host())({}, IN_TIME);
  }

  async ledger() {
    const states = new SourceStates(this.tables.sources);
    const { received, applied, late } = await readLedger(states, new DeadLetters(this.tables.deadLetters));
    return { received, applied, late };
  }

  get alerts(): Alerts {
    return new Alerts(this.tables.alerts);
  }

  #host(): FunctionHost {
    const { sources, windows, deadLetters, alerts } = this.tables;
    const tables = { sources, windows, deadLetters, alerts, readers: this.#readers };
    const host = memoryHost({
      pipeline: this.#pipeline,
      tables,
      clock: { nowMs: () => this.nowMs, sleep: async () => {} },
      log: this.observed.log,
      meter: this.observed.meter,
      shards: () => memoryShardedStream(this.stream),
      setting: () => this.stream.arn,
    });
    return { ...host, table: (name) => this.over(name, host.table(name)) };
  }
}
