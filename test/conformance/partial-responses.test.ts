// Section 5 of the event source mapping's rules: ReportBatchItemFailures.
import { describe, expect, test } from 'vitest';
import {
  failedItems,
  MappingHarness,
  numbered,
  returned,
  success,
  thrown,
} from '../support/mapping-harness.ts';

const REPORT = { FunctionResponseTypes: ['ReportBatchItemFailures'] };

const SUCCESSES: readonly unknown[] = [
  '',
  null,
  {},
  [],
  { batchItemFailures: [] },
  { batchItemFailures: null },
];
const COMPLETE_FAILURES: readonly unknown[] = [
  { batchItemFailures: [{ itemIdentifier: '' }] },
  { batchItemFailures: [{ itemIdentifier: null }] },
  { batchItemFailures: [{}] },
  { batchItemFailures: [{ foo: '123' }] },
  { batchItemFailures: [{ itemIdentifier: 123 }] },
];

describe.each(['kinesis', 'dynamodb'] as const)('%s', (kind) => {
  test('rule 23: the lowest of several failed records is the checkpoint, and all from it on comes again', async () => {
    const harness = new MappingHarness({
      kind,
      properties: REPORT,
      handler: ({ sequences }, index) =>
        index === 0 ? failedItems(sequences[4], sequences[2], sequences[3]) : success,
    });
    harness.putAll(numbered('r', 6));
    await harness.runToEnd();
    expect(harness.batches).toEqual([numbered('r', 6), ['r3', 'r4', 'r5', 'r6']]);
    const [first] = harness.eventsOf('checkpointed');
    expect(first?.sequence).toBe(harness.invocations[0]?.sequences[1]);
  });

  test('rule 23: a mapping stopped while it retries resumes at the lowest failed record', async () => {
    const harness = new MappingHarness({
      kind,
      properties: REPORT,
      handler: ({ sequences }, index) => (index === 0 ? failedItems(sequences[1]) : success),
    });
    harness.putAll(['a', 'b', 'c']);
    const mapping = harness.start();
    await harness.clock.advance(500);
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    expect(harness.batches).toEqual([['a', 'b', 'c']]);
    await harness.runToEnd();
    expect(harness.batches).toEqual([
      ['a', 'b', 'c'],
      ['b', 'c'],
    ]);
  });

  test.each(SUCCESSES)('rule 24, v2: %j is a complete success', async (response) => {
    const harness = new MappingHarness({ kind, properties: REPORT, handler: () => returned(response) });
    harness.putAll(['a', 'b']);
    await harness.runToEnd();
    expect(harness.batches).toEqual([['a', 'b']]);
    expect(harness.eventsOf('unrecognised-response')).toEqual([]);
  });

  test('rule 24: an empty answer is a complete success', async () => {
    const harness = new MappingHarness({
      kind,
      properties: REPORT,
      handler: () => ({ kind: 'returned', payload: '' }),
    });
    harness.put('a');
    await harness.runToEnd();
    expect(harness.batches).toEqual([['a']]);
  });

  test('rule 24: a wrong top-level key is success too, and is reported', async () => {
    const harness = new MappingHarness({
      kind,
      properties: REPORT,
      handler: ({ sequences }) => returned({ batchItemFailure: [{ itemIdentifier: sequences[0] }] }),
    });
    harness.put('a');
    await harness.runToEnd();
    expect(harness.batches).toEqual([['a']]);
    expect(harness.eventsOf('unrecognised-response')).toHaveLength(1);
  });

  test.each(COMPLETE_FAILURES)('rule 25, v2: %j is a complete failure', async (response) => {
    const harness = new MappingHarness({
      kind,
      properties: { ...REPORT, MaximumRetryAttempts: 2 },
      handler: () => returned(response),
    });
    harness.putAll(['a', 'b']);
    await harness.runToEnd();
    expect(harness.batches).toEqual(Array.from({ length: 3 }, () => ['a', 'b']));
    expect(harness.discarded).toMatchObject([{ approximateInvokeCount: 3, functionError: null }]);
  });

  test('rule 25: one bad identifier among good ones fails the whole batch', async () => {
    const harness = new MappingHarness({
      kind,
      properties: { ...REPORT, MaximumRetryAttempts: 1 },
      handler: ({ sequences }) => failedItems(sequences[1], 'nobody'),
    });
    harness.putAll(['a', 'b']);
    await harness.runToEnd();
    expect(harness.batches).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
  });

  test('rules 26 and 27, v1: the retries go on through partial progress; the last record is discarded alone', async () => {
    const harness = new MappingHarness({
      kind,
      properties: { ...REPORT, BatchSize: 3, MaximumRetryAttempts: 3 },
      handler: ({ sequences, texts }) => {
        const failed = texts.indexOf('r6');
        return failed < 0 ? success : failedItems(sequences[failed]);
      },
    });
    harness.putAll(numbered('r', 6));
    await harness.runToEnd();
    expect(harness.batches).toEqual([['r1', 'r2', 'r3'], ['r4', 'r5', 'r6'], ['r6'], ['r6'], ['r6']]);
    expect(harness.discarded).toMatchObject([
      {
        condition: 'RetryAttemptsExhausted',
        approximateInvokeCount: 4,
        functionError: null,
        records: [{ sequence: harness.invocations.at(-1)?.sequences[0] }],
      },
    ]);
  });

  test('rule 27: after exceptions the function error is Unhandled', async () => {
    const harness = new MappingHarness({
      kind,
      properties: { ...REPORT, MaximumRetryAttempts: 0 },
      handler: () => thrown,
    });
    harness.put('a');
    await harness.runToEnd();
    expect(harness.discarded).toMatchObject([{ functionError: 'Unhandled', approximateInvokeCount: 1 }]);
  });

  test('rule 28: without the flag a response is not looked at', async () => {
    const harness = new MappingHarness({ kind, handler: ({ sequences }) => failedItems(...sequences) });
    harness.putAll(['a', 'b']);
    await harness.runToEnd();
    expect(harness.batches).toEqual([['a', 'b']]);
  });
});
