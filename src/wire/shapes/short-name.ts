import { createHash } from 'node:crypto';

/** A name longer than names may be: its beginning and 48 bits of SHA-256 of all of it, so that it stays one name of its own. */
export function shortName(name: string, most: number): string {
  // Most names are far shorter, and counting code points takes time.
  if (name.length <= most || [...name].length <= most) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_DIGITS);
  return `${[...name.slice(0, 2 * most)].slice(0, most - HASH_DIGITS - 1).join('')}~${hash}`;
}

const HASH_DIGITS = 12;
