// Section 4 of the event source mapping's rules: errors, retries, age, bisect.
import { describe, expect, test } from 'vitest';
import {
  failedItems,
  MappingHarness,
  numbered,
  returned,
  success,
  throttled,
  thrown,
} from '../support/mapping-harness.ts';

describe.each(['kinesis', 'dynamodb'] as const)('%s', (kind) => {
  test('rule 15: a failed batch comes again with the same records, and nothing else of its shard meanwhile', async () => {
    const harness = new MappingHarness({
      kind,
      properties: { BatchSize: 2 },
      handler: (_, index) => (index < 3 ? thrown : success),
    });
    harness.putAll(numbered('a', 4));
    await harness.runToEnd();
    const first = ['a1', 'a2'];
    expect(harness.batches).toEqual([first, first, first, first, ['a3', 'a4']]);
  });

  test('rule 15: other shards go on while one is retrying', async () => {
    const harness = new MappingHarness({
      kind,
      shards: 2,
      handler: ({ texts }) => (texts.includes('poison') ? thrown : success),
    });
    const poison = harness.put('poison', 'k0');
    const other = numbered('k', 50).find((key) => harness.put('probe', key).shard !== poison.shard) ?? '';
    const mapping = harness.start();
    await harness.clock.advance(5_000);
    harness.put('later', other);
    await harness.clock.advance(1_000);
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    expect(harness.batches.filter((texts) => texts.includes('later'))).toEqual([['later']]);
  });

  test('rule 15 with 25: a bad response counts as a failed invocation', async () => {
    const harness = new MappingHarness({
      kind,
      properties: { MaximumRetryAttempts: 1, FunctionResponseTypes: ['ReportBatchItemFailures'] },
      handler: () => returned({ batchItemFailures: 'all of them' }),
    });
    harness.put('a');
    await harness.runToEnd();
    expect(harness.batches).toHaveLength(2);
    expect(harness.discarded).toMatchObject([{ condition: 'RetryAttemptsExhausted', functionError: null }]);
  });

  test('rule 16: throttles and service errors are retried without using up the retries', async () => {
    const harness = new MappingHarness({
      kind,
      properties: { MaximumRetryAttempts: 0, BisectBatchOnFunctionError: true },
      handler: (_, index) => (index < 20 ? throttled : success),
    });
    harness.putAll(['a', 'b']);
    await harness.runToEnd();
    expect(harness.batches).toEqual(Array.from({ length: 21 }, () => ['a', 'b']));
    expect(harness.discarded).toEqual([]);
  });

  test.each([0, 1, 5])(
    'rule 17: with %i retries a poison batch is invoked once more than that',
    async (retries) => {
      const harness = new MappingHarness({
        kind,
        properties: { MaximumRetryAttempts: retries },
        handler: ({ texts }) => (texts.includes('poison') ? thrown : success),
      });
      harness.putAll(['poison', 'mate']);
      await harness.runToEnd();
      expect(harness.invocations).toHaveLength(retries + 1);
      expect(harness.discarded).toMatchObject([
        {
          condition: 'RetryAttemptsExhausted',
          approximateInvokeCount: retries + 1,
          functionError: 'Unhandled',
          records: [{}, {}],
        },
      ]);
    },
  );

  test('rule 18: the pauses between retries double up to the cap', async () => {
    const harness = new MappingHarness({
      kind,
      properties: { MaximumRetryAttempts: 8 },
      handler: () => thrown,
    });
    harness.put('poison');
    await harness.runToEnd();
    const times = harness.invocations.map(({ atMs }) => atMs);
    const pausesS = times.slice(1).map((atMs, index) => (atMs - (times[index] ?? 0)) / 1_000);
    expect(pausesS).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  });

  test('rule 19, v3: one over-age record is discarded alone and uninvoked, five fresh ones are delivered', async () => {
    const harness = new MappingHarness({ kind, properties: { MaximumRecordAgeInSeconds: 60 } });
    const old = harness.put('old');
    await harness.clock.advance(61_000);
    harness.putAll(numbered('fresh', 5));
    await harness.runToEnd();
    expect(harness.batches).toEqual([numbered('fresh', 5)]);
    expect(harness.discarded).toMatchObject([
      { condition: 'RecordAgeExceeded', approximateInvokeCount: 1, records: [{ sequence: old.sequence }] },
    ]);
    expect(harness.discarded[0]).not.toHaveProperty('functionError');
  });

  test('rule 19: age is looked at before each try, record by record', async () => {
    const harness = new MappingHarness({
      kind,
      properties: { MaximumRecordAgeInSeconds: 60, MaximumBatchingWindowInSeconds: 50 },
      handler: ({ texts }) => (texts.includes('old') ? thrown : success),
    });
    const mapping = harness.start();
    harness.put('old');
    await harness.clock.advance(40_000);
    harness.put('young');
    await harness.clock.run(mapping.caughtUp());
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    expect(harness.batches.at(-1)).toEqual(['young']);
    expect(harness.batches.slice(0, -1).every((texts) => texts.join() === 'old,young')).toBe(true);
    expect(harness.discarded).toMatchObject([
      { condition: 'RecordAgeExceeded', approximateInvokeCount: harness.invocations.length - 1 },
    ]);
  });

  test('v4: with infinite retries a record goes when it is over age', async () => {
    const harness = new MappingHarness({
      kind,
      properties: { MaximumRecordAgeInSeconds: 60 },
      handler: ({ texts }) => (texts.includes('poison') ? thrown : success),
    });
    harness.put('poison');
    await harness.runToEnd();
    expect(harness.discarded).toMatchObject([
      { condition: 'RecordAgeExceeded', approximateInvokeCount: harness.invocations.length },
    ]);
    expect(harness.discarded[0]).not.toHaveProperty('functionError');
  });

  test('rules 15 and 45: without limits a batch is retried until its records leave the stream, unheard of', async () => {
    const harness = new MappingHarness({
      kind,
      retentionMs: 3_600_000,
      handler: ({ texts }) => (texts.includes('poison') ? thrown : success),
    });
    harness.put('poison');
    const mapping = harness.start();
    await harness.clock.advance(3_500_000);
    harness.put('next');
    await harness.clock.run(mapping.caughtUp());
    await harness.clock.run(mapping.stop({ invocation: 'finish' }));
    expect(harness.batches.at(-1)).toEqual(['next']);
    expect(harness.discarded).toEqual([]);
    expect(harness.eventsOf('lost-to-retention')).toMatchObject([{ records: 1 }]);
  });

  test('rule 20, v13: bisecting ten records finds the one poison, and delivers the nine others once', async () => {
    const poison = 'r7';
    const harness = new MappingHarness({
      kind,
      properties: { BisectBatchOnFunctionError: true, MaximumRetryAttempts: 2 },
      handler: ({ texts }) => (texts.includes(poison) ? thrown : success),
    });
    harness.putAll(numbered('r', 10));
    await harness.runToEnd();
    expect(harness.batches.map((texts) => texts.join(' '))).toEqual([
      'r1 r2 r3 r4 r5 r6 r7 r8 r9 r10',
      'r1 r2 r3 r4 r5',
      'r6 r7 r8 r9 r10',
      'r6 r7 r8',
      'r6 r7',
      'r6',
      'r7',
      'r7',
      'r7',
      'r8',
      'r9 r10',
    ]);
    expect(harness.discarded).toMatchObject([
      { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 3, records: [{}] },
    ]);
  });

  test('rule 20: splitting does not use up the retries, even when there are none', async () => {
    const harness = new MappingHarness({
      kind,
      properties: { BisectBatchOnFunctionError: true, MaximumRetryAttempts: 0 },
      handler: ({ texts }) => (texts.length > 1 ? thrown : success),
    });
    harness.putAll(numbered('r', 4));
    await harness.runToEnd();
    expect(harness.batches.filter((texts) => texts.length === 1)).toEqual([['r1'], ['r2'], ['r3'], ['r4']]);
    expect(harness.discarded).toEqual([]);
  });

  test('rule 20: by the other answer the halves go on with the budget of the whole', async () => {
    const harness = new MappingHarness({
      kind,
      properties: {
        BisectBatchOnFunctionError: true,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        MaximumRetryAttempts: 2,
      },
      // partial progress uses up two invocations before the batch is split
      handler: ({ sequences }, index) => (index < 2 ? failedItems(sequences[1]) : thrown),
      deps: { answers: { retriesAfterSplit: 'continue' } },
    });
    harness.putAll(numbered('r', 4));
    await harness.runToEnd();
    expect(harness.batches).toEqual([numbered('r', 4), ['r2', 'r3', 'r4'], ['r3', 'r4'], ['r3'], ['r4']]);
    expect(harness.discarded.map(({ approximateInvokeCount }) => approximateInvokeCount)).toEqual([3, 3]);
  });

  test('rule 21: with bisect and partial responses the batch is cut at the returned record', async () => {
    const harness = new MappingHarness({
      kind,
      properties: {
        BisectBatchOnFunctionError: true,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        MaximumRetryAttempts: 5,
      },
      handler: ({ sequences, texts }, index) => {
        if (index === 0) return failedItems(sequences[1]);
        return index === 1 && texts.length > 1 ? thrown : success;
      },
    });
    harness.putAll(numbered('r', 6));
    await harness.runToEnd();
    expect(harness.batches).toEqual([
      numbered('r', 6),
      ['r2', 'r3', 'r4', 'r5', 'r6'],
      ['r2', 'r3', 'r4'],
      ['r5', 'r6'],
    ]);
  });

  test('rule 22: after a bisect batches are as large as before', async () => {
    const harness = new MappingHarness({
      kind,
      properties: { BatchSize: 4, BisectBatchOnFunctionError: true },
      handler: (_, index) => (index === 0 ? thrown : success),
    });
    harness.putAll(numbered('r', 8));
    await harness.runToEnd();
    expect(harness.batches.map((texts) => texts.length)).toEqual([4, 2, 2, 4]);
  });
});
