import { describe, expect, test } from 'vitest';
import { readChangeRecord } from '../../../src/wire/change-record.ts';
import type { DynamoDbEventRecord, ItemJson } from '../../../src/wire/stream-records.ts';
import { unmarshall } from '../../../src/wire/unmarshall.ts';

describe('a change record', () => {
  test('gives key, sequence number and both images', () => {
    const record = changeRecord({ OldImage: { version: { N: '1' } }, NewImage: { version: { N: '2' } } });
    expect(readChangeRecord(record)).toMatchObject({
      sequence: '000000000000000000001',
      kind: 'change',
      key: { source: 'dev-1' },
      oldImage: { version: 1 },
      newImage: { version: 2 },
    });
  });

  test('of a new item has no old image', () => {
    expect(readChangeRecord(changeRecord({ NewImage: {} })).oldImage).toBeUndefined();
  });

  const service = { type: 'Service', principalId: 'dynamodb.amazonaws.com' };
  test.each([
    ['a removal by TTL is housekeeping', 'REMOVE', service, 'housekeeping'],
    ['a removal by anybody else is a change', 'REMOVE', undefined, 'change'],
    ['a removal by another service is a change', 'REMOVE', { ...service, principalId: 'other' }, 'change'],
    ['a modification is a change', 'MODIFY', service, 'change'],
  ] as const)('%s', (_, eventName, userIdentity, kind) => {
    const record = { ...changeRecord({}), eventName, ...(userIdentity && { userIdentity }) };
    expect(readChangeRecord(record).kind).toBe(kind);
  });
});

describe('attribute values become plain values', () => {
  test.each([
    ['text', { S: '' }, ''],
    ['a number', { N: '-1.5e3' }, -1500],
    ['a boolean', { BOOL: false }, false],
    ['null', { NULL: true }, null],
    ['binary', { B: 'AAE=' }, Buffer.from([0, 1])],
    ['a list', { L: [{ N: '1' }, { S: 'a' }, { L: [] }] }, [1, 'a', []]],
    ['a set of texts', { SS: ['a'] }, new Set(['a'])],
    ['a set of numbers', { NS: ['1'] }, new Set([1])],
  ])('%s', (_, json, plain) => {
    expect(unmarshall({ a: json })['a']).toEqual(plain);
  });

  test('names are plain names, at any level', () => {
    const item: ItemJson = JSON.parse('{"m":{"M":{"__proto__":{"N":"1"},"constructor":{"N":"2"}}}}');
    expect(Object.entries(unmarshall(item)['m'] ?? {})).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ]);
    expect(unmarshall(item)['toString']).toBeUndefined();
  });

  test('anything else is an error that names what was found', () => {
    const item: ItemJson = JSON.parse('{"a":{"X":1}}');
    expect(() => unmarshall(item)).toThrow(/with the keys the text "X", expected a DynamoDB attribute value/);
  });
});

function changeRecord(images: { OldImage?: ItemJson; NewImage?: ItemJson }): DynamoDbEventRecord {
  return {
    eventID: '1',
    eventName: 'MODIFY',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    eventSourceARN: 'arn:aws:dynamodb:us-east-1:000000000000:table/sources/stream/1',
    awsRegion: 'us-east-1',
    dynamodb: {
      ApproximateCreationDateTime: 1_700_000_000,
      Keys: { source: { S: 'dev-1' } },
      SequenceNumber: '000000000000000000001',
      SizeBytes: 10,
      StreamViewType: 'NEW_AND_OLD_IMAGES',
      ...images,
    },
  };
}
