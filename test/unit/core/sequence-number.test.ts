import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SequenceNumber } from '../../../src/core/brands.ts';
import { compareSequenceNumbers } from '../../../src/core/sequence-number.ts';
import { runs } from '../../support/runs.ts';

test('sequence numbers order as the integers they are, however long', () => {
  const number = fc.oneof(
    fc.bigInt({ min: 0n, max: (1n << 129n) - 1n }),
    fc.bigInt({ min: 0n, max: 1_000n }),
    fc.constantFrom(9n, 10n, 2n ** 53n, 2n ** 53n + 1n, 10n ** 20n - 1n, 10n ** 20n),
  );
  fc.assert(
    fc.property(number, number, (a, b) => {
      const order = compareSequenceNumbers(String(a) as SequenceNumber, String(b) as SequenceNumber);
      expect(Math.sign(order)).toBe(a < b ? -1 : a > b ? 1 : 0);
    }),
    { numRuns: runs(1_000) },
  );
});

test('zero-padded sequence numbers of a table stream order by value', () => {
  const order = compareSequenceNumbers(
    '000000000000000000009' as SequenceNumber,
    '000000000000000000010' as SequenceNumber,
  );
  expect(order).toBeLessThan(0);
  expect(compareSequenceNumbers('010' as SequenceNumber, '10' as SequenceNumber)).toBe(0);
});
