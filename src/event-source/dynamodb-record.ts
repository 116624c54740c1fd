// A change of a DynamoDB table in the function's event (rule 12).
import type { AttributeValue, _Record as SdkRecord } from '@aws-sdk/client-dynamodb-streams';
import type { AttributeValueJson, DynamoDbEventRecord, ItemJson } from './stream-records.ts';

type ItemSdk = Readonly<Record<string, AttributeValue>>;

/** Throws on a record that is no change: local servers of some versions give event names they should not. */
export function dynamoDbEventRecord(record: SdkRecord, streamArn: string): DynamoDbEventRecord {
  const { awsRegion = '', dynamodb: change = {}, eventID = '', userIdentity: who } = record;
  return {
    eventID,
    eventName: eventName(record),
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion,
    dynamodb: {
      ApproximateCreationDateTime: (change.ApproximateCreationDateTime?.getTime() ?? 0) / 1_000,
      Keys: itemJson(change.Keys ?? {}),
      ...(change.NewImage === undefined ? {} : { NewImage: itemJson(change.NewImage) }),
      ...(change.OldImage === undefined ? {} : { OldImage: itemJson(change.OldImage) }),
      SequenceNumber: change.SequenceNumber ?? '',
      SizeBytes: change.SizeBytes ?? 0,
      StreamViewType: change.StreamViewType ?? '',
    },
    ...(who === undefined
      ? {}
      : { userIdentity: { type: who.Type ?? '', principalId: who.PrincipalId ?? '' } }),
    eventSourceARN: streamArn,
  };
}

function eventName({ eventName: name, dynamodb }: SdkRecord): DynamoDbEventRecord['eventName'] {
  if (name === 'INSERT' || name === 'MODIFY' || name === 'REMOVE') return name;
  const found = `found event name ${String(name)} in stream record ${dynamodb?.SequenceNumber ?? ''}`;
  throw new Error(`${found}, expected INSERT, MODIFY or REMOVE (DynamoDB Local 2.6.1 gives the right ones)`);
}

function itemJson(item: ItemSdk): ItemJson {
  // entries, not assignment: an attribute may be called __proto__
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, attributeJson(value)]));
}

function attributeJson(value: AttributeValue): AttributeValueJson {
  if (value.B !== undefined) return { B: base64(value.B) };
  if (value.BS !== undefined) return { BS: value.BS.map(base64) };
  if (value.L !== undefined) return { L: value.L.map(attributeJson) };
  if (value.M !== undefined) return { M: itemJson(value.M) };
  if (value.S !== undefined) return { S: value.S };
  if (value.N !== undefined) return { N: value.N };
  if (value.BOOL !== undefined) return { BOOL: value.BOOL };
  if (value.SS !== undefined) return { SS: value.SS };
  if (value.NS !== undefined) return { NS: value.NS };
  if (value.NULL !== undefined) return { NULL: value.NULL };
  throw new Error(`found an attribute value of no known type: ${Object.keys(value).join(', ')}`);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
