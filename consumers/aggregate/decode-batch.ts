// Records to events by source, and what is no event to the dead letters.
import type { SequenceNumber, ShardId } from '../../src/core/brands.ts';
import type { SourceEvents } from '../../src/core/fold.ts';
import type { DeadLetter } from '../../src/stores/dead-letters.ts';
import { decodeRecord } from '../../src/wire/record-codec.ts';
import type { KinesisEventRecord } from '../../src/wire/stream-records.ts';

export interface DecodedBatch {
  /** In the order the sources first appear; each one's events in stream order. */
  readonly bySource: ReadonlyMap<string, SourceEvents>;
  readonly quarantined: readonly DeadLetter[];
  readonly events: number;
  /** Of the last record, which is the latest delivered. */
  readonly lastArrivalMs: number;
}

/** @throws Error for a record that is none: Lambda has never been seen to hand one over */
export function decodeBatch(records: readonly KinesisEventRecord[], maxClockSkewMs: number): DecodedBatch {
  const bySource = new Map<string, SourceEvents>();
  const quarantined: DeadLetter[] = [];
  let events = 0;
  let lastArrivalMs = 0;
  for (const { eventID, kinesis } of records) {
    const sequence = kinesis.sequenceNumber as SequenceNumber;
    const shard = shardOf(eventID);
    const arrivalMs = Math.round(kinesis.approximateArrivalTimestamp * 1_000);
    lastArrivalMs = arrivalMs;
    const items = decodeRecord(kinesis.data, { arrivalMs, maxClockSkewMs });
    events += items.length;
    for (const item of items) {
      if (item.kind === 'quarantined') {
        const { reason, detail, source, payload, index } = item;
        quarantined.push({ at: { shard, sequence, index }, reason, detail, source, arrivalMs, payload });
        continue;
      }
      const { event, index } = item;
      let into = bySource.get(event.source);
      if (into === undefined) {
        into = { shard, events: [], sequences: [], indexes: [], arrivalsMs: [] };
        bySource.set(event.source, into);
      }
      into.events.push(event);
      into.sequences.push(sequence);
      into.indexes.push(index);
      into.arrivalsMs.push(arrivalMs);
    }
  }
  return { bySource, quarantined, events, lastArrivalMs };
}

/** A batch holds records of one shard only (event source mapping rule 8); their `eventID` begins with it. */
export function shardOf(eventID: string): ShardId {
  const colon = eventID.indexOf(':');
  if (colon < 1)
    throw new Error(`record eventID: found ${JSON.stringify(eventID)}, expected shardId:sequenceNumber`);
  return eventID.slice(0, colon) as ShardId;
}
