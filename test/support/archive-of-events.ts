// An archive of telemetry events, as the function and the command write it.
import type { SequenceNumber, ShardId } from '../../src/core/brands.ts';
import { ArchiveWriter } from '../../src/stores/archive/archive-writer.ts';
import type { Objects } from '../../src/stores/archive/objects.ts';
import { kinesisArchivedLine } from '../../src/wire/archived-line.ts';

export interface EventToArchive {
  readonly source: string;
  readonly time: number;
  readonly values?: Readonly<Record<string, number>>;
  /** What the record holds; default: the event alone. */
  readonly data?: unknown;
}

/** Each arrives at its time, all in one shard, or as `shardOf` says; sequence numbers 101, 102, … */
export async function archiveEvents(
  objects: Objects,
  events: readonly EventToArchive[],
  {
    batch = 4,
    shardOf = () => 0,
    stream = 'telemetry',
  }: {
    readonly batch?: number;
    readonly shardOf?: (at: number) => number;
    readonly stream?: string;
  } = {},
): Promise<void> {
  const writer = new ArchiveWriter(objects);
  const lines = events.map((event, at) => ({
    shard: `shardId-00000000000${shardOf(at)}` as ShardId,
    line: kinesisArchivedLine({
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey: event.source,
        sequenceNumber: String(101 + at) as SequenceNumber,
        data: Buffer.from(JSON.stringify(event.data ?? event)).toString('base64'),
        approximateArrivalTimestamp: event.time / 1_000,
      },
    }),
  }));
  for (const [shard, all] of Map.groupBy(lines, (one) => one.shard)) {
    for (let at = 0; at < all.length; at += batch) {
      await writer.append(
        { stream, shard },
        all.slice(at, at + batch).map(({ line }) => line),
      );
    }
  }
}
