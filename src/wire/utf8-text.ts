import { isUtf8 } from 'node:buffer';

/**
 * The text that the bytes are in UTF-8; undefined when they are not UTF-8. A decoder puts U+FFFD where bytes
 * are wrong, and a text of one byte a character is known at once to hold none: only texts with U+FFFD are looked at twice.
 */
export function utf8Text(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  return text.includes('\ufffd') && !isUtf8(bytes) ? undefined : text;
}
