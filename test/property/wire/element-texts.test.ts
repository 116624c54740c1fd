import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { elementTexts, memberText } from '../../../src/wire/element-texts.ts';
import { runs } from '../../support/runs.ts';

const json = fc.jsonValue({ stringUnit: 'binary' });
const space = fc.constantFrom('', ' ', '\n\t', '\r\n');
const spaced = fc
  .tuple(json, fc.constantFrom(undefined, 1, '\t'))
  .map(([value, indent]) => JSON.stringify(value, null, indent));

describe('cutting JSON text', () => {
  test('gives every element of an array as it stands there', () => {
    fc.assert(
      fc.property(fc.array(spaced), space, space, (texts, before, after) => {
        const text = `${before}[${before}${texts.join(`${before},${after}`)}${after}]${after}`;
        expect(elementTexts(text)).toEqual(texts);
      }),
      { numRuns: runs(60) },
    );
  });

  test('gives the last member of a name as it stands there', () => {
    const name = fc.oneof(fc.constantFrom('events', 'a"b', '\\'), fc.string());
    fc.assert(
      fc.property(fc.array(fc.tuple(name, spaced), { minLength: 1, maxLength: 6 }), space, (members, gap) => {
        const text = `{${gap}${members.map(([key, value]) => `${JSON.stringify(key)}${gap}:${gap}${value}${gap}`).join(',')}}`;
        for (const [key] of members) {
          expect(memberText(text, key)).toBe(members.findLast(([other]) => other === key)?.[1]);
        }
      }),
      { numRuns: runs(60) },
    );
  });
});
