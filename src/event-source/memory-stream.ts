// A stream in memory: put, split, merge, trim. For tests, simulations, and runs without servers; read like the real
// ones: opaque iterators that expire, closed shards that stay readable, retention.
import { createHash } from 'node:crypto';
import type { EpochMs, SequenceNumber, ShardId } from './brands.ts';
import type { Clock } from './clock.ts';
import { kinesisEventRecord } from './kinesis-record.ts';
import { KEY_SPACE, type KeyRange, MemoryShard } from './memory-shard.ts';
import type {
  OpenAnswer,
  ReadAnswer,
  ShardDescription,
  ShardPosition,
  StreamKind,
  StreamRecord,
  StreamSource,
} from './ports.ts';
import {
  ANSWER_LIMITS,
  CallMeter,
  MAX_DESCRIBES_PER_SECOND,
  recordBytes,
  ShardReadMeter,
} from './read-limits.ts';
import { sequenceNumber, shardId } from './stream-ids.ts';
import type { StreamEventRecord } from './stream-records.ts';

export interface MemoryStreamOptions {
  readonly kind: StreamKind;
  /** Gives records their arrival times. */
  readonly clock: Clock;
  /** Shards to begin with, sharing the key space evenly. */
  readonly shards: number;
  readonly arn?: string;
  /** undefined: records are kept for ever. */
  readonly retentionMs?: number;
  /** Whether reading is limited as the services limit it (rules 2, 3 and 52); default: it is not. */
  readonly readLimits?: boolean;
}

/** Where a record was put. */
export interface Placement {
  readonly shard: ShardId;
  readonly sequence: SequenceNumber;
  readonly arrivalMs: EpochMs;
}

/** Rule 3. */
const ITERATOR_LIFE_MS = { kinesis: 300_000, dynamodb: 900_000 } as const;
const DEFAULT_ARN = {
  kinesis: 'arn:aws:kinesis:us-east-1:000000000000:stream/memory',
  dynamodb: 'arn:aws:dynamodb:us-east-1:000000000000:table/memory/stream/2026-01-01T00:00:00.000',
} as const;
/** As long as the service's, so that nobody takes them for numbers a double can hold. */
const SEQUENCE_BASE = {
  kinesis: 49_600_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000n,
  dynamodb: 100_000_000_000_000_000_000n,
} as const;

/**
 * A Kinesis stream, or the change stream of a DynamoDB table, in memory.
 *
 * @example
 * const stream = new MemoryStream({ kind: 'kinesis', clock: new VirtualClock(), shards: 2 });
 * stream.putData('device 1', '{"temperature":21.5}');
 */
export class MemoryStream implements StreamSource {
  readonly kind: StreamKind;
  readonly arn: string;
  declare readonly retentionMs?: number;
  readonly #clock: Clock;
  readonly #shards = new Map<ShardId, MemoryShard>();
  /** Undefined: reading is not limited. */
  readonly #meters: Map<ShardId, ShardReadMeter> | undefined;
  readonly #describes = new CallMeter();
  #iterators = 0;
  #sequence: bigint;
  #created = 0;

  constructor({ kind, clock, shards, arn, retentionMs, readLimits = false }: MemoryStreamOptions) {
    this.kind = kind;
    this.arn = arn ?? DEFAULT_ARN[kind];
    if (retentionMs !== undefined) this.retentionMs = retentionMs;
    this.#clock = clock;
    this.#meters = readLimits ? new Map() : undefined;
    this.#sequence = SEQUENCE_BASE[kind];
    for (let i = 0n; i < shards; i += 1n) {
      const range = { from: (KEY_SPACE * i) / BigInt(shards), to: (KEY_SPACE * (i + 1n)) / BigInt(shards) };
      this.#add(new MemoryShard(this.#nextId(), [], range));
    }
  }

  /** The greatest sequence number of all records put; undefined before the first. */
  get newestSequence(): SequenceNumber | undefined {
    return this.#sequence === SEQUENCE_BASE[this.kind] ? undefined : sequenceNumber(String(this.#sequence));
  }

  /** The open shards, in the order of their key ranges. */
  openShards(): readonly { readonly id: ShardId; readonly range: KeyRange }[] {
    return [...this.#shards.values()]
      .flatMap(({ id, openRange: range }) => (range === undefined ? [] : [{ id, range }]))
      .sort((a, b) => (a.range.from < b.range.from ? -1 : 1));
  }

  /** Puts a Kinesis record into the shard that is named, or into that of its key. @throws Error if no open shard takes it */
  putData(partitionKey: string, data: Uint8Array | string, shard?: ShardId): Placement {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    const build = (placement: Placement) =>
      kinesisEventRecord({ ...placement, partitionKey, data: bytes }, this.arn);
    return shard === undefined ? this.put(partitionKey, build) : this.#put(this.#shard(shard), build);
  }

  /** Puts the record that `build` returns for its place. The key (a partition key, a table's item key) decides the shard. */
  put(key: string, build: (placement: Placement) => StreamEventRecord): Placement {
    const hash = BigInt(`0x${createHash('md5').update(key).digest('hex')}`);
    const shard = [...this.#shards.values()].find((candidate) => candidate.takes(hash));
    if (shard === undefined) throw new Error(`no open shard of ${this.arn} takes the key ${key}`);
    return this.#put(shard, build);
  }

  #put(shard: MemoryShard, build: (placement: Placement) => StreamEventRecord): Placement {
    this.#sequence += 2n;
    const sequence = sequenceNumber(String(this.#sequence));
    // The service stamps whole milliseconds; a virtual clock may stand between two.
    const placement = { shard: shard.id, sequence, arrivalMs: Math.round(this.#clock.nowMs()) };
    shard.append({ sequence, arrivalMs: placement.arrivalMs, record: build(placement) });
    return placement;
  }

  hasShard(id: ShardId): boolean {
    return this.#shards.has(id);
  }

  /** Adds a shard without a key range, for recorded records that are appended as they were. */
  addShard(id: ShardId, parents: readonly ShardId[] = []): void {
    this.#add(new MemoryShard(id, parents, undefined));
  }

  /** Appends a recorded record with its own sequence number and time. */
  append(shard: ShardId, record: StreamRecord): void {
    this.#shard(shard).append(record);
    // What is put afterwards comes behind it.
    if (BigInt(record.sequence) > this.#sequence) this.#sequence = BigInt(record.sequence);
  }

  /** Closes the shard and opens two children, each with half of its key range. @returns their ids */
  split(shard: ShardId): readonly [ShardId, ShardId] {
    const { from, to } = this.#shard(shard).rangeOrThrow();
    return this.splitAt(shard, (from + to) / 2n);
  }

  /** Splits the shard at `middle`, the first hash key of the upper child. @throws Error if one side would have no keys */
  splitAt(shard: ShardId, middle: bigint): readonly [ShardId, ShardId] {
    const parent = this.#shard(shard);
    const { from, to } = parent.rangeOrThrow();
    if (middle <= from || middle >= to)
      throw new Error(`${shard} cannot be split at ${middle}: found no keys on one side`);
    parent.close(this.#clock.nowMs());
    const lower = this.#add(new MemoryShard(this.#nextId(), [shard], { from, to: middle }));
    const upper = this.#add(new MemoryShard(this.#nextId(), [shard], { from: middle, to }));
    return [lower, upper];
  }

  /** Closes two shards whose key ranges adjoin and opens their child. @returns its id @throws Error if they do not adjoin */
  merge(lower: ShardId, upper: ShardId): ShardId {
    const below = this.#shard(lower).rangeOrThrow();
    const above = this.#shard(upper).rangeOrThrow();
    if (below.to !== above.from) throw new Error(`${lower} and ${upper} are no neighbours in the key space`);
    for (const id of [lower, upper]) this.close(id);
    return this.#add(new MemoryShard(this.#nextId(), [lower, upper], { from: below.from, to: above.to }));
  }

  /** Closes the shard without children, as disabling a table's stream does. */
  close(shard: ShardId): void {
    this.#shard(shard).close(this.#clock.nowMs());
  }

  /** Deletes all records, as retention would in time. Call it only when all have been read. */
  trimAll(): void {
    for (const shard of this.#shards.values()) shard.trimAll();
  }

  async listShards(): Promise<readonly ShardDescription[]> {
    this.#trim();
    this.#countDescribe();
    return [...this.#shards.values()].map(({ id, parents }) => ({ id, parents }));
  }

  async openIterator(id: ShardId, position: ShardPosition): Promise<OpenAnswer> {
    this.#trim();
    const shard = this.#shards.get(id);
    if (shard === undefined) return { kind: 'gone' };
    if (this.kind === 'dynamodb' && position.at === 'after' && shard.isTrimmed(position.sequence)) {
      return { kind: 'trimmed' };
    }
    this.#iterators += 1;
    return { kind: 'open', iterator: this.#iterator(shard.indexOf(position), String(this.#iterators)) };
  }

  async read(id: ShardId, iterator: string, limit: number): Promise<ReadAnswer> {
    this.#trim();
    const shard = this.#shards.get(id);
    if (shard === undefined) return { kind: 'gone' };
    const [place, issued, reader = ''] = iterator.split('@');
    const [index, issuedMs] = [Number(place), Number(issued)];
    const nowMs = this.#clock.nowMs();
    if (nowMs - issuedMs > ITERATOR_LIFE_MS[this.kind]) return { kind: 'iterator-expired' };
    const meter = this.#meterOf(id);
    const reason = meter?.refusal(nowMs, reader);
    if (reason !== undefined) return { kind: 'unavailable', reason };
    const count = meter === undefined ? limit : this.#fitting(shard.read(index, limit).records);
    const { records, next } = shard.read(index, count);
    meter?.answered(
      nowMs,
      records.reduce((sum, { record }) => sum + recordBytes(record), 0),
    );
    const unread = shard.at(next);
    const ended = unread === undefined && shard.closedMs !== undefined;
    return {
      kind: 'records',
      records,
      next: ended ? undefined : this.#iterator(next, reader),
      millisBehindLatest: unread === undefined ? 0 : Math.max(0, nowMs - unread.arrivalMs),
    };
  }

  #iterator(index: number, reader: string): string {
    return `${index}@${this.#clock.nowMs()}@${reader}`;
  }

  #meterOf(shard: ShardId): ShardReadMeter | undefined {
    if (this.#meters === undefined) return undefined;
    const meter = this.#meters.get(shard) ?? new ShardReadMeter(this.kind);
    this.#meters.set(shard, meter);
    return meter;
  }

  /** How many of these one answer holds: at least one. */
  #fitting(records: readonly StreamRecord[]): number {
    const limits = ANSWER_LIMITS[this.kind];
    let bytes = 0;
    const over = records.findIndex(({ record }) => {
      bytes += recordBytes(record);
      return bytes > limits.bytes;
    });
    return Math.min(limits.records, over < 0 ? records.length : Math.max(1, over));
  }

  /** DynamoDB Streams counts the calls for a stream's shards. */
  #countDescribe(): void {
    if (this.#meters === undefined || this.kind === 'kinesis') return;
    const nowMs = this.#clock.nowMs();
    if (this.#describes.recent(nowMs).length >= MAX_DESCRIBES_PER_SECOND) {
      throw new Error(
        `LimitExceededException: found more than ${MAX_DESCRIBES_PER_SECOND} DescribeStream calls a second`,
      );
    }
    this.#describes.add({ atMs: nowMs, bytes: 0 });
  }

  #trim(): void {
    if (this.retentionMs === undefined) return;
    const horizonMs = this.#clock.nowMs() - this.retentionMs;
    for (const shard of this.#shards.values()) {
      shard.trim(horizonMs);
      if (shard.closedMs !== undefined && shard.closedMs < horizonMs) this.#shards.delete(shard.id);
    }
  }

  #shard(id: ShardId): MemoryShard {
    const shard = this.#shards.get(id);
    if (shard === undefined) throw new Error(`found no shard ${id} in ${this.arn}`);
    return shard;
  }

  #add(shard: MemoryShard): ShardId {
    if (this.#shards.has(shard.id)) throw new Error(`${this.arn} has a shard ${shard.id} already`);
    this.#shards.set(shard.id, shard);
    return shard.id;
  }

  #nextId(): ShardId {
    this.#created += 1;
    return shardId(`shardId-${String(this.#created - 1).padStart(12, '0')}`);
  }
}
