// A Kinesis record in the function's event (rule 11).
import type { SequenceNumber, ShardId } from './brands.ts';
import type { KinesisEventRecord } from './stream-records.ts';

export interface KinesisDatum {
  readonly shard: ShardId;
  readonly sequence: SequenceNumber;
  readonly arrivalMs: number;
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

/** `streamArn` gives the region, and the account of a role where none is named. */
export function kinesisEventRecord(
  datum: KinesisDatum,
  streamArn: string,
  invokeIdentityArn = defaultRole(streamArn),
): KinesisEventRecord {
  const { data } = datum;
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: datum.partitionKey,
      sequenceNumber: datum.sequence,
      data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
      approximateArrivalTimestamp: datum.arrivalMs / 1_000,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `${datum.shard}:${datum.sequence}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn,
    awsRegion: regionOf(streamArn),
    eventSourceARN: streamArn,
  };
}

function regionOf(arn: string): string {
  return arn.split(':')[3] ?? '';
}

function defaultRole(arn: string): string {
  return `arn:aws:iam::${arn.split(':')[4] ?? ''}:role/event-source-mapping`;
}
