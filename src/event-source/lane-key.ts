// Which lane of its shard a record goes through (rule 14): by its key alone, so that one key never changes lanes.
import { createHash } from 'node:crypto';
import type { StreamEventRecord } from './stream-records.ts';

/** 0 to `factor - 1`: by partition key on Kinesis, by item key on DynamoDB. */
export function laneOf(record: StreamEventRecord, factor: number): number {
  if (factor === 1) return 0;
  // not the high bits: a shard's keys share those
  return createHash('md5').update(keyOf(record)).digest().readUInt32BE(12) % factor;
}

function keyOf(record: StreamEventRecord): string {
  if ('kinesis' in record) return record.kinesis.partitionKey;
  const attributes = Object.entries(record.dynamodb.Keys).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(attributes);
}
