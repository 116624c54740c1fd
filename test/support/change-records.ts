import type { SequenceNumber } from '../../src/core/brands.ts';
import { changeJson } from '../../src/stores/item-json.ts';
import type { TableChange } from '../../src/stores/memory-table.ts';
import { changeEventRecord } from '../../src/wire/change-event.ts';
import type { DynamoDbEventRecord } from '../../src/wire/stream-records.ts';

const ARN = 'arn:aws:dynamodb:us-east-1:000000000000:table/test/stream/2026-01-01T00:00:00.000';

/** A change of a table as its stream tells it. */
export function changeRecord(change: TableChange, sequence: SequenceNumber): DynamoDbEventRecord {
  return changeEventRecord(changeJson(change), { sequence, atMs: 0, arn: ARN });
}
