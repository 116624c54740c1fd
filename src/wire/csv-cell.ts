// A cell of CSV (RFC 4180) that a spreadsheet shows as the text it is: names come from devices, and a text that begins like
// a formula would be run by whoever opens the file.

export type CsvCell = string | number | boolean | null | undefined;

/**
 * Numbers are written as they are, `-5` too. A text that spreadsheets would take for a formula gets an apostrophe in
 * front, which they read as "this is text"; so does one that has apostrophes before such a beginning, so that taking one
 * away gives back the text.
 * @example writeCsvCell('=1+1') // '=1+1
 */
export function writeCsvCell(cell: CsvCell): string {
  if (typeof cell !== 'string') return String(cell ?? '');
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  // Where a semicolon or a tab separates cells, by the reader's language or choice, it would begin one in mid-text.
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Signs of a formula, their full-width forms too, also behind what cannot be seen and is passed over. */
const FORMULA = /^'*[\p{Z}\p{C}]*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/u;
