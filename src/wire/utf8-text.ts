import { isUtf8 } from 'node:buffer';

/**
 * The text that the bytes are in UTF-8; undefined when they are not UTF-8. A decoder puts U+FFFD where bytes
 * are wrong, and a text of one byte a character is known at once to hold none: only texts with U+FFFD are looked at twice.
 */
export function utf8Text(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  return text.includes('\ufffd') && !isUtf8(bytes) ? undefined : text;
}

/** Where bytes that are not UTF-8 stop being it, in words: `found bytes that are not UTF-8 (0xe9 at byte 16)…`. */
export function notUtf8(bytes: Buffer): string {
  const at = firstWrongByte(bytes);
  const byte = bytes[at]?.toString(16).padStart(2, '0');
  return `found bytes that are not UTF-8 (0x${byte} at byte ${at}), expected text in UTF-8; for Windows-1252 or Latin-1: iconv -f WINDOWS-1252 -t UTF-8`;
}

function firstWrongByte(bytes: Buffer): number {
  const text = bytes.toString('utf8');
  let at = 0;
  for (let from = 0; ; ) {
    const replaced = text.indexOf('\ufffd', from);
    if (replaced < 0) return at;
    at += Buffer.byteLength(text.slice(from, replaced));
    if (!bytes.subarray(at, at + 3).equals(REPLACEMENT)) return at;
    at += REPLACEMENT.length;
    from = replaced + 1;
  }
}

/** U+FFFD itself may stand in a text. */
const REPLACEMENT = Buffer.from('\ufffd');
