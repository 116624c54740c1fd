import fc from 'fast-check';
import { expect, test } from 'vitest';
import { itemBytes, mostItemBytes } from '../../../src/stores/item-size.ts';
import { bytes, number, text } from '../../../src/stores/table.ts';

const anyAttribute = fc.oneof(
  fc.string({ unit: 'binary' }).map(text),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(number),
  fc.uint8Array().map(bytes),
  fc.constant(undefined),
);

test('the bound on the bytes of an item is never below them, and near for what is bytes alone', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary' }), anyAttribute), (item) => {
      expect(mostItemBytes(item)).toBeGreaterThanOrEqual(itemBytes(item));
    }),
  );
  expect(mostItemBytes({ state: bytes(new Uint8Array(1_000)) })).toBe(1_015);
});
