// The checks against ajv: what one admits the other does.
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkValue } from '../../../../src/wire/api/check-value.ts';
import type { Schema } from '../../../../src/wire/api/schema.ts';
import {
  choice,
  constant,
  flag,
  integer,
  list,
  nullable,
  number,
  object,
  text,
  union,
} from '../../../../src/wire/api/schema.ts';
import { clientMessageSchema } from '../../../../src/wire/live/messages.ts';
import { runs } from '../../../support/runs.ts';

const SCHEMAS: Readonly<Record<string, Schema<unknown>>> = {
  text: text({ minLength: 1, maxLength: 3, pattern: '^[a-c]*$' }),
  integer: integer({ minimum: -2, maximum: 3 }),
  list: list(nullable(number()), { minItems: 1, maxItems: 2 }),
  object: object({ a: flag(), b: choice('x', 'y') }, { c: list(integer()) }),
  union: union(
    object({ type: constant('one'), n: integer() }),
    object({ type: constant('two') }, { t: text() }),
  ),
  message: clientMessageSchema,
};

const ajv = new Ajv2020({ strict: false });

describe('a value', () => {
  it.each(Object.entries(SCHEMAS))('is held to the schema %s as ajv holds it', (_, schema) => {
    const validate = ajv.compile(schema.json);
    const leaf = fc.oneof(
      fc.constantFrom(
        'one',
        'two',
        'x',
        'y',
        'abc',
        'abcd',
        '',
        'subscribe',
        'ping',
        'unsubscribe',
        'source',
        true,
        null,
      ),
      fc.integer({ min: -4, max: 5 }),
      fc.constantFrom(0.5, 1e300, -1e300, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER + 1),
    );
    const names = fc.constantFrom(
      'a',
      'b',
      'c',
      'type',
      'n',
      't',
      'id',
      'round',
      'source',
      'rollup',
      'values',
      'tags',
      '__proto__',
    );
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        leaf,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(names, tie('value'), { maxKeys: 5 }),
      ),
    })).value;
    fc.assert(
      fc.property(value, (one) => {
        expect(checkValue(schema, one, 'value').kind === 'valid').toBe(validate(one));
      }),
      { numRuns: runs(2_000) },
    );
  });

  it('is told of with its place, what was found and what was expected', () => {
    const found = checkValue(
      clientMessageSchema,
      { type: 'subscribe', id: '', round: 1, rollup: 'r', values: ['a', 7] },
      'message',
    );
    expect(found).toEqual({
      kind: 'invalid',
      problems: [
        { where: 'message.id', found: 'the text ""', expected: 'a text of 1 to 64 characters' },
        {
          where: 'message.values[1]',
          found: 'the number 7',
          expected: 'a text of at most 1000 characters, or null',
        },
      ],
    });
  });

  it('of a newer sender may have names that are not known', () => {
    const ping = { type: 'ping', loud: true };
    expect(checkValue(clientMessageSchema, ping, 'message').kind).toBe('invalid');
    expect(checkValue(clientMessageSchema, ping, 'message', { newer: true }).kind).toBe('valid');
  });
});
