// A change of a table in memory, in the function's event (event source mapping rule 12).
import type { DynamoDbEventRecord, ItemJson } from './stream-records.ts';

export interface ChangeOfItem {
  readonly eventName: DynamoDbEventRecord['eventName'];
  readonly keys: ItemJson;
  readonly oldImage: ItemJson | undefined;
  readonly newImage: ItemJson | undefined;
}

/** `arn` is the stream's, and gives the region; `atMs` is when the change was made. */
export function changeEventRecord(
  { eventName, keys, oldImage, newImage }: ChangeOfItem,
  { sequence, atMs, arn }: { readonly sequence: string; readonly atMs: number; readonly arn: string },
): DynamoDbEventRecord {
  return {
    eventID: sequence,
    eventName,
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    eventSourceARN: arn,
    awsRegion: arn.split(':')[3] ?? '',
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(atMs / 1_000),
      Keys: keys,
      ...(oldImage === undefined ? {} : { OldImage: oldImage }),
      ...(newImage === undefined ? {} : { NewImage: newImage }),
      SequenceNumber: sequence,
      SizeBytes: JSON.stringify([keys, oldImage, newImage]).length,
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
  };
}
