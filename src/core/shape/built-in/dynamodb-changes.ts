import type { ShapeDefinition } from '../shape-definition.ts';

const PARTITION_KEYS = [
  'pk',
  'PK',
  'partitionKey',
  'id',
  'Id',
  'ID',
  'deviceId',
  'device_id',
  'userId',
  'user_id',
  'name',
];

/**
 * Changes of a DynamoDB table, by DynamoDB Streams or by Kinesis: the numbers of each new image, under its first key. What
 * was removed is no event.
 */
export const DYNAMODB_CHANGES: ShapeDefinition = {
  name: 'dynamodb-changes',
  when: { has: ['eventName', 'dynamodb.Keys'] },
  ignore: { equals: { eventName: 'REMOVE' } },
  open: {
    'dynamodb.Keys': ['dynamodb'],
    'dynamodb.NewImage': ['dynamodb'],
  },
  // Which of two keys is the partition key is not said, nor is their order: the usual names, then the first.
  source: [...PARTITION_KEYS.map((name) => `dynamodb.Keys.${name}`), 'dynamodb.Keys.*'],
  id: 'eventID',
  type: 'eventName',
  // Seconds from DynamoDB Streams; ms or µs from Kinesis.
  time: { path: ['dynamodb.ApproximateCreationDateTime', '@arrival'], as: 'auto' },
  values: [{ path: 'dynamodb.NewImage', text: 'skip' }],
  tags: { table: ['tableName', 'eventSourceARN#1'] },
};
