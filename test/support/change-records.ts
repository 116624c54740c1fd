import type { SequenceNumber } from '../../src/core/brands.ts';
import { changeJson } from '../../src/stores/item-json.ts';
import type { TableChange } from '../../src/stores/memory-table.ts';
import type { DynamoDbEventRecord } from '../../src/wire/stream-records.ts';

/** A change of a table as its stream tells it. */
export function changeRecord(change: TableChange, sequence: SequenceNumber): DynamoDbEventRecord {
  const { eventName, keys, oldImage, newImage } = changeJson(change);
  return {
    eventID: sequence,
    eventName,
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    eventSourceARN: 'arn:aws:dynamodb:us-east-1:000000000000:table/test/stream/2026-01-01T00:00:00.000',
    awsRegion: 'us-east-1',
    dynamodb: {
      ApproximateCreationDateTime: 0,
      Keys: keys,
      ...(oldImage === undefined ? {} : { OldImage: oldImage }),
      ...(newImage === undefined ? {} : { NewImage: newImage }),
      SequenceNumber: sequence,
      SizeBytes: 0,
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
  };
}
