import { expect, test } from 'vitest';
import { dynamoDbEventRecord } from '../../../src/event-source/dynamodb-record.ts';

const ARN = 'arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/s';

test('rule 12: the shape of a DynamoDB record, a TTL removal with its identity', () => {
  const record = dynamoDbEventRecord(
    {
      eventID: 'e1',
      eventName: 'REMOVE',
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: 'us-east-1',
      userIdentity: { Type: 'Service', PrincipalId: 'dynamodb.amazonaws.com' },
      dynamodb: {
        ApproximateCreationDateTime: new Date(1_700_000_001_000),
        Keys: { pk: { S: 'a' } },
        OldImage: {
          pk: { S: 'a' },
          state: { B: new Uint8Array([1, 2, 255]) },
          n: { L: [{ M: { x: { N: '1' } } }] },
        },
        SequenceNumber: '111',
        SizeBytes: 30,
        StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
    },
    ARN,
  );
  expect(record).toEqual({
    eventID: 'e1',
    eventName: 'REMOVE',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: 'us-east-1',
    userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' },
    eventSourceARN: ARN,
    dynamodb: {
      ApproximateCreationDateTime: 1_700_000_001,
      Keys: { pk: { S: 'a' } },
      OldImage: { pk: { S: 'a' }, state: { B: 'AQL/' }, n: { L: [{ M: { x: { N: '1' } } }] } },
      SequenceNumber: '111',
      SizeBytes: 30,
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
  });
});

test('every type of attribute value keeps its type', () => {
  const image = {
    b: { BS: [new Uint8Array([0]), new Uint8Array([255])] },
    t: { BOOL: false },
    z: { NULL: true },
    s: { SS: ['a', 'b'] },
    n: { NS: ['1', '2'] },
  };
  const { dynamodb } = dynamoDbEventRecord({ eventName: 'INSERT', dynamodb: { NewImage: image } }, ARN);
  expect(dynamodb.NewImage).toEqual({ ...image, b: { BS: ['AA==', '/w=='] } });
});

test('an event name that is none is refused, with what to do', () => {
  const record = { eventName: 'UNKNOWN_TO_SDK_VERSION' as never, dynamodb: { SequenceNumber: '7' } };
  expect(() => dynamoDbEventRecord(record, ARN)).toThrow(
    /UNKNOWN_TO_SDK_VERSION in stream record 7.*2\.6\.1/,
  );
});
