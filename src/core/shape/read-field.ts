// Paths, templates and lists of them, as a shape's definition gives them.
import type { DefinitionReader } from '../pipeline/definition-reader.ts';
import { globOf, MAX_STARS } from './glob.ts';
import type { RuleName, TextField } from './shape.ts';
import type { ShapePath } from './shape-path.ts';
import { parsePath } from './shape-path.ts';

const MAX_TEMPLATE_LENGTH = 256;
const MAX_PLACES = 16;
const MAX_ALTERNATIVES = 16;

/** The path, or none with the problem noted. */
export function readPath(entry: DefinitionReader, key: string, text: unknown): readonly ShapePath[] {
  if (typeof text !== 'string') {
    entry.problem(key, `${found(text)}, expected a path`);
    return [];
  }
  const path = parsePath(text);
  if (typeof path !== 'string') return [path];
  entry.problem(key, `found ${JSON.stringify(text)}, ${path}`);
  return [];
}

/** A path, a template (a text with `{`), a list of them, or `{"text": …}` for what is always the same. */
export function readTextField(entry: DefinitionReader, key: string, value: unknown): TextField {
  if (value === undefined) return [];
  if (typeof value === 'string') return readTextSource(entry, key, value);
  if (Array.isArray(value) && value.length > 0 && value.length <= MAX_ALTERNATIVES) {
    return value.flatMap((text, at) => readTextSource(entry, `${key}[${at}]`, text));
  }
  if (typeof value === 'object' && value !== null && 'text' in value && typeof value.text === 'string') {
    return [{ kind: 'template', pieces: [value.text] }];
  }
  entry.problem(
    key,
    `${found(value)}, expected a path, a template such as "{site}/{device}", a list of 1 to ${MAX_ALTERNATIVES} of them, or {"text": …}`,
  );
  return [];
}

function readTextSource(entry: DefinitionReader, key: string, text: unknown): TextField {
  if (typeof text === 'string' && text.includes('{')) {
    return [{ kind: 'template', pieces: readTemplate(entry, key, text) }];
  }
  return readPath(entry, key, text).map((path) => ({ kind: 'path', path }));
}

/** A name as it stands, or with places to fill in. */
export function readRuleName(entry: DefinitionReader, key: string, value: unknown): RuleName | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value === '') {
    entry.problem(key, `${found(value)}, expected a name`);
    return undefined;
  }
  return value.includes('{') ? readTemplate(entry, key, value) : value;
}

/** Texts and paths by turns; doubled braces stand for themselves. */
function readTemplate(entry: DefinitionReader, key: string, text: string): readonly (string | ShapePath)[] {
  const pieces: (string | ShapePath)[] = [];
  const wrong = (expected: string) => {
    entry.problem(key, `found ${JSON.stringify(text)}, expected ${expected}`);
    return pieces;
  };
  if (text.length > MAX_TEMPLATE_LENGTH) return wrong(`at most ${MAX_TEMPLATE_LENGTH} characters`);
  for (const [piece] of text.matchAll(/\{\{|\}\}|\{[^{}]*\}|[^{}]+|[{}]/g)) {
    if (piece === '{{' || piece === '}}') pieces.push(piece.charAt(0));
    else if (piece === '{' || piece === '}') return wrong('each { with its }');
    else if (piece.startsWith('{')) pieces.push(...readPath(entry, key, piece.slice(1, -1)));
    else pieces.push(piece);
  }
  return pieces.length > 2 * MAX_PLACES ? wrong(`at most ${MAX_PLACES} places to fill in`) : pieces;
}

/** Patterns of names, with at most three stars each. */
export function readPatterns(entry: DefinitionReader, key: string): RegExp | undefined {
  const patterns = entry.texts(key, { most: 128 }) ?? [];
  for (const [at, pattern] of patterns.entries()) {
    if (pattern.split('*').length - 1 > MAX_STARS)
      entry.problem(`${key}[${at}]`, `found ${JSON.stringify(pattern)}, expected at most ${MAX_STARS} stars`);
  }
  return globOf(patterns);
}

export function found(value: unknown): string {
  return value === undefined ? 'missing' : `found ${JSON.stringify(value)?.slice(0, 80)}`;
}
