// The short way for usual events gives what the long way gives, or nothing: compression keeps a record from the short way.
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeRecord } from '../../../src/wire/record-codec.ts';
import { UsualEventReader } from '../../../src/wire/usual-event.ts';
import {
  ARRIVAL_MS,
  arbitraryFields,
  arbitrarySource,
  MAX_CLOCK_SKEW_MS,
} from '../../support/arbitrary-event.ts';
import { runs } from '../../support/runs.ts';

/** Pieces of JSON text on either side of what is usual. */
const decimal = fc
  .tuple(fc.stringMatching(/^-?(0|[1-9][0-9]{0,9})$/), fc.stringMatching(/^[0-9]{1,12}$/))
  .map((parts) => parts.join('.'));
const oddNumber = fc.oneof(
  fc.constantFrom('01', '1.', '.5', '-', '1e3', '0.1e-2', '9007199254740993'),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
);
const number = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.oneof(decimal, fc.integer().map(String), fc.constantFrom('-0', '-0.0', '1.50')),
  },
  { weight: 1, arbitrary: oddNumber },
);
const oddText = fc.oneof(
  fc.constantFrom('""', '"__proto__"', '"\\u0061"', '"\x7f"', '"\u00e9"'),
  fc.string({ unit: 'grapheme-ascii', maxLength: 70 }).map((value) => JSON.stringify(value)),
);
const text = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('"a"', '"dev-1"', '"constructor"', '"7"', '"a b"', '"~!\'"') },
  { weight: 1, arbitrary: oddText },
);
const blank = fc.constantFrom(...Array<string>(12).fill(''), ' ', '  ', '\n');
const object = (value: fc.Arbitrary<string>) =>
  fc
    .array(fc.tuple(text, blank, value, blank), { maxLength: 5 })
    .map(
      (members) =>
        `{${members.map(([name, before, own, after]) => `${name}:${before}${own}${after}`).join(',')}}`,
    );
/** Numbers, and the words that may stand for one. */
const value = fc.oneof(
  { weight: 10, arbitrary: number },
  { weight: 2, arbitrary: fc.constantFrom('null', 'true', 'false') },
  { weight: 1, arbitrary: fc.constantFrom('nul', 'nulls', 'True', 'fals', 'falsy', 'f', '1e999', 'NaN') },
);
const anything = fc.oneof(
  number,
  text,
  object(number),
  object(text),
  fc.constantFrom('null', '[]', 'true', ''),
);
const usually = (usual: fc.Arbitrary<string>) =>
  fc.oneof({ weight: 20, arbitrary: usual }, { weight: 1, arbitrary: anything });
const member = fc.oneof(
  fc.tuple(fc.constant('"source"'), usually(text)),
  fc.tuple(fc.constant('"time"'), usually(fc.nat({ max: ARRIVAL_MS + 2 * MAX_CLOCK_SKEW_MS }).map(String))),
  fc.tuple(fc.constant('"id"'), usually(fc.oneof(number, text))),
  fc.tuple(fc.constant('"type"'), usually(text)),
  fc.tuple(fc.constant('"values"'), usually(object(value))),
  fc.tuple(fc.constant('"tags"'), usually(object(text))),
  fc.tuple(usually(fc.constant('"type"')), usually(text)),
);
const nearEvent = fc
  .tuple(
    fc.array(fc.tuple(member, blank), { maxLength: 5 }),
    fc.constantFrom('', '', '', '', ',', ' ', '}', '{'),
  )
  .map(([members, end]) => {
    const fields = members.map(([[name, value], space]) => `${name}:${space}${value}`);
    return `{"source":"dev-1","time":5${fields.map((field) => `,${field}`).join('')}}${end}`;
  });
const event = fc
  .tuple(arbitrarySource, arbitraryFields)
  .map(([source, fields]) => JSON.stringify({ source, ...fields }));

describe('the short way', () => {
  test('gives what the long way gives, or nothing', () => {
    const reader = new UsualEventReader();
    let taken = 0;
    fc.assert(
      fc.property(fc.oneof({ weight: 4, arbitrary: nearEvent }, { weight: 1, arbitrary: event }), (sent) => {
        const short = reader.read(Buffer.from(sent).toString('base64'));
        if (short === undefined) return;
        taken += 1;
        const long = decodeRecord(gzipSync(sent).toString('base64'));
        expect(long).toStrictEqual([{ index: 0, kind: 'event', event: short }]);
        expect(Object.keys(short.values)).toEqual(
          long.flatMap((item) => (item.kind === 'event' ? Object.keys(item.event.values) : [])),
        );
      }),
      { numRuns: runs(5_000) },
    );
    expect(taken).toBeGreaterThan(runs(500)); // else the events made here are not near enough;
  });

  test('changes nothing for base64 that is damaged', () => {
    fc.assert(
      fc.property(nearEvent, fc.nat(), fc.constantFrom('!', '=', '-', '_', '', 'A', ' '), (sent, at, put) => {
        const whole = Buffer.from(sent).toString('base64');
        const position = at % whole.length;
        const damaged = whole.slice(0, position) + put + whole.slice(position + 1);
        const read = Buffer.from(damaged, 'base64');
        const kinds = (data: string) =>
          decodeRecord(data).map((item) => (item.kind === 'event' ? item.event : item.reason));
        expect(kinds(damaged)).toStrictEqual(kinds(gzipSync(read).toString('base64')));
      }),
      { numRuns: runs(1_000) },
    );
  });
});
