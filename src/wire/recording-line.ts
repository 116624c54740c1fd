import type { RecordedEvent, RecordedKinesisRecord } from './recording-entry.ts';

/** The line of a recording that reads back as this event, with its end. */
export function eventLine({ raw, arrivedAt }: Pick<RecordedEvent, 'raw' | 'arrivedAt'>): string {
  return `${JSON.stringify(arrivedAt === undefined ? raw : { ...raw, arrivedAt })}\n`;
}

/** The line of a recording that reads back as this Kinesis record, with its end: in the form of a Lambda event. */
export function kinesisLine(record: Omit<RecordedKinesisRecord, 'kind' | 'line'>): string {
  const { shard, sequence, partitionKey, data, arrivalMs } = record;
  const kinesis = {
    kinesisSchemaVersion: '1.0',
    partitionKey,
    sequenceNumber: sequence,
    data,
    approximateArrivalTimestamp: arrivalMs / 1000,
  };
  return `${JSON.stringify({ eventID: `${shard}:${sequence}`, kinesis })}\n`;
}
