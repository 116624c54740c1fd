// A text of any length as a key attribute.
import { createHash } from 'node:crypto';

/** A sort key holds 1,024 bytes. */
const MAX_KEY_BYTES = 900;

/** The text itself; where it is too long for a key, its hash. */
export function keyText(value: string): string {
  if (Buffer.byteLength(value) <= MAX_KEY_BYTES) return value;
  return `sha256|${createHash('sha256').update(value).digest('hex')}`;
}
