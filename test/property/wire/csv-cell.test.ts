import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeCsvCell } from '../../../src/wire/csv-cell.ts';

const SIGNS = ['=', '+', '-', '@', '\t', '\r', '\n', '\uff1d', '\uff0b', '\uff0d', '\uff20'];

/** Names as an attacker chooses them: signs of formulas, what separates cells, what cannot be seen. */
const text = fc
  .array(
    fc.constantFrom(...SIGNS, "'", '"', ',', ';', ' ', '\u00a0', '\ufeff', '\u200b', 'a', '1', '|', '!'),
    {
      maxLength: 6,
    },
  )
  .map((parts) => parts.join(''));

describe('a text as a cell of CSV', () => {
  it('never begins like a formula, whatever is passed over in front of one', () => {
    fc.assert(
      fc.property(text, (name) => {
        const read = unquoted(writeCsvCell(name));
        const seen = read.replace(/^[ \u00a0\ufeff\u200b]+/, '');
        expect(SIGNS).not.toContain(seen.charAt(0));
      }),
    );
  });

  it('is got back by taking away the quotes and the apostrophe, and no two texts are one', () => {
    fc.assert(
      fc.property(text, text, (one, other) => {
        if (one !== other) expect(writeCsvCell(one)).not.toBe(writeCsvCell(other));
        const read = unquoted(writeCsvCell(one));
        expect([read, read.slice(1)]).toContain(one);
      }),
    );
  });

  it('stands in quotes where it would end a cell or a line, by comma, semicolon or tab', () => {
    fc.assert(
      fc.property(text, (name) => {
        const cell = writeCsvCell(name);
        expect(/^"(?:[^"]|"")*"$|^[^",;\t\r\n]*$/.test(cell)).toBe(true);
      }),
    );
  });

  it('stays as it is where it begins like no formula', () => {
    for (const name of ['', 'sensor-1', 'a=b', "it's", "'quoted'", '1+1', '(events)', 'tür']) {
      expect(writeCsvCell(name)).toBe(name);
    }
  });

  it('is no number: those stay numbers, below zero too', () => {
    expect([-5, 1e-7, 1.5, true, null, undefined].map(writeCsvCell)).toEqual([
      '-5',
      '1e-7',
      '1.5',
      'true',
      '',
      '',
    ]);
    expect(writeCsvCell('-5')).toBe("'-5");
  });
});

function unquoted(cell: string): string {
  return cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell;
}
