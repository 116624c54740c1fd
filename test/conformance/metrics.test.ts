// Section 9 of the event source mapping's rules: metrics.
import { describe, expect, test } from 'vitest';
import {
  failedItems,
  MappingHarness,
  numbered,
  success,
  throttled,
  thrown,
} from '../support/mapping-harness.ts';

describe.each(['kinesis', 'dynamodb'] as const)('%s', (kind) => {
  test('rule 47: the iterator age is the age of a batch’s last record when it is done', async () => {
    const harness = new MappingHarness({ kind });
    harness.handler = async ({ texts }) => {
      await harness.clock.sleep(texts.includes('slow') ? 5_000 : 700);
      return success;
    };
    harness.put('first');
    await harness.clock.advance(1_000);
    harness.put('slow');
    await harness.clock.advance(2_000);
    await harness.runToEnd();
    harness.put('quick');
    await harness.runToEnd();
    expect(harness.metrics()).toMatchObject({ IteratorAge: 700, IteratorAgeMaximum: 7_000 });
  });

  test('rule 48: what is delivered again is counted again, and a partial failure counts its whole batch', async () => {
    const harness = new MappingHarness({
      kind,
      properties: { FunctionResponseTypes: ['ReportBatchItemFailures'] },
      handler: ({ sequences }, index) => {
        if (index === 0) return thrown;
        if (index === 1) return throttled;
        return index === 2 ? failedItems(sequences[3]) : success;
      },
    });
    harness.putAll(numbered('r', 5));
    await harness.runToEnd();
    expect(harness.metrics()).toMatchObject({
      PolledEventCount: 5,
      FilteredOutEventCount: 0,
      // thrown 5, partial 5, remainder 2; nothing was invoked by the throttle
      InvokedEventCount: 12,
      FailedInvokeEventCount: 10,
      DroppedEventCount: 0,
      OnFailureDestinationDeliveredEventCount: 0,
    });
  });

  test('rule 48: what filters skip is polled and not invoked', async () => {
    const Pattern = JSON.stringify(
      kind === 'kinesis' ? { data: { a: [1] } } : { dynamodb: { NewImage: { text: { S: ['{"a":1}'] } } } },
    );
    const harness = new MappingHarness({ kind, properties: { FilterCriteria: { Filters: [{ Pattern }] } } });
    harness.putAll(['{"a":1}', '{"a":2}', '{"a":3}']);
    await harness.runToEnd();
    expect(harness.metrics()).toMatchObject({
      PolledEventCount: 3,
      FilteredOutEventCount: 2,
      InvokedEventCount: 1,
    });
  });

  test.each([
    [
      'a destination that takes it',
      'delivered',
      { OnFailureDestinationDeliveredEventCount: 2, DroppedEventCount: 0, DestinationDeliveryFailures: 0 },
    ],
    [
      'none',
      'none',
      { OnFailureDestinationDeliveredEventCount: 0, DroppedEventCount: 2, DestinationDeliveryFailures: 0 },
    ],
    [
      'one that refuses it (rule 49)',
      'refused',
      { OnFailureDestinationDeliveredEventCount: 0, DroppedEventCount: 2, DestinationDeliveryFailures: 1 },
    ],
  ])('rules 48 and 49: a discarded batch with %s', async (_, destination, expected) => {
    const deliver = () =>
      destination === 'refused' ? Promise.reject(new Error('no such bucket')) : Promise.resolve();
    const harness = new MappingHarness({
      kind,
      properties: { MaximumRetryAttempts: 0 },
      handler: () => thrown,
      deps: { destination: destination === 'none' ? undefined : { deliver } },
    });
    harness.putAll(['a', 'b']);
    await harness.runToEnd();
    expect(harness.metrics()).toMatchObject(expected);
  });

  test('rule 48: what is lost to retention is in no metric, and told to the observer alone', async () => {
    const harness = new MappingHarness({ kind, retentionMs: 3_600_000, handler: () => thrown });
    harness.put('poison');
    const mapping = harness.start();
    await harness.clock.advance(3_700_000);
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    expect(harness.eventsOf('lost-to-retention')).toMatchObject([{ records: 1 }]);
    expect(harness.metrics()).toMatchObject({
      DroppedEventCount: 0,
      OnFailureDestinationDeliveredEventCount: 0,
    });
  });
});
