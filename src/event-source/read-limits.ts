// What one shard lets itself be read, as the services have it (rules 2, 3 and 52).
import { Buffer } from 'node:buffer';
import type { EpochMs } from './brands.ts';
import type { StreamKind } from './ports.ts';
import type { StreamEventRecord } from './stream-records.ts';

const MIB = 1024 * 1024;

/** Limits of one GetRecords answer. */
export const ANSWER_LIMITS = {
  kinesis: { records: 10_000, bytes: 10 * MIB },
  dynamodb: { records: 1_000, bytes: MIB },
} as const;

/** DynamoDB: DescribeStream calls a second. */
export const MAX_DESCRIBES_PER_SECOND = 10;

/** Kinesis, for all readers of a shard together. */
const KINESIS_CALLS_PER_SECOND = 5;
const KINESIS_BYTES_PER_SECOND = 2 * MIB;
/** DynamoDB: readers of a shard at a time; one counts for as long after its last call. */
const DYNAMODB_READERS = 2;
const READER_MS = 1_000;

interface Call {
  readonly atMs: EpochMs;
  readonly bytes: number;
}

/** How much is called for in the last second. */
export class CallMeter {
  #calls: readonly Call[] = [];

  recent(nowMs: EpochMs): readonly Call[] {
    this.#calls = this.#calls.filter(({ atMs }) => nowMs - atMs < 1_000);
    return this.#calls;
  }

  add(call: Call): void {
    this.#calls = [...this.#calls, call];
  }
}

export class ShardReadMeter {
  readonly #kind: StreamKind;
  readonly #calls = new CallMeter();
  /** By reader, its last call. */
  readonly #readers = new Map<string, EpochMs>();
  /** An answer of more than a second's bytes is paid for first. */
  #paidMs: EpochMs = 0;

  constructor(kind: StreamKind) {
    this.#kind = kind;
  }

  /** Why this call is refused; undefined: it is not. A reader is whoever follows one iterator. */
  refusal(nowMs: EpochMs, reader: string): string | undefined {
    return this.#kind === 'kinesis' ? this.#kinesisRefusal(nowMs) : this.#dynamoDbRefusal(nowMs, reader);
  }

  answered(nowMs: EpochMs, bytes: number): void {
    this.#calls.add({ atMs: nowMs, bytes });
    if (bytes > KINESIS_BYTES_PER_SECOND) this.#paidMs = nowMs + (1_000 * bytes) / KINESIS_BYTES_PER_SECOND;
  }

  #kinesisRefusal(nowMs: EpochMs): string | undefined {
    const calls = this.#calls.recent(nowMs);
    if (calls.length >= KINESIS_CALLS_PER_SECOND) {
      return `ProvisionedThroughputExceededException: found ${calls.length} reads of the shard in a second, expected at most ${KINESIS_CALLS_PER_SECOND}`;
    }
    const bytes = calls.reduce((sum, call) => sum + call.bytes, 0);
    if (bytes < KINESIS_BYTES_PER_SECOND && nowMs >= this.#paidMs) return undefined;
    return `ProvisionedThroughputExceededException: the shard gives ${KINESIS_BYTES_PER_SECOND} bytes a second`;
  }

  #dynamoDbRefusal(nowMs: EpochMs, reader: string): string | undefined {
    for (const [other, lastMs] of this.#readers) {
      if (nowMs - lastMs > READER_MS) this.#readers.delete(other);
    }
    if (this.#readers.size >= DYNAMODB_READERS && !this.#readers.has(reader)) {
      return `LimitExceededException: found another reader of the shard, expected at most ${DYNAMODB_READERS}`;
    }
    this.#readers.set(reader, nowMs);
    return undefined;
  }
}

/** How a record counts against limits in bytes. */
export function recordBytes(record: StreamEventRecord): number {
  if ('dynamodb' in record) return record.dynamodb.SizeBytes;
  const { data, partitionKey } = record.kinesis;
  return Buffer.byteLength(data, 'base64') + Buffer.byteLength(partitionKey);
}
