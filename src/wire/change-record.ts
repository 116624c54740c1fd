import type { SequenceNumber } from '../core/brands.ts';
import type { DynamoDbEventRecord } from './stream-records.ts';
import { type Item, unmarshall } from './unmarshall.ts';

/** One change of one item, as a table's stream tells it. */
export interface ChangeRecord {
  readonly sequence: SequenceNumber;
  /** `housekeeping` is a removal by TTL: nobody changed anything (event source mapping rule 12). */
  readonly kind: 'change' | 'housekeeping';
  readonly key: Item;
  /** Undefined for a new item. */
  readonly oldImage: Item | undefined;
  /** Undefined for a removed item. */
  readonly newImage: Item | undefined;
}

const TTL_PRINCIPAL = 'dynamodb.amazonaws.com';

/** Reads a record of a DynamoDB stream event. */
export function readChangeRecord(record: DynamoDbEventRecord): ChangeRecord {
  const { Keys, OldImage, NewImage, SequenceNumber } = record.dynamodb;
  return {
    // the stream's own number, digits by its contract
    sequence: SequenceNumber as SequenceNumber,
    kind: isHousekeeping(record) ? 'housekeeping' : 'change',
    key: unmarshall(Keys),
    oldImage: OldImage && unmarshall(OldImage),
    newImage: NewImage && unmarshall(NewImage),
  };
}

function isHousekeeping({ eventName, userIdentity }: DynamoDbEventRecord): boolean {
  return (
    eventName === 'REMOVE' && userIdentity?.type === 'Service' && userIdentity.principalId === TTL_PRINCIPAL
  );
}
