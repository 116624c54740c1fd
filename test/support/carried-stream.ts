// A stream in memory that carries records as they stand, to be read from outside.
import { kinesisEventRecord } from '../../src/event-source/kinesis-record.ts';
import { MemoryStream } from '../../src/event-source/memory-stream.ts';
import { VirtualClock } from '../../src/event-source/virtual-clock.ts';
import type { CarriedRecord } from './arbitrary-rebuild.ts';

export function carriedStream(carried: readonly CarriedRecord[], arn: string): MemoryStream {
  const stream = new MemoryStream({ kind: 'kinesis', clock: new VirtualClock(0), shards: 0, arn });
  for (const shard of new Set(carried.map((record) => record.shard))) stream.addShard(shard);
  for (const { shard, sequence, arrivalMs, partitionKey, data } of carried) {
    const datum = { shard, sequence, arrivalMs, partitionKey, data: Buffer.from(data) };
    stream.append(shard, { sequence, arrivalMs, record: kinesisEventRecord(datum, arn) });
  }
  return stream;
}
