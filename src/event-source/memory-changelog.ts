// Changes of a table's items as records of its stream (rules 12, 50, 53).
import { isDeepStrictEqual } from 'node:util';
import type { MemoryStream, Placement } from './memory-stream.ts';
import type { DynamoDbEventRecord, ItemJson } from './stream-records.ts';

/** One write. Without an old image it is an insert, without a new one a removal. */
export interface ItemChange {
  readonly keys: ItemJson;
  readonly oldImage?: ItemJson | undefined;
  readonly newImage?: ItemJson | undefined;
  /** The removal was made by TTL, not by a user. */
  readonly byTtl?: boolean;
}

export interface ChangelogOptions {
  readonly stream: MemoryStream;
  /** Which images records carry. It never changes for a stream: another view is another stream, with an ARN of its own. */
  readonly view?: 'KEYS_ONLY' | 'NEW_IMAGE' | 'OLD_IMAGE' | 'NEW_AND_OLD_IMAGES';
  /** Default: the one in the stream's ARN. */
  readonly region?: string;
}

export interface Changelog {
  /** Puts the change into the stream. @returns where; undefined for a write that changed nothing, which has no record */
  put(change: ItemChange): Placement | undefined;
}

/**
 * Writes a table's changes into a stream in memory, as DynamoDB Streams records.
 *
 * @example
 * const stream = new MemoryStream({ kind: 'dynamodb', clock: new VirtualClock(), shards: 1 });
 * const changelog = createChangelog({ stream });
 * changelog.put({ keys: { id: { S: 'a' } }, newImage: { id: { S: 'a' }, n: { N: '1' } } });
 */
export function createChangelog(options: ChangelogOptions): Changelog {
  const { stream, view = 'NEW_AND_OLD_IMAGES', region = stream.arn.split(':')[3] ?? '' } = options;
  return {
    put(change) {
      const { keys, oldImage, newImage } = change;
      if (isDeepStrictEqual(oldImage, newImage)) return undefined;
      return stream.put(JSON.stringify(keys), (placement) =>
        recordOf(change, placement, { stream, view, region }),
      );
    },
  };
}

function recordOf(
  { keys, oldImage, newImage, byTtl = false }: ItemChange,
  { sequence, arrivalMs }: Placement,
  { stream, view, region }: Required<ChangelogOptions>,
): DynamoDbEventRecord {
  const images = {
    ...(newImage !== undefined && view.startsWith('NEW') ? { NewImage: newImage } : {}),
    ...(oldImage !== undefined && /OLD/.test(view) ? { OldImage: oldImage } : {}),
  };
  return {
    eventID: sequence,
    eventName: oldImage === undefined ? 'INSERT' : newImage === undefined ? 'REMOVE' : 'MODIFY',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    eventSourceARN: stream.arn,
    awsRegion: region,
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(arrivalMs / 1_000),
      Keys: keys,
      ...images,
      SequenceNumber: sequence,
      SizeBytes: JSON.stringify([keys, ...Object.values(images)]).length,
      StreamViewType: view,
    },
    ...(byTtl ? { userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' } } : {}),
  };
}
