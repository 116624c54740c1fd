// The parts of JSON as they usually come: texts in printable ASCII without a backslash, numbers of up to 15 digits, no
// white space but blanks behind colons and commas. Whatever else there is, `isUsual` tells, and what was read then means
// nothing.
import type { KnownNames } from './known-names.ts';
import type { KnownTexts } from './known-texts.ts';

export interface TokenCursor {
  /** The text, a zero behind it, which is part of no token, and then NAME_SLACK_BYTES of anything. */
  readonly bytes: Buffer;
  /** The same. */
  readonly view: DataView;
  readonly names: KnownNames;
  readonly texts: KnownTexts;
  at: number;
  isUsual: boolean;
  /** Whether true or false stood for a number. */
  hasFlag: boolean;
}

export const QUOTE = 0x22;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const COLON = 0x3a;
const COMMA = 0x2c;
const SPACE = 0x20;
const BACKSLASH = 0x5c;
const DELETE = 0x7f;
const MINUS = 0x2d;
const POINT = 0x2e;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const LETTER_F = 0x66;
/** Four letters as one number, as they stand in the text. */
const NULL = 0x6e75_6c6c;
const TRUE = 0x7472_7565;
const ALSE = 0x616c_7365;

/** Numbers of so many digits are exact, and so are the powers of ten up to it: their quotient is what JSON.parse gives. */
const MAX_DIGITS = 15;
const POWERS_OF_TEN = Array.from({ length: MAX_DIGITS + 1 }, (_, exponent) => 10 ** exponent);

/** Begins an object; gives whether it has members. */
export function hasMembers(cursor: TokenCursor): boolean {
  take(cursor, OPEN_BRACE);
  if (cursor.bytes[cursor.at] !== CLOSE_BRACE) return true;
  cursor.at += 1;
  return false;
}

/** After a member: goes to the next one, or past the end of the object. */
export function hasNextMember(cursor: TokenCursor): boolean {
  const isNext = cursor.bytes[cursor.at] === COMMA;
  take(cursor, isNext ? COMMA : CLOSE_BRACE);
  return isNext && cursor.isUsual;
}

/** The name of a member, and the colon behind it. */
export function takeName(cursor: TokenCursor): string {
  const expected = cursor.names.expected(cursor.view, cursor.at);
  if (expected !== undefined) cursor.at += expected.length + 2;
  const name = expected ?? cursor.names.learn(takeNewText(cursor));
  take(cursor, COLON);
  return name;
}

/** A text that may well have come before. */
export function takeText(cursor: TokenCursor): string {
  const start = cursor.at + 1;
  const hash = skipText(cursor);
  return cursor.isUsual ? cursor.texts.textOf(cursor.bytes, start, cursor.at - 1, hash) : '';
}

/** A text that comes once. */
export function takeNewText(cursor: TokenCursor): string {
  const start = cursor.at + 1;
  skipText(cursor);
  return cursor.isUsual ? cursor.bytes.toString('latin1', start, cursor.at - 1) : '';
}

/** Goes past a text; gives a hash of it. */
function skipText(cursor: TokenCursor): number {
  const { bytes } = cursor;
  if (bytes[cursor.at] !== QUOTE) cursor.isUsual = false;
  let at = cursor.at + 1;
  let byte = bytes[at] ?? 0;
  let hash = 0;
  while (byte !== QUOTE) {
    if (byte < SPACE || byte >= DELETE || byte === BACKSLASH) {
      cursor.isUsual = false;
      break;
    }
    hash = (Math.imul(hash, 31) + byte) | 0;
    at += 1;
    byte = bytes[at] ?? 0;
  }
  cursor.at = at + 1;
  return hash;
}

export function takeNumber(cursor: TokenCursor): number {
  const { bytes } = cursor;
  const isNegative = bytes[cursor.at] === MINUS;
  const start = isNegative ? cursor.at + 1 : cursor.at;
  let at = start;
  let number = 0;
  let byte = bytes[at] ?? 0;
  while (byte >= DIGIT_0 && byte <= DIGIT_9) {
    number = number * 10 + (byte - DIGIT_0);
    at += 1;
    byte = bytes[at] ?? 0;
  }
  const whole = at - start;
  let decimals = 0;
  if (byte === POINT) {
    const point = at;
    at += 1;
    byte = bytes[at] ?? 0;
    while (byte >= DIGIT_0 && byte <= DIGIT_9) {
      number = number * 10 + (byte - DIGIT_0);
      at += 1;
      byte = bytes[at] ?? 0;
    }
    decimals = at - point - 1;
    if (decimals === 0) cursor.isUsual = false;
  }
  cursor.at = at;
  const hasLeadingZero = whole > 1 && bytes[start] === DIGIT_0;
  if (whole === 0 || hasLeadingZero || whole + decimals > MAX_DIGITS) cursor.isUsual = false;
  if (decimals > 0) number /= POWERS_OF_TEN[decimals] ?? 1;
  return isNegative ? -number : number;
}

/** A number; true and false are 1 and 0, and null is none. */
export function takeNumberOrWord(cursor: TokenCursor): number | undefined {
  const { bytes, view, at } = cursor;
  const first = bytes[at] ?? 0;
  if (first <= DIGIT_9) return takeNumber(cursor);
  const isNull = view.getUint32(at) === NULL;
  if (isNull || view.getUint32(at) === TRUE) {
    cursor.at += 4;
    if (isNull) return undefined;
    cursor.hasFlag = true;
    return 1;
  }
  if (first !== LETTER_F || view.getUint32(at + 1) !== ALSE) cursor.isUsual = false;
  cursor.at += 5;
  cursor.hasFlag = true;
  return 0;
}

/** A text, a number, true, false or null. Whatever else there is, is not usual. */
export type Plain = string | number | boolean | null | undefined;

export function takePlain(cursor: TokenCursor): Plain {
  const { bytes, view, at } = cursor;
  const first = bytes[at] ?? 0;
  if (first === QUOTE) return takeText(cursor);
  if (first <= DIGIT_9) return takeNumber(cursor);
  const isNull = view.getUint32(at) === NULL;
  if (isNull || view.getUint32(at) === TRUE) {
    cursor.at += 4;
    return isNull ? null : true;
  }
  if (first !== LETTER_F || view.getUint32(at + 1) !== ALSE) cursor.isUsual = false;
  cursor.at += 5;
  return false;
}

/** Goes past a character and the blanks behind it. */
function take(cursor: TokenCursor, character: number): void {
  const { bytes } = cursor;
  if (bytes[cursor.at] !== character) cursor.isUsual = false;
  cursor.at += 1;
  while (bytes[cursor.at] === SPACE) cursor.at += 1;
}
