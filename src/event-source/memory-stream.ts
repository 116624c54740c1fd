// A stream in memory: put, split, merge, trim. For tests, simulations, and runs without servers; read like the real
// ones: opaque iterators that expire, closed shards that stay readable, retention.
import { createHash } from 'node:crypto';
import type { EpochMs, SequenceNumber, ShardId } from '../core/brands.ts';
import type { Clock } from '../platform/clock.ts';
import type { StreamEventRecord } from '../wire/stream-records.ts';
import { kinesisEventRecord } from './kinesis-record.ts';
import { MemoryShard } from './memory-shard.ts';
import type {
  OpenAnswer,
  ReadAnswer,
  ShardDescription,
  ShardPosition,
  StreamKind,
  StreamRecord,
  StreamSource,
} from './ports.ts';
import { sequenceNumber, shardId } from './stream-ids.ts';

export interface MemoryStreamOptions {
  readonly kind: StreamKind;
  readonly clock: Clock;
  /** Shards to begin with, sharing the key space evenly. */
  readonly shards: number;
  readonly arn?: string;
  /** undefined: records are kept for ever. */
  readonly retentionMs?: number;
}

/** Where a record was put. */
export interface Placement {
  readonly shard: ShardId;
  readonly sequence: SequenceNumber;
  readonly arrivalMs: EpochMs;
}

const KEY_SPACE = 1n << 128n;
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

export class MemoryStream implements StreamSource {
  readonly kind: StreamKind;
  readonly arn: string;
  declare readonly retentionMs?: number;
  readonly #clock: Clock;
  readonly #shards = new Map<ShardId, MemoryShard>();
  #sequence: bigint;
  #created = 0;

  constructor({ kind, clock, shards, arn, retentionMs }: MemoryStreamOptions) {
    this.kind = kind;
    this.arn = arn ?? DEFAULT_ARN[kind];
    if (retentionMs !== undefined) this.retentionMs = retentionMs;
    this.#clock = clock;
    this.#sequence = SEQUENCE_BASE[kind];
    for (let i = 0n; i < shards; i += 1n) {
      const range = { from: (KEY_SPACE * i) / BigInt(shards), to: (KEY_SPACE * (i + 1n)) / BigInt(shards) };
      this.#add(new MemoryShard(this.#nextId(), [], range));
    }
  }

  /** Puts a Kinesis record; its key decides the shard. */
  putData(partitionKey: string, data: Uint8Array | string): Placement {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    return this.put(partitionKey, (placement) =>
      kinesisEventRecord({ ...placement, partitionKey, data: bytes }, this.arn),
    );
  }

  /** Puts the record that `build` makes of its place; the key (a partition key, a table's item key) decides the shard. */
  put(key: string, build: (placement: Placement) => StreamEventRecord): Placement {
    const hash = BigInt(`0x${createHash('md5').update(key).digest('hex')}`);
    const shard = [...this.#shards.values()].find((candidate) => candidate.takes(hash));
    if (shard === undefined) throw new Error(`no open shard of ${this.arn} takes the key ${key}`);
    this.#sequence += 2n;
    const sequence = sequenceNumber(String(this.#sequence));
    const placement = { shard: shard.id, sequence, arrivalMs: this.#clock.nowMs() };
    shard.append({ sequence, arrivalMs: placement.arrivalMs, record: build(placement) });
    return placement;
  }

  /** Adds a shard that takes no keys: for recorded records, appended as they were. */
  addShard(id: ShardId, parents: readonly ShardId[] = []): void {
    this.#add(new MemoryShard(id, parents, undefined));
  }

  /** Appends a recorded record with its own sequence number and time. */
  append(shard: ShardId, record: StreamRecord): void {
    this.#shard(shard).append(record);
  }

  /** Closes the shard and gives its two children, half its keys each. */
  split(shard: ShardId): readonly [ShardId, ShardId] {
    const parent = this.#shard(shard);
    const { from, to } = parent.rangeOrThrow();
    const middle = (from + to) / 2n;
    parent.close(this.#clock.nowMs());
    const lower = this.#add(new MemoryShard(this.#nextId(), [shard], { from, to: middle }));
    const upper = this.#add(new MemoryShard(this.#nextId(), [shard], { from: middle, to }));
    return [lower, upper];
  }

  /** Closes two shards, neighbours in the key space, and gives their child. */
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

  async listShards(): Promise<readonly ShardDescription[]> {
    this.#trim();
    return [...this.#shards.values()].map(({ id, parents }) => ({ id, parents }));
  }

  async openIterator(id: ShardId, position: ShardPosition): Promise<OpenAnswer> {
    this.#trim();
    const shard = this.#shards.get(id);
    if (shard === undefined) return { kind: 'gone' };
    if (this.kind === 'dynamodb' && position.at === 'after' && shard.isTrimmed(position.sequence)) {
      return { kind: 'trimmed' };
    }
    return { kind: 'open', iterator: this.#iterator(shard.indexOf(position)) };
  }

  async read(id: ShardId, iterator: string, limit: number): Promise<ReadAnswer> {
    this.#trim();
    const shard = this.#shards.get(id);
    if (shard === undefined) return { kind: 'gone' };
    const [index = 0, issuedMs = 0] = iterator.split('@').map(Number);
    const nowMs = this.#clock.nowMs();
    if (nowMs - issuedMs > ITERATOR_LIFE_MS[this.kind]) return { kind: 'iterator-expired' };
    const { records, next } = shard.read(index, limit);
    const unread = shard.at(next);
    const ended = unread === undefined && shard.closedMs !== undefined;
    return {
      kind: 'records',
      records,
      next: ended ? undefined : this.#iterator(next),
      millisBehindLatest: unread === undefined ? 0 : Math.max(0, nowMs - unread.arrivalMs),
    };
  }

  #iterator(index: number): string {
    return `${index}@${this.#clock.nowMs()}`;
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
