// Cuts JSON text into the texts of its elements. A dead letter keeps an event as it was sent: serialising the parsed
// value again would lose what made it bad (1e999, long integers) and overflow the stack when it is nested deeply.
// The text must have been accepted by JSON.parse; only then are these cuts right.

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;

/** The texts of the elements of the array that `text` is. */
export function elementTexts(text: string): string[] {
  const elements: string[] = [];
  for (let at = skipSpace(text, skipSpace(text, 0) + 1); text[at] !== ']'; ) {
    const end = skipValue(text, at);
    elements.push(text.slice(at, end));
    at = skipSeparator(text, end);
  }
  return elements;
}

/** The text of a member of the object that `text` is, the last one of that name; undefined if it is no object. */
export function memberText(text: string, name: string): string | undefined {
  const span = memberSpan(text, name);
  return span === undefined ? undefined : text.slice(span.start, span.end);
}

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where that member's value stands. */
export function memberSpan(text: string, name: string): Span | undefined {
  let found: Span | undefined;
  if (text[skipSpace(text, 0)] !== '{') return undefined;
  for (let at = skipSpace(text, skipSpace(text, 0) + 1); text[at] !== '}'; ) {
    const nameEnd = skipValue(text, at);
    const start = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const end = skipValue(text, start);
    if (JSON.parse(text.slice(at, nameEnd)) === name) found = { start, end };
    at = skipSeparator(text, end);
  }
  return found;
}

/** Where an element of the array that `text` is stands; undefined if it is no array, or shorter. */
export function elementSpan(text: string, index: number): Span | undefined {
  if (text[skipSpace(text, 0)] !== '[') return undefined;
  let count = 0;
  for (let at = skipSpace(text, skipSpace(text, 0) + 1); text[at] !== ']'; count += 1) {
    const end = skipValue(text, at);
    if (count === index) return { start: at, end };
    at = skipSeparator(text, end);
  }
  return undefined;
}

function skipSeparator(text: string, end: number): number {
  const at = skipSpace(text, end);
  return text.charCodeAt(at) === COMMA ? skipSpace(text, at + 1) : at;
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (isSpace(text.charCodeAt(at))) at++;
  return at;
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;
}

/** The end of the value that begins at `start`. */
function skipValue(text: string, start: number): number {
  let depth = 0;
  let at = start;
  do {
    const character = text[at];
    if (character === undefined) throw new Error(`found the end of JSON text inside a value at ${start}`);
    if (character === '"') at = skipString(text, at);
    else if (depth === 0 && character !== '[' && character !== '{') at = skipLiteral(text, at);
    else at++;
    if (character === '[' || character === '{') depth++;
    else if (character === ']' || character === '}') depth--;
  } while (depth > 0);
  return at;
}

function skipString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at + 1;
}

function skipLiteral(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && !/[\s,\]}]/.test(text.charAt(at))) at++;
  return at;
}
