// Keeps what the stream carried, as it was, in the archive. A batch is done when all of it is there; what is delivered again, in
// whatever pieces, is there once.
import type { ShardPlace } from '../../src/core/archive/archive-names.ts';
import type { ShardId } from '../../src/core/brands.ts';
import type { Meter } from '../../src/platform/observe.ts';
import type { ArchiveWriter } from '../../src/stores/archive/archive-writer.ts';
import { kinesisArchivedLine } from '../../src/wire/archived-line.ts';
import type { BatchItemFailures, KinesisEventRecord, StreamEvent } from '../../src/wire/stream-records.ts';

export interface RecordDeps {
  readonly archive: ArchiveWriter;
  readonly meter: Meter;
  readonly nowMs: () => number;
}

/** Rejects where the batch is not wholly archived: the mapping hands it in again. */
export function createRecord({
  archive,
  meter,
  nowMs,
}: RecordDeps): (event: StreamEvent<KinesisEventRecord>) => Promise<BatchItemFailures> {
  return async ({ Records }) => {
    const byShard = Map.groupBy(Records, placeKey);
    const sum = { archived: 0, objects: 0, objectBytes: 0 };
    for (const records of byShard.values()) {
      const [first] = records;
      if (first === undefined) continue;
      const added = await archive.append(placeOf(first), records.map(kinesisArchivedLine));
      sum.archived += added.records;
      sum.objects += added.objects;
      sum.objectBytes += added.size;
    }
    const latest = Records.at(-1)?.kinesis.approximateArrivalTimestamp;
    meter.publish({
      batches: 1,
      records: Records.length,
      ...sum,
      rearchived: Records.length - sum.archived,
      lagMs: latest === undefined ? 0 : Math.max(0, nowMs() - latest * 1_000),
    });
    return { batchItemFailures: [] };
  };
}

/** A batch is of one shard; the key only holds those apart that are not. */
const placeKey = (record: KinesisEventRecord) => JSON.stringify(placeOf(record));

function placeOf({ eventID, eventSourceARN }: KinesisEventRecord): ShardPlace {
  const shard = /^(.+):\d+$/.exec(eventID)?.[1];
  const stream = /:stream\/([^/:]+)$/.exec(eventSourceARN)?.[1];
  if (shard === undefined || stream === undefined) {
    throw new Error(
      `found a record ${eventID} of ${eventSourceARN}, expected shard and sequence number, and the ARN of a stream`,
    );
  }
  // what stands before a record's sequence number is its shard's id
  return { stream, shard: shard as ShardId };
}
