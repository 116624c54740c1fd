// The writing side of a Kinesis stream in memory, with the service's rules (55 to 59): limits a shard, answers record by record,
// no order across a request, resharding to a number of shards.
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { EpochMs, SequenceNumber, ShardId } from './brands.ts';
import type { Clock } from './clock.ts';
import { KEY_SPACE, type KeyRange } from './memory-shard.ts';
import type { MemoryStream } from './memory-stream.ts';
import { compareSequenceNumbers } from './sequence-number.ts';
import { WriteBucket } from './write-bucket.ts';

const MIB = 1024 * 1024;
const MAX_REQUEST_RECORDS = 500;
const MAX_REQUEST_BYTES = 10 * MIB;
const MAX_KEY_LENGTH = 256;
/** UpdateShardCount: in so much time, so often. */
const RESHARD_WINDOW_MS = 86_400_000;
const MAX_RESHARDS = 10;

export interface KinesisWriterOptions {
  readonly stream: MemoryStream;
  readonly clock: Clock;
  /** Uniform in [0, 1): the order within a request, and the shards of AUTO distribution. */
  readonly random: () => number;
  /** Default 1 MiB; the service allows up to 10 MiB. */
  readonly maxRecordBytes?: number;
  /** `auto`: the keys decide nothing, as with UpdateStreamRecordDistributionStrategy AUTO. */
  readonly distribution?: 'by-key' | 'auto';
  /** Entries the service is to fail at with InternalFailure. */
  readonly fails?: (entry: WriteEntry) => boolean;
}

export interface WriteEntry {
  readonly partitionKey: string;
  readonly data: Uint8Array | string;
  /** 0 to 2^128 - 1, in decimal digits. */
  readonly explicitHashKey?: string;
}

export interface Written {
  readonly shardId: ShardId;
  readonly sequenceNumber: SequenceNumber;
}

/** One entry's answer, at its place in the request. */
export type EntryAnswer =
  | Written
  | {
      readonly errorCode: 'ProvisionedThroughputExceededException' | 'InternalFailure';
      readonly errorMessage: string;
    };

/** A request refused as a whole, with the service's name for it. */
export class KinesisWriteError extends Error {
  constructor(code: string, message: string) {
    super(message);
    this.name = code;
  }
}

export class KinesisWriter {
  readonly #options: KinesisWriterOptions;
  readonly #maxRecordBytes: number;
  readonly #buckets = new Map<ShardId, WriteBucket>();
  #reshards: readonly EpochMs[] = [];

  constructor(options: KinesisWriterOptions) {
    const { maxRecordBytes = MIB } = options;
    if (maxRecordBytes < MIB || maxRecordBytes > 10 * MIB) {
      throw new Error(`found maxRecordBytes ${maxRecordBytes}, expected ${MIB} to ${10 * MIB}`);
    }
    this.#options = options;
    this.#maxRecordBytes = maxRecordBytes;
  }

  /** @throws KinesisWriteError */
  putRecord(entry: WriteEntry & { readonly sequenceNumberForOrdering?: SequenceNumber }): Written {
    const { sequenceNumberForOrdering: before } = entry;
    this.#check(entry);
    const newest = this.#options.stream.newestSequence;
    if (before !== undefined && (newest === undefined || compareSequenceNumbers(before, newest) > 0)) {
      throw invalid(`found SequenceNumberForOrdering ${before}, expected one of this stream`);
    }
    const answer = this.#write(entry);
    if ('errorCode' in answer) throw new KinesisWriteError(answer.errorCode, answer.errorMessage);
    return answer;
  }

  /** Writes what the limits let, in any order. @throws KinesisWriteError where nothing is written */
  putRecords(entries: readonly WriteEntry[]): readonly EntryAnswer[] {
    if (entries.length === 0 || entries.length > MAX_REQUEST_RECORDS) {
      throw invalid(`found ${entries.length} records, expected 1 to ${MAX_REQUEST_RECORDS}`);
    }
    for (const entry of entries) this.#check(entry);
    const bytes = entries.reduce((sum, entry) => sum + bytesOf(entry), 0);
    if (bytes > MAX_REQUEST_BYTES) {
      throw invalid(`found ${bytes} bytes in a request, expected at most ${MAX_REQUEST_BYTES}`);
    }
    const answers = new Map<WriteEntry, EntryAnswer>();
    const slots = entries.map((entry) => ({ ...entry }));
    for (const slot of this.#shuffled(slots)) answers.set(slot, this.#write(slot));
    return slots.flatMap((slot) => answers.get(slot) ?? []);
  }

  /**
   * Splits and merges until so many shards share the key space evenly, with short-lived shards on the way. Gives the open
   * ones. @throws KinesisWriteError
   */
  updateShardCount(target: number): readonly ShardId[] {
    const { clock, stream } = this.#options;
    const nowMs = clock.nowMs();
    const open = stream.openShards();
    if (!Number.isInteger(target) || target > 2 * open.length || 2 * target < open.length || target < 1) {
      throw limited(`found a target of ${target} shards, expected half to double of ${open.length}`);
    }
    this.#reshards = this.#reshards.filter((atMs) => nowMs - atMs < RESHARD_WINDOW_MS);
    if (this.#reshards.length >= MAX_RESHARDS) {
      throw limited(`found ${MAX_RESHARDS} updates of the shard count in 24 hours, expected no more`);
    }
    this.#reshards = [...this.#reshards, nowMs];
    const ranges = evenRanges(target);
    for (const { id, range } of open) {
      let rest = id;
      for (const { to } of ranges) {
        if (to > range.from && to < range.to) [, rest] = stream.splitAt(rest, to);
      }
    }
    for (const { from, to } of ranges) {
      const parts = stream.openShards().filter(({ range }) => range.from >= from && range.to <= to);
      parts.map(({ id }) => id).reduce((lower, upper) => stream.merge(lower, upper));
    }
    return stream.openShards().map(({ id }) => id);
  }

  #write(entry: WriteEntry): EntryAnswer {
    const { clock, fails, stream } = this.#options;
    if (fails?.(entry) === true) {
      return { errorCode: 'InternalFailure', errorMessage: 'Internal service failure.' };
    }
    const shard = this.#shardOf(entry);
    const bucket = this.#buckets.get(shard) ?? new WriteBucket(this.#maxRecordBytes, clock.nowMs());
    this.#buckets.set(shard, bucket);
    if (!bucket.take(bytesOf(entry), clock.nowMs())) {
      const errorMessage = `Rate exceeded for shard ${shard}`;
      return { errorCode: 'ProvisionedThroughputExceededException', errorMessage };
    }
    const { sequence } = stream.putData(entry.partitionKey, entry.data, shard);
    return { shardId: shard, sequenceNumber: sequence };
  }

  #shardOf({ partitionKey, explicitHashKey }: WriteEntry): ShardId {
    const { distribution = 'by-key', random, stream } = this.#options;
    const open = stream.openShards();
    const hash = explicitHashKey === undefined ? hashOf(partitionKey) : BigInt(explicitHashKey);
    const found =
      distribution === 'auto'
        ? open[Math.floor(random() * open.length)]
        : open.find(({ range }) => hash >= range.from && hash < range.to);
    if (found === undefined)
      throw new KinesisWriteError('ResourceNotFoundException', 'no open shard takes the key');
    return found.id;
  }

  #check({ partitionKey, explicitHashKey, data }: WriteEntry): void {
    if (partitionKey.length < 1 || partitionKey.length > MAX_KEY_LENGTH) {
      throw invalid(
        `found a partition key of ${partitionKey.length} characters, expected 1 to ${MAX_KEY_LENGTH}`,
      );
    }
    if (
      explicitHashKey !== undefined &&
      !(/^\d{1,39}$/.test(explicitHashKey) && BigInt(explicitHashKey) < KEY_SPACE)
    ) {
      throw invalid(`found ExplicitHashKey ${explicitHashKey}, expected 0 to 2^128 - 1`);
    }
    const bytes = Buffer.byteLength(data);
    if (bytes > this.#maxRecordBytes) {
      throw invalid(`found a record of ${bytes} bytes, expected at most ${this.#maxRecordBytes}`);
    }
  }

  #shuffled<T>(items: readonly T[]): readonly T[] {
    const ordered = items.map((item) => ({ item, place: this.#options.random() }));
    return ordered.sort((a, b) => a.place - b.place).map(({ item }) => item);
  }
}

/** So many ranges over the whole key space. */
export function evenRanges(count: number): readonly KeyRange[] {
  return Array.from({ length: count }, (_, index) => ({
    from: (KEY_SPACE * BigInt(index)) / BigInt(count),
    to: (KEY_SPACE * BigInt(index + 1)) / BigInt(count),
  }));
}

function hashOf(key: string): bigint {
  return BigInt(`0x${createHash('md5').update(key).digest('hex')}`);
}

const bytesOf = ({ data, partitionKey }: WriteEntry) =>
  Buffer.byteLength(data) + Buffer.byteLength(partitionKey);
const invalid = (message: string) => new KinesisWriteError('InvalidArgumentException', message);
const limited = (message: string) => new KinesisWriteError('LimitExceededException', message);
