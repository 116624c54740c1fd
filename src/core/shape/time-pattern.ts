// Patterns of times such as `dd/MM/yyyy HH:mm:ss`: letters as in Java and Unicode's UTS 35, each with its own digits, so
// that reading one takes time in proportion to its length.

export interface TimePattern {
  readonly text: string;
  readonly matcher: RegExp;
  /** What the groups of the matcher are, in order. */
  readonly fields: readonly TimeFieldName[];
}

export type TimeFieldName =
  | 'year'
  | 'shortYear'
  | 'month'
  | 'monthName'
  | 'day'
  | 'hour'
  | 'hour12'
  | 'half'
  | 'minute'
  | 'second'
  | 'fraction'
  | 'offset'
  | 'ignored';

export const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** By letters; those of one letter take one digit or two. */
const TOKENS: Readonly<Record<string, { readonly field: TimeFieldName; readonly source: string }>> = {
  yyyy: { field: 'year', source: '(\\d{4})' },
  yy: { field: 'shortYear', source: '(\\d{2})' },
  MMM: { field: 'monthName', source: `(${MONTHS.join('|')})[a-z]{0,6}` },
  MM: { field: 'month', source: '(\\d{2})' },
  M: { field: 'month', source: '(\\d{1,2})' },
  dd: { field: 'day', source: '(\\d{2})' },
  d: { field: 'day', source: '(\\d{1,2})' },
  HH: { field: 'hour', source: '(\\d{2})' },
  H: { field: 'hour', source: '(\\d{1,2})' },
  hh: { field: 'hour12', source: '(\\d{2})' },
  h: { field: 'hour12', source: '(\\d{1,2})' },
  a: { field: 'half', source: '([ap]m)' },
  mm: { field: 'minute', source: '(\\d{2})' },
  m: { field: 'minute', source: '(\\d{1,2})' },
  ss: { field: 'second', source: '(\\d{2})' },
  s: { field: 'second', source: '(\\d{1,2})' },
  S: { field: 'fraction', source: '(\\d{1,9})' },
  X: { field: 'offset', source: '(z|utc|gmt|[+-]\\d{2}(?::?\\d{2})?)' },
  E: { field: 'ignored', source: '([a-z]{2,9})' },
};

const PIECE = /([A-Za-z])\1*|'((?:[^']|'')*)'|([^A-Za-z'])/y;

/** A text is what is wrong with it. */
export function parseTimePattern(text: string): TimePattern | string {
  const fields: TimeFieldName[] = [];
  let source = '';
  for (let at = 0; at < text.length; ) {
    PIECE.lastIndex = at;
    const piece = PIECE.exec(text);
    if (piece === null) return `at character ${at + 1} begins a quotation without an end`;
    at += piece[0].length;
    const [found, letter, quoted, other] = piece;
    if (letter === undefined) {
      source += escaped(quoted === undefined ? (other ?? '') : quoted.replaceAll("''", "'"));
      continue;
    }
    const token = TOKENS[found] ?? (/^[SXE]/.test(found) ? TOKENS[letter] : undefined);
    if (token === undefined) return `${found} is none of ${Object.keys(TOKENS).join(', ')}`;
    source += token.source;
    fields.push(token.field);
  }
  const lacking = REQUIRED.filter((group) => !group.some((field) => fields.includes(field)));
  if (lacking.length > 0) return `it has no ${lacking.map(([field]) => field).join(' and no ')}`;
  return { text, matcher: new RegExp(`^${source}$`, 'i'), fields };
}

const REQUIRED: readonly (readonly TimeFieldName[])[] = [
  ['year', 'shortYear'],
  ['month', 'monthName'],
  ['day'],
];

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
