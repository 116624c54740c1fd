// Texts out of a document: ids, sources, types, tags, and names with places filled in.
import type { RuleName, TextField, TextSource } from '../../core/shape/shape.ts';
import { firstAt } from './find.ts';
import type { Scope } from './scope.ts';

/** What the field is made from: the first that is there, as it stands; null counts as not there. */
export function fieldOf(field: TextField, scope: Scope): unknown {
  for (const source of field) {
    const found = foundBy(source, scope);
    if (found !== undefined && found !== null) return found;
  }
  return undefined;
}

/** A text, number or boolean as a text; anything else is as it is. So is a number that may be another than was written. */
export function asText(found: unknown): unknown {
  if (typeof found === 'number') return Math.abs(found) <= Number.MAX_SAFE_INTEGER ? String(found) : found;
  return typeof found === 'boolean' || typeof found === 'bigint' ? String(found) : found;
}

/** A rule's name for this part; undefined where a place in it is empty. */
export function nameOf(name: RuleName, scope: Scope): string | undefined {
  return typeof name === 'string' ? name : fill(name, scope);
}

function foundBy(source: TextSource, scope: Scope): unknown {
  return source.kind === 'path' ? firstAt(source.path, scope) : fill(source.pieces, scope);
}

type Pieces = Extract<TextSource, { readonly kind: 'template' }>['pieces'];

function fill(pieces: Pieces, scope: Scope): string | undefined {
  let text = '';
  for (const piece of pieces) {
    const filled = typeof piece === 'string' ? piece : asText(firstAt(piece, scope));
    if (typeof filled !== 'string') return undefined;
    text += filled;
  }
  return text;
}
