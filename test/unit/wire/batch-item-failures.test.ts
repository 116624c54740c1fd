import { describe, expect, test } from 'vitest';
import type { SequenceNumber } from '../../../src/core/brands.ts';
import { batchItemFailures } from '../../../src/wire/batch-item-failures.ts';

describe('batch item failures name the lowest sequence number that failed', () => {
  test.each([
    ['none', [], []],
    ['one', ['5'], ['5']],
    ['several', ['7', '5', '6'], ['5']],
    ['of unequal length', ['10', '9'], ['9']],
    [
      'beyond what a double tells apart',
      [
        '49590338271490256608559692538361571095921575989136588899',
        '49590338271490256608559692538361571095921575989136588898',
      ],
      ['49590338271490256608559692538361571095921575989136588898'],
    ],
  ])('%s', (_, failed, named) => {
    const answer = batchItemFailures(failed as SequenceNumber[]);
    expect(answer).toEqual({ batchItemFailures: named.map((itemIdentifier) => ({ itemIdentifier })) });
  });
});
