// A stream of several shards with its two readers, `aggregate` and `record`, each driven by hand, and the audit that compares what they
// have counted. A reader may lag, get records again, be refused, pass records over or give them up.
import { importBatch } from '../../consumers/aggregate/import-batches.ts';
import { redriveLetters } from '../../consumers/aggregate/redrive-letters.ts';
import { wire as wireAggregate } from '../../consumers/aggregate/wire.ts';
import { wire as wireAudit } from '../../consumers/audit/wire.ts';
import { wire as wireClose } from '../../consumers/close/wire.ts';
import { wire as wireRecord } from '../../consumers/record/wire.ts';
import type { Difference } from '../../src/core/audit/difference.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import type { ShardId } from '../../src/event-source/brands.ts';
import { MemoryStream } from '../../src/event-source/memory-stream.ts';
import { memoryHost } from '../../src/host/memory-host.ts';
import { memoryShardedStream } from '../../src/host/memory-sharded-stream.ts';
import { ARCHIVED_STREAMS } from '../../src/platform/names.ts';
import { MemoryObjects } from '../../src/stores/archive/memory-objects.ts';
import { AuditStore } from '../../src/stores/audit/audit-progress.ts';
import { DeadLetters } from '../../src/stores/dead-letters.ts';
import { GivenUpRecords } from '../../src/stores/given-up-records.ts';
import { SourceStates } from '../../src/stores/source-states.ts';
import type { Table } from '../../src/stores/table.ts';
import type { KinesisEventRecord } from '../../src/wire/stream-records.ts';
import { Observed } from './observed.ts';
import { StoredTables } from './stored-tables.ts';

const PIPELINE = parsePipeline({
  aggregations: [{ name: 'm', window: { tumbling: '60s' }, allowedLateness: '1d' }],
});
const TIME = { getRemainingTimeInMillis: () => 60_000 };
const EVERYTHING = { passEveryMs: 0, depth: Number.POSITIVE_INFINITY, starts: 10 };

export type ReaderName = 'aggregate' | 'record';

export class CarriedSystem {
  nowMs = Date.UTC(2026, 10, 1, 8);
  readonly tables = new StoredTables();
  readonly archive = new MemoryObjects();
  readonly stream;
  readonly observed = new Observed();
  /** What aggregate sees of a table; may be set by a test. */
  over: (name: string, table: Table) => Table = (_, table) => table;
  readonly #read: Readonly<Record<ReaderName, Map<string, number>>> = {
    aggregate: new Map(),
    record: new Map(),
  };
  /** Batches that aggregate's mapping has given up. */
  readonly #failed: KinesisEventRecord[][] = [];
  #put = 0;

  constructor(shards = 2) {
    const clock = { nowMs: () => this.nowMs, sleep: async () => {} };
    this.stream = new MemoryStream({ kind: 'kinesis', clock, shards });
  }

  put(source: string): void {
    this.#put += 1;
    this.stream.putData(
      source,
      JSON.stringify({ source, id: this.#put, time: this.nowMs, values: { v: 1 } }),
    );
  }

  /** The closer: a tick into each open shard. */
  async tick(): Promise<void> {
    await wireClose(this.#host())({}, TIME);
  }

  reshard(pick: number): void {
    const open = this.stream.openShards();
    const [at, next] = [open[pick % open.length], open[(pick % open.length) + 1]];
    if (at === undefined) throw new Error('no open shard');
    if (pick % 2 === 0 || next === undefined) this.stream.split(at.id);
    else this.stream.merge(at.id, next.id);
  }

  /** So many records of the first shard, from `pick` on, that has some for the reader. False: there is nothing for it. */
  async deliver(reader: ReaderName, { pick = 0, most = 1_000 } = {}): Promise<boolean> {
    const batch = await this.#next(reader, pick, most);
    if (batch === undefined) return false;
    const { batchItemFailures } = await this.#handler(reader)({ Records: batch.records });
    const failed = batchItemFailures[0]?.itemIdentifier;
    const done = batch.records.findIndex(({ kinesis }) => kinesis.sequenceNumber === failed);
    this.#advance(reader, batch.shard, done < 0 ? batch.records.length : done);
    return true;
  }

  /** The mapping has lost its newest checkpoints, or an answer was lost: records before come once more. */
  again(reader: ReaderName, { pick = 0, by = 1 } = {}): void {
    const shards = [...this.#read[reader].keys()].sort();
    const shard = shards[pick % Math.max(1, shards.length)];
    if (shard !== undefined) this.#advance(reader, shard, -Math.min(by, this.#read[reader].get(shard) ?? 0));
  }

  /** Passed over: nobody handles it. Gives where it was. */
  async lose(reader: ReaderName, pick: number) {
    const batch = await this.#next(reader, pick, 1);
    const [record] = batch?.records ?? [];
    if (batch === undefined || record === undefined) return undefined;
    this.#advance(reader, batch.shard, 1);
    const arrivalMs = record.kinesis.approximateArrivalTimestamp * 1_000;
    return { shard: batch.shard, hour: new Date(arrivalMs).toISOString().slice(0, 13) };
  }

  /** Into the failures bucket. */
  async giveUp(pick: number, most: number): Promise<void> {
    const batch = await this.#next('aggregate', pick, most);
    if (batch === undefined) return;
    this.#failed.push(batch.records);
    this.#advance('aggregate', batch.shard, batch.records.length);
  }

  /** All that was given up comes back. */
  async redrive(): Promise<void> {
    const { sources, deadLetters: letters, readers } = this.tables;
    const deadLetters = new DeadLetters(letters);
    const deps = { pipeline: PIPELINE, deadLetters, givenUp: new GivenUpRecords(readers) };
    for (const records of this.#failed)
      await importBatch({ kind: 'telemetry', records, condition: 'RecordAgeExceeded' }, deps);
    await redriveLetters({ pipeline: PIPELINE, deadLetters, states: new SourceStates(sources) });
  }

  async toEnd(reader: ReaderName): Promise<void> {
    while (await this.deliver(reader));
  }

  /** One whole pass. */
  async audit(): Promise<readonly Difference[]> {
    const audit = wireAudit(this.#host(), EVERYTHING);
    for (let run = 0; run < 3; run += 1) await audit({}, TIME);
    const { progress } = await new AuditStore(this.tables.readers).load();
    return progress?.last?.differences ?? [];
  }

  async #next(reader: ReaderName, pick: number, most: number) {
    const shards = await this.stream.listShards();
    for (const at of shards.keys()) {
      const shard = shards[(at + pick) % shards.length];
      if (shard === undefined || !(await this.#mayRead(reader, shard.parents))) continue;
      const records = (await this.#records(shard.id)).slice(this.#read[reader].get(shard.id) ?? 0);
      if (records.length > 0) return { shard: shard.id, records: records.slice(0, most) };
    }
    return undefined;
  }

  async #mayRead(reader: ReaderName, parents: readonly ShardId[]): Promise<boolean> {
    const shards = await this.stream.listShards();
    for (const id of parents) {
      const before = shards.find((shard) => shard.id === id)?.parents ?? [];
      const left = (await this.#records(id)).length - (this.#read[reader].get(id) ?? 0);
      if (left > 0 || !(await this.#mayRead(reader, before))) return false;
    }
    return true;
  }

  async #records(shard: ShardId): Promise<KinesisEventRecord[]> {
    const opened = await this.stream.openIterator(shard, { at: 'trim-horizon' });
    if (opened.kind !== 'open') throw new Error(`${shard} is ${opened.kind}`);
    const answer = await this.stream.read(shard, opened.iterator, 100_000);
    if (answer.kind !== 'records') throw new Error(`${shard} is ${answer.kind}`);
    // a stream of the kind kinesis
    return answer.records.map(({ record }) => record as KinesisEventRecord);
  }

  #advance(reader: ReaderName, shard: string, by: number): void {
    this.#read[reader].set(shard, (this.#read[reader].get(shard) ?? 0) + by);
  }

  /** A new container each time. */
  #handler(reader: ReaderName) {
    return reader === 'aggregate' ? wireAggregate(this.#host()) : wireRecord(this.#host());
  }

  #host() {
    const { sources, windows, deadLetters, readers } = this.tables;
    const { log, meter } = this.observed;
    const host = memoryHost({
      pipeline: PIPELINE,
      log,
      meter,
      clock: { nowMs: () => this.nowMs, sleep: async () => {} },
      tables: { sources, windows, deadLetters, readers },
      shards: () => memoryShardedStream(this.stream),
      setting: () => this.stream.arn,
      option: (name) => (name === ARCHIVED_STREAMS ? this.stream.arn : undefined),
      objects: () => this.archive,
    });
    return { ...host, table: (name: string) => this.over(name, host.table(name)) };
  }
}
