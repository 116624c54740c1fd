import type { SequenceNumber, ShardId } from '../../src/core/brands.ts';
import { kinesisEventRecord } from '../../src/event-source/kinesis-record.ts';
import type { KinesisEventRecord } from '../../src/wire/stream-records.ts';
import { SHARD, sequenceOf } from './event-streams.ts';

const STREAM_ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/test';

/** A record of a Kinesis event; data that is no text is its JSON. */
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
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  return kinesisEventRecord(
    { shard, sequence, arrivalMs, partitionKey: 'key', data: Buffer.from(text) },
    STREAM_ARN,
  );
}
