// The tag values of a rollup series as one text, for a path: separated by commas, and never empty. A comma in a value
// is `\,`, a backslash `\\`; a value that is the empty text is `\e`, and `\n` stands for events without the tag. The one
// series of a rollup without tags is `*`.

export function writeTagValues(values: readonly (string | null)[]): string {
  if (values.length === 0) return '*';
  return values.map(writeValue).join(',');
}

/** undefined where a backslash stands before anything else, or a value is left out. */
export function readTagValues(text: string): readonly (string | null)[] | undefined {
  const values: (string | null)[] = [];
  for (const written of splitAtCommas(text)) {
    const value = readValue(written);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}

function splitAtCommas(text: string): string[] {
  const parts = [''];
  for (let at = 0; at < text.length; at += 1) {
    const one = text[at] ?? '';
    if (one === ',') parts.push('');
    else if (one === '\\') {
      parts.push(`${parts.pop() ?? ''}${one}${text[at + 1] ?? ''}`);
      at += 1;
    } else parts.push(`${parts.pop() ?? ''}${one}`);
  }
  return parts;
}

const NO_TAG = '\\n';
const EMPTY = '\\e';

function writeValue(value: string | null): string {
  if (value === null) return NO_TAG;
  return value === '' ? EMPTY : value.replace(/[,\\]/g, '\\$&');
}

function readValue(written: string): string | null | undefined {
  if (written === '') return undefined;
  if (written === NO_TAG) return null;
  if (written === EMPTY) return '';
  let value = '';
  for (let at = 0; at < written.length; at += 1) {
    if (written[at] === '\\') {
      at += 1;
      if (written[at] !== ',' && written[at] !== '\\') return undefined;
    }
    value += written[at];
  }
  return value;
}
