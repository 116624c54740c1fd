import { expect, test } from 'vitest';
import { createMappingTest } from '../../src/event-source/test-driver.ts';
import { handler } from '../support/handlers/example.ts';

test('one bad order is given up after two retries, and all others are shipped', async () => {
  const DestinationConfig = {
    OnFailure: { Destination: 'arn:aws:sqs:eu-west-1:123456789012:failed-orders' },
  };
  const properties = { BisectBatchOnFunctionError: true, MaximumRetryAttempts: 2, DestinationConfig };
  const mapping = createMappingTest({ handler, properties, shards: 2 });
  const orders = Array.from({ length: 10 }, (_, n) => ({ key: `customer ${n}`, data: { n, bad: n === 7 } }));
  mapping.put(...orders);
  await mapping.caughtUp();
  expect(mapping.discarded.map(({ approximateInvokeCount }) => approximateInvokeCount)).toEqual([3]);
  expect(mapping.metrics()).toMatchObject({ PolledEventCount: 10, DroppedEventCount: 0 });
  await mapping.stop();
});
