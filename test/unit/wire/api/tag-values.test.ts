import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readTagValues, writeTagValues } from '../../../../src/wire/api/tag-values.ts';

it('reads what it has written, whatever the values', () => {
  const value = fc.oneof(
    fc.constantFrom('', ',', '\\', '\\n', '\\e', '*', null),
    fc.string({ unit: fc.constantFrom(',', '\\', 'n', 'e', 'é', ' ') }),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 8 }), (values) => {
      expect(readTagValues(writeTagValues(values))).toEqual(values);
    }),
  );
});

it.each(['', 'a,', ',a', 'a,,b', '\\', 'a\\', '\\x', 'a\\n', '\\na'])('refuses %j', (text) => {
  expect(readTagValues(text)).toBeUndefined();
});

it('writes the one series of a rollup without tags as a star', () => {
  expect(writeTagValues([])).toBe('*');
});
