// Texts from outside become shard ids and sequence numbers here, once.
import type { SequenceNumber, ShardId } from './brands.ts';

export function shardId(text: string | undefined): ShardId {
  if (text === undefined || text === '') throw new Error('found a shard without an id');
  return text as ShardId; // any text names a shard
}

export function sequenceNumber(text: string | undefined): SequenceNumber {
  if (text === undefined || !/^\d{1,48}$|^\d{49,128}$/.test(text)) {
    throw new Error(`found sequence number ${JSON.stringify(text)}, expected decimal digits`);
  }
  return text as SequenceNumber; // just checked
}
