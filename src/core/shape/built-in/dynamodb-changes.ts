import type { ShapeDefinition } from '../shape-definition.ts';

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
  source: 'dynamodb.Keys.*',
  id: 'eventID',
  type: 'eventName',
  // Seconds from DynamoDB Streams; ms or µs from Kinesis.
  time: { path: 'dynamodb.ApproximateCreationDateTime', as: 'auto' },
  values: [{ path: 'dynamodb.NewImage', text: 'skip' }],
  tags: { table: ['tableName', 'eventSourceARN#1'] },
};
