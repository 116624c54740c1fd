import type { SequenceNumber, ShardId } from '../../src/core/brands.ts';
import { kinesisEventRecord } from '../../src/event-source/kinesis-record.ts';
import type { KinesisEventRecord } from '../../src/wire/stream-records.ts';
import { SHARD, STREAM_ARN, sequenceOf } from './event-streams.ts';

/** A record of a Kinesis event; data that is neither bytes nor text is its JSON, and its source the partition key. */
export function kinesisRecord({
  data,
  shard = SHARD,
  sequence = sequenceOf(1),
  arrivalMs = 1_000,
}: {
  readonly data: unknown;
  readonly shard?: ShardId;
  readonly sequence?: SequenceNumber;
  readonly arrivalMs?: number;
}): KinesisEventRecord {
  const own = typeof data === 'object' && data !== null ? Reflect.get(data, 'source') : undefined;
  const partitionKey = typeof own === 'string' ? own : 'key';
  const isRaw = typeof data === 'string' || data instanceof Uint8Array;
  const bytes = isRaw ? data : JSON.stringify(data);
  return kinesisEventRecord(
    { shard, sequence, arrivalMs, partitionKey, data: Buffer.from(bytes) },
    STREAM_ARN,
  );
}
