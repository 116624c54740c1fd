import { isUtf8 } from 'node:buffer';

/**
 * The text that the first `length` bytes are in UTF-8, undefined when they are none. A decoder puts U+FFFD where bytes
 * are wrong, and a text of one byte a character is known at once to hold none: only texts with U+FFFD are looked at twice.
 */
export function utf8Text(bytes: Buffer, length: number): string | undefined {
  const text = bytes.toString('utf8', 0, length);
  return text.includes('\ufffd') && !isUtf8(bytes.subarray(0, length)) ? undefined : text;
}
